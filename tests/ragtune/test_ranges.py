"""An amount finds the ranges that it lies in, and no others."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.analysis import normalise
from ragtune.ranges import amount_tokens, range_tokens


def meets(text: str, question: str) -> bool:
    return bool(set(range_tokens(normalise(text))) & set(amount_tokens(normalise(question))))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("30만원 이상 50만원 미만", ["40만원", "30만 원", "499,999원"], ["50만원", "29만원", "40세"]),
        ("30만원~50만원", ["50만원", "30만원"], ["51만원"]),
        ("30~50만원", ["40만원"], ["40원", "60만원"]),
        ("만 19~34세 청년", ["34세", "19살"], ["18세", "35세"]),
        ("만 19세 이상 34세 이하인 사람", ["25세"], ["40세"]),
        ("65세 이상", ["65세", "70세", "101살"], ["64세", "9세"]),
        ("18세 미만", ["0세", "17세"], ["18세"]),
        ("65세 이상 3개월 이상 6개월 미만", ["70세", "4개월"], ["60세", "7개월", "2개월"]),
        ("접수 뒤 3일 이내에", ["2일", "3일"], ["4일"]),
        ("월 데이터 100GB 초과 시", ["150GB"], ["50GB"]),
        ("보증금 1억 5천만원 이하", ["9천만원", "1억원"], ["2억원"]),
        ("속도 100Mbps 이상 1,000Mbps 미만", ["500Mbps"], ["1000Mbps", "500개"]),
    ],
)  # fmt: skip
def test_an_amount_finds_the_range_it_lies_in(text: str, inside: list[str], outside: list[str]) -> None:
    assert [question for question in inside if not meets(text, question)] == []
    assert [question for question in outside if meets(text, question)] == []


@pytest.mark.parametrize(
    "text", ["전화 1577-1366번", "2026-01-31", "4월 10일까지", "월 33,000원", "", "-~-", "10~5개", "0.1~0.2"]
)
def test_what_is_no_range_gives_nothing(text: str) -> None:
    assert range_tokens(normalise(text)) == []


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_closed_range_holds_what_lies_between_exactly_once(one: int, other: int, asked: int) -> None:
    low, high = sorted((one, other))
    tokens = range_tokens(f"{low}원 이상 {high}원 이하")
    shared = set(tokens) & set(amount_tokens(f"{asked}원"))
    if tokens and low < high:  # a range of odd numbers may take too many tokens
        assert len(shared) == (low <= asked <= high)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_an_open_range_holds_what_lies_above(low: int, asked: int) -> None:
    tokens = range_tokens(f"{low}명 이상")
    shared = set(tokens) & set(amount_tokens(f"{asked}명"))
    if tokens:
        assert bool(shared) == (low <= asked)


@given(st.text(st.sampled_from("0123456789 .,~-만천억원세이상이하미만초과부터까지일"), max_size=60))
def test_tokens_are_bounded_and_hold_letters_alone(text: str) -> None:
    tokens = range_tokens(normalise(text)) + amount_tokens(normalise(text))
    assert len(tokens) <= 12 * 40 + 4 * 21
    assert all(re.fullmatch("z[ro][a-z]+", token) for token in tokens)
