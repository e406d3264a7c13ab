"""Messages of AWS's event stream: read however they are cut, and refused where they are not whole."""

import struct
import zlib

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from ragtune.eventstream import PART, StreamFault, message, payloads


@given(texts=st.lists(st.binary(max_size=40), max_size=5), cut=st.integers(1, 50))
def test_parts_need_not_respect_messages(texts: list[bytes], cut: int) -> None:
    whole = b"".join(map(message, texts))
    parts = [whole[start : start + cut] for start in range(0, len(whole), cut)]
    assert list(payloads(parts)) == texts


def test_botocore_reads_what_we_write() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(message("요금".encode()) + message(b"", PART))
    first, second = list(buffer)
    assert first.headers == PART
    assert (first.payload.decode(), second.payload) == ("요금", b"")


def test_what_the_server_reports_is_an_error_with_its_words() -> None:
    fault = {":message-type": "exception", ":exception-type": "ModelStreamError"}
    with pytest.raises(StreamFault, match=r"reported ModelStreamError: out of memory"):
        list(payloads([message(b"out of memory", fault)]))
    failed = {":message-type": "error", ":error-code": "InternalFailure", ":error-message": "try again"}
    with pytest.raises(StreamFault, match=r"reported InternalFailure: try again"):
        list(payloads([message(b"", failed)]))


def changed(place: int) -> bytes:
    whole = bytearray(message(b"abc"))
    whole[place] ^= 1
    return bytes(whole)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (message(b"abc")[:-1], "broke off in the middle"),
        (b"<html>it is not one</html>", "no event stream"),
        (changed(0), "no event stream"),
        (changed(-6), "checksum is wrong"),
    ],
)
def test_a_broken_stream_says_so(sent: bytes, reason: str) -> None:
    with pytest.raises(StreamFault, match=reason):
        list(payloads([sent]))


def with_headers(told: bytes) -> bytes:
    """A message whose headers are these bytes."""
    lengths = struct.pack(">II", 16 + len(told), len(told))
    whole = lengths + struct.pack(">I", zlib.crc32(lengths)) + told
    return whole + struct.pack(">I", zlib.crc32(whole))


def test_headers_of_every_kind_are_passed_over_and_broken_ones_told() -> None:
    widths = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
    others = b"".join(b"\x01x" + bytes([kind]) + bytes(width) for kind, width in widths.items())
    kind = b"\x0d:message-type\x07\x00\x05event"
    assert list(payloads([with_headers(others + b"\x01b\x06\x00\x02\xff\xff" + kind)])) == [b""]
    for broken in (b"\x09ab", b"\x01x\x63", b"\x01x\x07\x00", b"\x01\xff\x07\x00\x00"):
        with pytest.raises(StreamFault, match="can't be read"):
            list(payloads([with_headers(broken)]))


def test_a_part_of_more_than_there_is_room_for_is_refused() -> None:
    lengths = struct.pack(">II", 3_000_000, 0)
    with pytest.raises(StreamFault, match="no event stream"):
        list(payloads([lengths + struct.pack(">I", zlib.crc32(lengths))]))
