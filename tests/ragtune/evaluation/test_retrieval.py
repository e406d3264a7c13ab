import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.documents import document_id
from ragtune.errors import BadInput
from ragtune.evaluation.retrieval import (
    Judged,
    Outcome,
    estimate,
    fold,
    gain,
    nested,
    rank,
    read_questions,
    right_documents,
    stem,
    summary,
)
from ragtune.manifest import Manifest
from ragtune.retrieval import Retriever
from ragtune.settings import RetrievalSettings
from tests.contracts.entries import EVERYONE, entry


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index", [Bigrams()], Manifest())
    list(opened.put([entry("요금", ["월 요금"]), entry("새/요금", ["새 요금"]), entry("해지", ["위약금"])]))
    yield opened
    opened.close()


def judged(name: str, question: str = "요금은?", subset: str = "") -> Judged:
    return Judged(id=name, question=question, document=name, subset=subset)


def outcome(rank_: int, document: str = "a", subset: str = "", number: int = 0) -> Outcome:
    asked = Judged(id=f"{document}{number}", question="?", document=document, subset=subset)
    return Outcome(judged=asked, rank=rank_)


def test_both_formats_of_questions_are_read(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    lines = [
        {"id": "e1", "question": "가?", "source": "상품/giga-lite.html", "category": "condition"},
        {"id": 2, "question": "나?", "doc_id": "welfare/01_7", "answer_type": "abstractive", "extra": 1},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    assert read_questions(path) == [
        Judged(id="e1", question="가?", document="상품/giga-lite", subset="condition"),
        Judged(id="2", question="나?", document="welfare/01_7", subset="abstractive"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "q:1: not a question"),
        ('{"id": 1, "question": "?"}', "'source' is missing"),
        ("[]", "q:1: not a"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "q"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(BadInput, match=reason):
        read_questions(path)
    with pytest.raises(BadInput, match="name a file of questions"):
        read_questions(tmp_path / "none")


def test_a_document_is_right_when_its_uri_ends_so_at_a_folder(index: EmbeddedIndex) -> None:
    right = right_documents(index, [judged("요금"), judged("새/요금"), judged("금"), judged("manuals/해지")])
    old, new = (document_id(f"file:///manuals/{name}.html") for name in ("요금", "새/요금"))
    assert right["요금"] == {old, new}
    assert right["새/요금"] == {new}
    assert right["금"] == frozenset()
    assert right["manuals/해지"] == {document_id("file:///manuals/해지.html")}


def test_percent_signs_and_decomposed_hangul_are_the_same_name() -> None:
    assert stem("file:///a/%EC%9A%94%EA%B8%88.html") == stem("/a/요금.htm")


def test_ranks_are_places_among_documents(index: EmbeddedIndex) -> None:
    retriever = Retriever(index, [Bigrams()], RetrievalSettings(weights={"bigram": 1.0}))
    asked = [judged("해지", "위약금은?"), judged("해지", "없는말"), judged("없음", "요금")]
    assert [one.rank for one in rank(retriever, index, asked, EVERYONE)] == [1, 0, 0]


def test_metrics_by_hand() -> None:
    outcomes = [outcome(1, "a"), outcome(2, "b", "hard"), outcome(10, "c", "hard"), outcome(0, "d")]
    found = summary(outcomes)
    assert found["overall"] == {
        "R@1": 0.25,
        "R@5": 0.5,
        "R@10": 0.75,
        "nDCG@10": round((1 + 1 / math.log2(3) + 1 / math.log2(11)) / 4, 4),
    }
    assert found["hard"]["R@1"] == 0
    assert summary([outcome(11)])["overall"]["R@10"] == 0


def test_intervals_are_wider_when_questions_share_documents() -> None:
    ranks = [1, 0] * 100
    apart = [outcome(rank_, f"d{n}") for n, rank_ in enumerate(ranks)]
    shared = [outcome(rank_, f"d{rank_}{n // 40}", number=n) for n, rank_ in enumerate(ranks)]
    narrow, wide = estimate(apart, "R@1"), estimate(shared, "R@1")
    assert narrow.low < narrow.value == 0.5 < narrow.high
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    # The interval of a share of .5 over 200 independent documents is about ± 1.96 · √(.25/200).
    assert narrow.high - narrow.low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 200), rel=0.1)


def test_a_paired_gain_sees_what_two_intervals_hide() -> None:
    theirs = [outcome(n % 2, f"d{n}") for n in range(200)]
    ours = [outcome(1 if n % 10 == 0 else n % 2, f"d{n}") for n in range(200)]
    found = gain(ours, theirs, "R@1")
    assert 0 < found.low < 0.1 < found.high
    assert found.value == pytest.approx(0.1)
    assert estimate(ours, "R@1").low < estimate(theirs, "R@1").high
    assert gain(ours, ours, "R@1").high == 0
    with pytest.raises(ValueError, match="not of the same questions"):
        gain(ours, theirs[1:], "R@1")


def test_an_interval_for_several_comparisons_is_wider() -> None:
    theirs = [outcome(n % 2, f"d{n}") for n in range(200)]
    ours = [outcome(1 if n % 10 == 0 else n % 2, f"d{n}") for n in range(200)]
    one, four = gain(ours, theirs, "R@1"), gain(ours, theirs, "R@1", compared=4)
    assert four.low < one.low < one.high < four.high


def test_nested_choice_sees_only_the_other_folds() -> None:
    names = [f"d{n}" for n in range(60)]
    lucky = next(part for part in range(5) if any(fold(name, 5) == part for name in names))
    # Best on one fold alone, by far; a little worse everywhere else.
    chance = [outcome(1 if fold(name, 5) == lucky else 3, name) for name in names]
    steady = [outcome(2, name) for name in names]
    found, chosen = nested({"steady": steady, "chance": chance})
    assert chosen[lucky] == "steady"
    assert all(one.rank == 2 for one, name in zip(found, names, strict=True) if fold(name, 5) == lucky)
    assert {fold(name, 5) for name in names} == set(range(5))


def test_other_pages_that_hold_the_answer_are_right_too(tmp_path: Path) -> None:
    asked = tmp_path / "questions.jsonl"
    line = {"id": "q1", "question": "월 요금은?", "source": "product/a.html", "also": ["tariff/a.html"]}
    asked.write_text(json.dumps(line), encoding="utf-8")
    assert read_questions(asked)[0].also == ("tariff/a",)


def test_a_page_that_is_named_beside_the_right_one_counts(index: EmbeddedIndex) -> None:
    asked = Judged(id="q", question="위약금은?", document="없는 쪽", subset="", also=("해지",))
    assert right_documents(index, [asked])["q"] == {document_id("file:///manuals/해지.html")}
