"""The sample questions: answerable from their pages, disjoint between the sets, in the stated numbers."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from ragtune.evaluation.grading import MAX_POINTS, grade
from ragtune.evaluation.records import Question
from ragtune.manuals import read_page
from ragtune.records import from_json
from ragtune.values import stands
from samples import write
from samples.facts import load

HERE = Path(write.__file__).parent
CATEGORIES = ("process", "feature", "recommendation", "condition", "comparison")
EVALUATION = {"short": 4, "concise": 3, "sentence": 3}  # a category
DEVELOPMENT = {"short": 4, "concise": 4, "sentence": 4}
DAY = date(2026, 11, 22).isoformat()


def _read(name: str) -> list[Question]:
    path = HERE / "questions" / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    return [from_json(Question, line, f"{name}:{place}") for place, line in enumerate(lines, start=1)]


SETS = {name: _read(name) for name in ("evaluation", "development", "unanswerable")}
ANSWERABLE = SETS["evaluation"] + SETS["development"]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Each public, valid page's words as a reader of its source sees them."""
    found = {}
    for page in write.pages(load()):
        document = read_page(page.data, source=page.path, version=1)
        current = document.valid_from <= DAY and (not document.valid_until or document.valid_until >= DAY)
        if "public" in document.labels and current:
            charset = "cp949" if document.charset == "cp949" else "utf-8"
            found[page.path] = page.data.decode(charset)
    return found


@pytest.mark.parametrize(("name", "quota"), [("evaluation", EVALUATION), ("development", DEVELOPMENT)])
def test_quotas_hold(name: str, quota: dict[str, int]) -> None:
    expected = {(kind, form): count for kind in CATEGORIES for form, count in quota.items()}
    assert Counter((question.category, question.phrasing) for question in SETS[name]) == expected


def test_ids_and_wordings_are_unique() -> None:
    everything = [question for questions in SETS.values() for question in questions]
    assert len({question.id for question in everything}) == len(everything)
    assert len({question.question for question in everything}) == len(everything)


def test_no_fact_is_asked_in_both_sets() -> None:
    asked = {name: {fact for question in SETS[name] for fact in question.facts} for name in SETS}
    assert asked["evaluation"]
    assert not asked["evaluation"] & asked["development"]


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_the_source_states_what_is_required(question: Question, texts: dict[str, str]) -> None:
    assert question.required
    for path in (question.source, *question.also):
        missing = [value for value in question.required if value not in texts[path]]
        assert not missing, (path, missing)
    assert not [value for value in question.forbidden if value in question.required]
    assert not [value for value in question.forbidden if stands(question.answer, value)]


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_the_model_answer_reaches_every_point(question: Question, texts: dict[str, str]) -> None:
    assert grade(question, question.answer, texts[question.source]).points == MAX_POINTS


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_facts_are_those_of_the_samples(question: Question) -> None:
    facts = load()
    for fact in question.facts:
        what, _, part = fact.partition("|")
        if what.endswith(".html"):
            assert what == question.source
            assert part
        else:
            assert facts.value(what, part)


def test_unanswerable_questions_require_nothing(texts: dict[str, str]) -> None:
    assert len(SETS["unanswerable"]) == 20
    assert not [q for q in SETS["unanswerable"] if q.required or q.answer or q.source]
    assert not [q for q in SETS["unanswerable"] if any(q.question in text for text in texts.values())]
