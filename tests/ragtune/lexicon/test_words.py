"""What a question may also be worded as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.lexicon import NOTHING, Group, Lexicon

LEXICON = Lexicon(
    [
        Group(forms=("셋톱박스", "STB")),
        Group(forms=("해지",), said="그만두기", weight=0.7, certain=True),
        Group(forms=("개인종합자산관리계좌", "ISA")),
    ],
    ["와이파이", "Wi-Fi", "가족 결합 할인", "메시지함", "콘텐츠", "요금표"],
)


def texts(question: str) -> list[str]:
    return [variant.text for variant in LEXICON.variants(question)]


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("stb를 반납하려면?", "셋톱박스"),
        ("셋톱 박스는 어디에 반납하나요?", "stb"),
        ("셋톱박스요금은 얼마인가요?", "stb"),
        ("wifi가 안 됩니다", "wi-fi"),
        ("가족결합할인의 조건은?", "가족 결합 할인"),
        ("메세지함은 어디에 있나요?", "메시지함"),
        ("컨텐츠를 보려면", "콘텐츠"),
        ("그만두기를 원합니다", "해지"),
    ],
)
def test_other_words_for_the_same_are_found(question: str, text: str) -> None:
    assert text in texts(question)


@pytest.mark.parametrize("question", ["해지하려면?", "가족 결합 할인은?", "요금제는 얼마인가요?", "", "?!"])
def test_nothing_is_said_twice_or_the_other_way(question: str) -> None:
    assert texts(question) == []


def test_rules_count_as_far_as_documents_say_it_more_often() -> None:
    (derived,) = LEXICON.variants("stb 반납")
    assert (derived.asked, derived.text) == ("stb", "셋톱박스")
    half = derived.rarer(5, 10)
    assert half is not None
    assert half.weight == 0.25
    assert derived.rarer(10, 10) is None
    assert derived.rarer(0, 0) is None
    (certain,) = LEXICON.variants("그만두기")
    assert certain.rarer(99, 1) == certain
    assert certain.weight == 0.7


def test_the_version_is_of_what_it_holds() -> None:
    assert NOTHING.version == ""
    assert NOTHING.variants("셋톱박스") == []
    same = Lexicon([Group(forms=("STB", "셋톱박스"))])
    assert same.version == Lexicon([Group(forms=("셋톱박스", "STB"))]).version != LEXICON.version


@given(st.text(max_size=200))
def test_no_question_breaks_it(question: str) -> None:
    assert len(LEXICON.variants(question)) <= 8


def test_a_long_question_is_bounded() -> None:
    assert len(LEXICON.variants("셋톱박스 " * 2_000)) <= 8
