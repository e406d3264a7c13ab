from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.evaluation.abstention import Point, Trial, at, best_point, curve, halves, leave_out
from ragtune.evaluation.retrieval import Judged
from ragtune.extractive import Extractive
from ragtune.manifest import Manifest
from ragtune.retrieval import Retriever
from ragtune.settings import RetrievalSettings
from tests.contracts.entries import EVERYONE, entry


def trial(present: float, absent: float, document: str = "a") -> Trial:
    judged = Judged(id=document, question="?", document=document, subset="")
    return Trial(judged=judged, present=present, absent=absent)


TRIALS = [trial(0.9, 0.1), trial(0.8, 0.5), trial(0.4, 0.3), trial(0.7, 0.6)]


def test_shares_of_both_errors() -> None:
    assert at(TRIALS, 0.5) == Point(threshold=0.5, false_answers=0.5, false_abstentions=0.25)
    assert at(TRIALS, 0.0) == Point(threshold=0.0, false_answers=1.0, false_abstentions=0.0)
    with pytest.raises(ValueError, match="no question's document"):
        at([], 0.5)


def test_the_curve_falls_on_one_side_and_rises_on_the_other() -> None:
    points = curve(TRIALS)
    assert len(points) == 101
    assert [p.false_answers for p in points] == sorted((p.false_answers for p in points), reverse=True)
    assert [p.false_abstentions for p in points] == sorted(p.false_abstentions for p in points)
    best = best_point(points)
    assert best == Point(threshold=0.61, false_answers=0.0, false_abstentions=0.25)


def test_no_document_is_in_both_halves() -> None:
    trials = [trial(1, 0, f"d{n % 30}") for n in range(90)]
    one, other = halves(trials)
    assert len(one) + len(other) == 90
    assert min(len(one), len(other)) > 20
    assert not {t.judged.document for t in one} & {t.judged.document for t in other}
    assert halves(trials) == (one, other)


def test_each_question_is_asked_with_and_without_its_document(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path, [Bigrams()], Manifest())
    names = ["기가라이트", "번들티비", "홈캠안심"]
    list(index.put(entry(name, [f"{name}의 월 요금은 {n}천원입니다."]) for n, name in enumerate(names, 1)))
    asked = [Judged(id=n, question=f"{n} 요금은?", document=n, subset="") for n in [*names, "없는쪽"]]
    retriever = Retriever(index, [Bigrams()], RetrievalSettings(weights={"bigram": 1.0}))
    support = Extractive(index, Bigrams()).support
    trials = leave_out(retriever, support, index, asked, EVERYONE, 2)
    index.close()
    assert [one.judged.id for one in trials] == names
    assert all(one.absent < 0.5 < one.present for one in trials)
