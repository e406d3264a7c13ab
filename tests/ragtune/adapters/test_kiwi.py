import pytest

from ragtune.adapters.kiwi import Kiwi


@pytest.fixture(scope="module")
def kiwi() -> Kiwi:
    return Kiwi()


def test_particles_endings_and_punctuation_are_no_terms(kiwi: Kiwi) -> None:
    assert kiwi.tokens("인터넷을 해지하려면 위약금이 있습니다.") == ["인터넷", "해지", "위약금", "있"]


def test_latin_numbers_and_han_are_kept(kiwi: Kiwi) -> None:
    tokens = kiwi.tokens("LTE 요금 33,000원, 大")
    assert {"lte", "33000", "大"} <= set(tokens)


def test_words_of_the_user_dictionary_stay_whole() -> None:
    assert "기가라이트플러스" in Kiwi(words=["기가라이트플러스"]).tokens("기가라이트플러스의 요금")


def test_words_of_the_user_dictionary_are_found_whole_and_by_their_parts(kiwi: Kiwi) -> None:
    named = Kiwi(words=["가족결합할인"])
    parts = kiwi.tokens("가족결합할인")
    assert len(parts) > 1
    assert named.tokens("가족결합할인 신청") == ["가족결합할인", *parts, "신청"]
    assert [term.text for term in named.terms("가족결합할인은?")] == ["가족결합할인", *parts]
    assert set(named.tokens("가족 결합 할인")) & set(named.tokens("가족결합할인"))


def test_the_version_names_model_and_dictionary() -> None:
    assert Kiwi(words=["가", "나"]).version == Kiwi(words=["나", "가", "가", " "]).version
    assert Kiwi(words=["가"]).version != Kiwi().version
    assert Kiwi().version.endswith("/none")


def test_question_words_get_the_given_weight() -> None:
    terms = Kiwi(question_word_weight=0.3).terms("해지는 어디서 어떻게 하나요?")
    assert [(term.text, term.weight) for term in terms] == [
        ("해지", 1.0),
        ("어디", 0.3),
        ("어떻", 0.3),
        ("하", 0.3),
    ]
