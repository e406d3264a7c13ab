"""Sentences are attributed to what bears them, and nothing else can be cited."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragtune.citations import abstains, bears, check, numbers, quote
from tests.ragtune.deployment import passage

LIGHT = passage("빛길라이트의 월 요금은 22,000원입니다. 약정 기간은 36개월입니다.", place=1)
BASIC = passage("빛길베이직의 월 요금은 9,900원입니다.", title="빛길베이직", place=2)


def test_each_sentence_goes_to_the_passage_that_bears_it() -> None:
    checked = check(
        "빛길라이트의 월 요금은 22,000원입니다. 빛길베이직의 월 요금은 9,900원입니다.", [LIGHT, BASIC]
    )
    assert [(c.passage, c.quote) for c in checked.citations] == [
        (1, "빛길라이트의 월 요금은 22,000원입니다."),
        (2, "빛길베이직의 월 요금은 9,900원입니다."),
    ]
    assert checked.citations[0].link == "file:///manuals/1.html"
    assert checked.unsupported == ()


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("빛길라이트의 월 요금은 22,000원입니다. [1]", "빛길라이트의 월 요금은 22,000원입니다. [1]"),
        ("빛길라이트의 월 요금은 22,000원입니다. [2]", "빛길라이트의 월 요금은 22,000원입니다."),
        ("빛길라이트의 월 요금은 22,000원입니다.[1][2][9]", "빛길라이트의 월 요금은 22,000원입니다. [1]"),
        ("빛길라이트의 월 요금은 [[9]1]22,000원입니다.", "빛길라이트의 월 요금은22,000원입니다."),
        ("빛길라이트의 월 요금은 99,000원입니다. [1]", "빛길라이트의 월 요금은 99,000원입니다."),
    ],
)  # fmt: skip
def test_markers_stay_only_where_they_hold(answer: str, kept: str) -> None:
    assert check(answer, [LIGHT, BASIC]).text == kept


@pytest.mark.parametrize(
    ("sentence", "borne"),
    [
        ("월 요금은 22,000원입니다.", True),
        ("월 요금은 22000 원입니다.", True),
        ("월 요금은 2만 2천원입니다.", True),
        ("월 요금은 2,000원입니다.", False),
        ("월 요금은 122,000원입니다.", False),
        ("월 요금은 22,000원이고 설치비는 30,000원입니다.", False),
        ("날씨가 참 좋네요.", False),
        ("1) 약정 기간은 36개월입니다.", True),
    ],
)
def test_a_passage_bears_a_sentence_only_with_all_its_numbers(sentence: str, borne: bool) -> None:
    assert (bears(LIGHT, sentence) > 0) is borne


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("속도는 500Mbps, 1.5배", ["500Mbps", "1.5"]),
        ("3만원", ["30000"]),
        ("12만 5,000원", ["125000"]),
        ("① 신청합니다", []),
        ("2. 본인 확인", []),
    ],
)
def test_numbers_of_a_sentence(sentence: str, found: list[str]) -> None:
    assert numbers(sentence) == found


def test_a_quote_is_the_best_line_verbatim() -> None:
    text = "약정 안내\n약정 기간은 36개월입니다.\n월 요금은 22,000원입니다."
    assert quote("약정 기간은 36개월입니다", text) == "약정 기간은 36개월입니다."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("문서에서 찾을 수 없습니다.", True),
        ("빛길라이트의 월 요금은 문서에 없음.", True),
        ("해당 내용은 자료에 없습니다", True),
        ("문서에 있는 요금은 22,000원입니다.", False),
    ],
)
def test_abstaining_is_recognised(text: str, expected: bool) -> None:
    assert abstains(text) is expected


def test_a_sentence_that_no_passage_bears_is_named() -> None:
    answer = "빛길라이트의 월 요금은 22,000원입니다. 비가 오면 우산을 드립니다. 약정 기간은 99개월입니다."
    assert check(answer, [LIGHT]).unsupported == ("비가 오면 우산을 드립니다.", "약정 기간은 99개월입니다.")


def test_an_abstaining_answer_cites_nothing() -> None:
    assert check("빛길라이트의 월 요금은 문서에서 찾을 수 없습니다. [1]", [LIGHT]).citations == ()


WORDS = (
    "빛길라이트의", "월", "요금은", "22,000원입니다.", "9,900원", "36개월",
    "[1]", "[2]", "[3]", "[99]", "[[2]1]", "[ 1 ]",
    "［1］", "[1", "]", "1)", ".", "\n", " ", "file:///etc/passwd", "d_0000000000000007",
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    answer=st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=25).map("".join),
    texts=st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=4),
)
def test_nothing_is_cited_but_what_was_retrieved(answer: str, texts: list[str]) -> None:
    passages = [passage(text, place=place) for place, text in enumerate(texts, 5)]
    checked = check(answer, passages)
    for citation in checked.citations:
        chunk = passages[citation.passage - 1].chunk
        assert (citation.document_id, citation.version, citation.link) == (chunk.document_id, 1, chunk.link)
        assert citation.quote in chunk.text
    cited = {citation.passage for citation in checked.citations}
    assert {int(number) for number in re.findall(r"\[\s*(\d+)\s*\]", checked.text)} <= cited


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "answer", ["." * 20_000, "1" * 20_000, "[" * 20_000, "[1]" * 6_000, "1," * 10_000, "1만" * 8_000]
)
def test_a_degenerate_answer_is_checked_in_time(answer: str) -> None:
    assert len(check(answer, [LIGHT, BASIC]).text) <= len(answer) + 50
