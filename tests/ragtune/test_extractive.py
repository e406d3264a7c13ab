from collections.abc import Iterator
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.documents import Passage
from ragtune.extractive import Extractive
from ragtune.manifest import Manifest
from ragtune.ports import Prompt
from ragtune.prompts import NOT_FOUND
from ragtune.retrieval import Retriever
from ragtune.settings import RetrievalSettings
from tests.contracts.entries import EVERYONE, entry

PAGES = (
    entry(
        "기가라이트",
        ["기가라이트의 월 요금은 33,000원입니다. 약정 기간은 36개월입니다.\n설치비는 무료입니다."],
    ),
    entry("번들티비", ["번들티비의 월 요금은 11,000원입니다. 채널은 200개입니다."]),
    entry(
        "해지",
        [
            "해지 절차는 다음과 같습니다:\n고객센터에 신청하고 장비를 반납합니다.",
            "위약금은 남은 기간에 따릅니다.",
        ],
    ),
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path, [Bigrams()], Manifest())
    list(opened.put(PAGES))
    yield opened
    opened.close()


def passages(index: EmbeddedIndex, question: str, exclude: tuple[str, ...] = ()) -> list[Passage]:
    settings = RetrievalSettings(weights={"bigram": 1.0, "bigram_head": 0.2})
    return Retriever(index, [Bigrams()], settings).passages(question, EVERYONE, 3, exclude)


def answer(index: EmbeddedIndex, question: str) -> str:
    prompt = Prompt(text="", question=question, passages=tuple(passages(index, question)))
    return "".join(Extractive(index, Bigrams()).generate(prompt))


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("기가라이트 월 요금은 얼마인가요?", "기가라이트의 월 요금은 33,000원입니다."),
        ("번들티비는 월 요금이 얼마죠?", "번들티비의 월 요금은 11,000원입니다."),
        ("기가라이트 약정 기간을 알려주세요", "약정 기간은 36개월입니다."),
        ("해지 위약금은 어떻게 되나요?", "위약금은 남은 기간에 따릅니다."),
    ],
)
def test_the_sentence_that_answers_is_quoted_with_its_passage(
    index: EmbeddedIndex, question: str, quoted: str
) -> None:
    given = answer(index, question)
    assert f"{quoted} [" in given
    number = int(given.partition(f"{quoted} [")[2][0])
    assert quoted in passages(index, question)[number - 1].chunk.text


def test_a_sentence_that_leads_on_brings_the_next(index: EmbeddedIndex) -> None:
    assert "장비를 반납합니다." in answer(index, "해지 절차는 어떻게 되나요?")


def test_nothing_but_verbatim_sentences_is_said(index: EmbeddedIndex) -> None:
    texts = " ".join(chunk.text for page in PAGES for chunk in page.chunks)
    for question in ("기가라이트 설치비와 요금", "위약금 채널 약정", "해지", "번들티비 채널"):
        parts = [part.strip() for part in answer(index, question).replace("] ", "]\n").split("\n")]
        assert 1 <= len(parts) <= 3
        assert all(part.rpartition(" [")[0] in texts for part in parts)


def test_support_falls_when_the_right_page_is_away(index: EmbeddedIndex) -> None:
    extractive, question = Extractive(index, Bigrams()), "기가라이트 월 요금은 얼마인가요?"
    there = extractive.support(question, passages(index, question))
    away = extractive.support(question, passages(index, question, (PAGES[0].document.id,)))
    assert 0 <= away < 0.5 < there <= 1


def test_nothing_is_borne_by_nothing(index: EmbeddedIndex) -> None:
    extractive = Extractive(index, Bigrams())
    assert extractive.support("요금은?", []) == 0
    assert extractive.support("?", passages(index, "요금")) == 0
    assert "".join(extractive.generate(Prompt(text="", question="요금은?", passages=()))) == f"{NOT_FOUND}."
    assert answer(index, "?") == f"{NOT_FOUND}."


def test_passages_that_share_no_term_are_not_quoted(index: EmbeddedIndex) -> None:
    prompt = Prompt(text="", question="로밍", passages=tuple(passages(index, "요금")))
    assert "".join(Extractive(index, Bigrams()).generate(prompt)) == f"{NOT_FOUND}."


def test_one_page_alone_supports_a_question_as_it_does_among_many(tmp_path: Path) -> None:
    page, others = (
        entry("해지", ["해지는 전화로 합니다."]),
        [entry(f"요금{n}", [f"{n}만원"]) for n in range(20)],
    )
    found = []
    for name, pages in (("alone", [page]), ("among", [page, *others])):
        index = EmbeddedIndex(tmp_path / name, [Bigrams()], Manifest())
        list(index.put(pages))
        asked = "해지는 어떻게 합니까?"
        found.append(Extractive(index, Bigrams()).support(asked, passages(index, asked)))
        index.close()
    assert found[0] == pytest.approx(found[1], abs=0.05)
    assert min(found) > 0.37
