"""What the stand-in for SageMaker sends is what AWS's own reader reads."""

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from emulator.aws.models.eventstream import event
from ragtune.eventstream import payloads


@given(parts=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=4))
def test_it_is_read_by_botocore_and_by_us(parts: list[bytes]) -> None:
    sent = b"".join(event(part) for part in parts)
    buffer = EventStreamBuffer()
    buffer.add_data(sent)
    found = list(buffer)
    assert [one.payload for one in found] == parts
    assert {one.headers[":event-type"] for one in found} == {"PayloadPart"}
    assert b"".join(payloads(iter([sent[:7], sent[7:]]))) == b"".join(parts)
