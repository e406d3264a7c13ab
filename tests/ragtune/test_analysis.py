import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.analysis import Bigrams, content_length, is_question_word, normalise

KOREAN = st.text(st.characters(codec=None) | st.sampled_from("가나다요금제은는이5Gab ,.1\n"), max_size=60)


@given(KOREAN)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(KOREAN)
def test_terms_of_a_question_are_the_tokens_of_the_same_text(text: str) -> None:
    bigrams = Bigrams()
    words = [token for token in bigrams.tokens(text) if not token.startswith("zr")]
    assert [term.text for term in bigrams.terms(text)] == words
    assert not any(set(token) & set(" \n\t_") or not token for token in bigrams.tokens(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("５Ｇ　요금제", "5g 요금제"),
        ("요금제", "요금제"),  # composed and decomposed Hangul
        ("1,000원", "1000원"),
        ("100㎒", "100MHz"),
        ("무\u200b선", "무선"),
        ("㈜회사", "(주)회사"),
    ],
)
def test_spellings_of_the_same_are_the_same(one: str, other: str) -> None:
    assert Bigrams().tokens(one) == Bigrams().tokens(other)


def test_spacing_variants_share_all_terms_but_those_across_the_gap() -> None:
    assert Bigrams().tokens("5G요금제") == Bigrams().tokens("5G 요금제")
    assert set(Bigrams().tokens("해지 위약금")) < set(Bigrams().tokens("해지위약금"))
    assert set(Bigrams().tokens("100 Mbps")) < set(Bigrams().tokens("100Mbps"))


def test_commas_that_separate_no_thousands_stay() -> None:
    assert Bigrams().tokens("1,2,300") == ["1", "2300"]
    assert Bigrams().tokens("11.3 버전") == ["11.3", "버전"]
    assert Bigrams().tokens("select_all 함수") == ["select", "all", "함수"]


@pytest.mark.parametrize(
    ("run", "length"),
    [
        ("해지하려면", 2),
        ("부담합니까", 2),
        ("무료인가요", 2),
        ("신청할", 2),
        ("할인을", 2),
        ("제도와", 2),
        ("용도", 2),
        ("나이", 2),
        ("위약금", 3),
        ("돈은", 2),
        ("알려주세요", 0),
        ("궁금합니다", 0),
        ("설명해", 0),
        ("어디서", 0),
        ("얼마인가요", 0),
        ("인가요", 0),
        ("있습니까", 0),
        ("방법을", 0),
    ],
)
def test_what_of_a_word_is_content(run: str, length: int) -> None:
    assert content_length(run) == length


def test_no_term_of_a_question_is_deleted_and_weights_are_two() -> None:
    question = "기가라이트 위약금은 어떻게 계산하나요?"
    weights = {term.text: term.weight for term in Bigrams(0.3).terms(question)}
    assert set(weights) == set(Bigrams().tokens(question))
    assert set(weights.values()) == {0.3, 1.0}
    assert [text for text, weight in weights.items() if weight == 1] == [
        "기가", "가라", "라이", "이트", "위약", "약금", "계산"
    ]  # fmt: skip


def test_question_words_at_full_weight_when_asked() -> None:
    assert {term.weight for term in Bigrams(1.0).terms("어떻게 해지하나요?")} == {1.0}


def test_interrogatives_do_not_reach_into_names() -> None:
    assert not is_question_word("왜관")
    assert is_question_word("왜")
