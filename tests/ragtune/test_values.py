import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.values import number, numbers, occurrences, stands


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("월 33000 원입니다", "33,000원"),
        ("3만 3천원이며", "33,000원"),
        ("3만3,000원", "33,000원"),
        ("요금은 33,000원으로", "33000원"),
        ("할인율 20퍼센트", "20%"),
        ("최대 1gbps", "1Gbps"),
        ("약정은 36개월까지", "36개월"),
        ("고객센터전화로 접수", "고객센터 전화"),
        ("무료(부가세 포함)", "무료"),
    ],
)
def test_a_value_is_found_however_it_is_written(text: str, value: str) -> None:
    assert stands(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("33,000원", "3,000원"),
        ("133,000원", "33,000원"),
        ("1.5GB", "5GB"),
        ("33,000원대", "33,000원"),
        ("유무료", "무료"),
        ("2026년", "6년"),
        ("13만 3천원", "33,000원"),
        ("5Gbps", "5G"),
        ("", "33,000원"),
    ],
)
def test_a_part_of_another_value_is_not_found(text: str, value: str) -> None:
    assert not stands(text, value)


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_only_the_same_amount_stands_in_a_text(one: int, other: int) -> None:
    assert stands(f"요금은 {one:,}원입니다.", f"{other}원") == (one == other)


@given(
    st.integers(1, 10**8), st.sampled_from(["", " "]), st.sampled_from(["이며", "은", "으로", "", "입니다."])
)
def test_commas_and_spaces_do_not_matter(amount: int, space: str, after: str) -> None:
    text = f"합계 {amount}{space}원{after}"
    found = [match[0] for match in occurrences(text, f"{amount:,}원")]
    assert found == [f"{amount}{space}원"]


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_text_can_be_searched_for_any_value(text: str, value: str) -> None:
    for match in occurrences(text, value):
        assert match[0]


def test_numbers_lose_their_commas() -> None:
    assert numbers("33,000원에 1.5배") == ["33000", "1.5"]
    assert number("월 33,000원") == 33000.0
    assert number("무료") is None
