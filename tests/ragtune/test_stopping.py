"""A stream ends at its stop string wherever the pieces were cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ragtune.stopping import until

STOPS = ("###", "<|im_end|>")


@given(st.text(alphabet="가#<|im_end>", max_size=40), st.lists(st.integers(0, 40), max_size=8))
def test_the_same_text_comes_out_however_it_is_cut(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(places)]
    ends = [text.find(mark) for mark in STOPS if mark in text]
    assert "".join(until(iter(pieces), STOPS)) == text[: min(ends, default=len(text))]


def test_nothing_is_read_after_the_stop() -> None:
    pieces = iter(["요금###", "x"])
    assert list(until(pieces, STOPS)) == ["요금"]
    assert next(pieces) == "x"


def test_an_endless_answer_is_cut() -> None:
    assert len("".join(until(("가" * 100 for _ in range(10**9)), ()))) == 20_000
