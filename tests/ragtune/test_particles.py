"""Particles fit words as they are read aloud, units and Latin names among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.particles import agreed, closed, particle, with_particle

HANGUL = st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("word", "is_closed"),
    [
        ("요금", True), ("속도", False), ("36개월", True), ("500Mbps", False), ("71GB", False), ("3", True),
        ("2", False), ("5G", False), ("TV", False), ("USIM", True), ("요금(부가세 별도)", True),
        ("속도.", False), ("10%p", False), ("2kg", True), ("", False), ("…", False),
    ],
)  # fmt: skip
def test_a_word_ends_as_it_is_read(word: str, *, is_closed: bool) -> None:
    assert closed(word) is is_closed


@pytest.mark.parametrize(
    ("word", "form", "fitting"),
    [
        ("요금", "는", "은"), ("속도", "은", "는"), ("빛길프로", "과", "와"), ("도란홈", "와", "과"),
        ("무료", "으로", "로"), ("채널", "으로", "로"), ("요금", "로", "으로"), ("3일", "으로", "로"),
    ],
)  # fmt: skip
def test_either_form_asks_for_the_one_that_fits(word: str, form: str, fitting: str) -> None:
    assert particle(word, form) == fitting


@given(HANGUL)
def test_a_word_takes_the_form_for_its_last_sound(word: str) -> None:
    said = with_particle(word, "은", "는")
    assert said == word + particle(word, "은") == word + particle(word, "는")
    assert said.endswith("은") == closed(word)


@pytest.mark.parametrize(
    ("word", "rest", "fitting"),
    [
        ("무료", "은 아닙니다", "는 아닙니다"), ("12개월", "가 지나면", "이 지나면"), ("3년", "이상", "이상"),
        ("무료", "으로는 안 됩니다", "로는 안 됩니다"), ("무료", " 은행", " 은행"), ("무료", "", ""),
    ],
)  # fmt: skip
def test_the_particle_after_an_exchanged_word_is_made_to_fit(word: str, rest: str, fitting: str) -> None:
    assert agreed(word, rest) == fitting
