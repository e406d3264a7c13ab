from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragtune.evaluation.rewording import ask_cell, ask_heading, ask_sentence, content_words, copies

WORDS = st.lists(
    st.sampled_from(["방화벽", "포트", "설정", "설치", "암호", "Teams", "회선", "요금"]),
    unique=True,
    max_size=5,
)


@given(WORDS, WORDS, st.integers(0, 10_000))
@settings(max_examples=200)
def test_a_question_about_a_heading_is_never_the_heading(
    words: list[str], context: list[str], seed: int
) -> None:
    asked = ask_heading(words, context, Random(seed))
    assert asked == ask_heading(words, context, Random(seed))
    if asked is None:
        assert not words or not set(context) - set(words) or copies(" ".join(words), words)
        return
    assert "{" not in asked.text
    assert not copies(asked.text, words)
    assert asked.less or all(word in asked.text for word in words)
    assert any(word in asked.text for word in context)


@given(WORDS, WORDS, WORDS, st.integers(0, 10_000))
@settings(max_examples=100)
def test_a_question_about_a_cell_names_row_and_column(
    label: list[str], column: list[str], context: list[str], seed: int
) -> None:
    asked = ask_cell(label, column, context, Random(seed))
    assert (asked is None) is (not label or not column)
    if asked is not None and not asked.less:
        assert all(word in asked.text for word in (*label, *column))


def test_a_sentence_needs_enough_words_of_its_own() -> None:
    words = content_words("담당 부서는 접수한 서류를 검토하고 결과를 등록부에 적습니다")
    assert ask_sentence(words[:3], ["안내서"], Random(1)) is None
    asked = [ask_sentence(words, ["안내서"], Random(seed)) for seed in range(20)]
    assert all(one and "안내서" in one.text and not copies(one.text, words) for one in asked)
    assert len({one.text for one in asked if one}) > 10


def test_particles_follow_what_is_put_in() -> None:
    texts = {asked.text for seed in range(60) if (asked := ask_cell(["라이트"], ["요금"], [], Random(seed)))}
    assert "라이트의 경우 요금은 어떻게 되나요?" in texts
    assert "라이트의 경우 가격은 어떻게 되나요?" in texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("방화벽에서 포트를 설정하는 방법", ["방화벽", "포트", "설정"]),
        ("A-1. Teams 전화 (PSTN)", ["Teams", "전화", "PSTN"]),
        ("", []),
    ],
)
def test_the_words_that_count(text: str, words: list[str]) -> None:
    assert [word for word in content_words(text) if word != "A-1"] == words
