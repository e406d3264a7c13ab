"""What every ports.Analyzer does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragtune.adapters.kiwi import Kiwi
from ragtune.analysis import Bigrams
from ragtune.ports import Analyzer

ANALYZERS: dict[str, Analyzer] = {"bigram": Bigrams(), "kiwi": Kiwi()}
TEXTS = [
    "기가라이트 5G 요금제의 월 요금은 33,000원입니다.",
    "① 해지 신청 → ② 장비 반납\n\n위약금은 없음",
    "SELECT * FROM t WHERE a_b = 1.5",
    "",
    "\x00\ud800 \u200b",
]


@pytest.fixture(params=sorted(ANALYZERS))
def analyzer(request: pytest.FixtureRequest) -> Analyzer:
    return ANALYZERS[request.param]


@pytest.mark.parametrize("text", TEXTS)
def test_terms_are_the_same_every_time_and_hold_no_white_space(analyzer: Analyzer, text: str) -> None:
    tokens = analyzer.tokens(text)
    assert analyzer.tokens(text) == tokens
    assert all(token and len(token.split()) == 1 for token in tokens)


@pytest.mark.parametrize("text", TEXTS)
def test_a_question_has_the_terms_of_its_text(analyzer: Analyzer, text: str) -> None:
    terms = analyzer.terms(text)
    assert [term.text for term in terms] == [one for one in analyzer.tokens(text) if not one.startswith("zr")]
    assert all(0 < term.weight <= 1 for term in terms)


def test_question_words_weigh_less_than_what_is_asked_about(analyzer: Analyzer) -> None:
    weights = {term.text: term.weight for term in analyzer.terms("위약금은 얼마인가요?")}
    assert weights["위약" if analyzer.name == "bigram" else "위약금"] == 1
    assert weights["얼마"] < 0.5


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    for analyzer in ANALYZERS.values():
        assert all(len(token.split()) == 1 for token in analyzer.tokens(text))


def test_name_and_version_are_given(analyzer: Analyzer) -> None:
    assert analyzer.name
    assert analyzer.version
