"""Answers and a report as plain data, for tests that need no model."""

import random

from ragtune.evaluation.abstention import Point
from ragtune.evaluation.grading import Grade
from ragtune.evaluation.intervals import Interval
from ragtune.evaluation.matrix import VARIANTS, Graded
from ragtune.evaluation.probes import Probe
from ragtune.evaluation.records import Question
from ragtune.evaluation.report import Report, Training
from ragtune.instructions.records import Category

CATEGORIES: tuple[Category, ...] = ("process", "feature", "recommendation", "condition", "comparison")
REACH = {"Base": 0.05, "Base+RAG": 0.5, "PEFT": 0.55, "PEFT+RAG": 0.8}


def question(number: int) -> Question:
    return Question(
        id=f"q{number}",
        question=f"빛길라이트의 {number}번 요금은 얼마인가요?",
        category=CATEGORIES[number % 5],
        phrasing="sentence",
        source="product/bitgil-light.html",
        answer="빛길라이트의 월 요금은 22,000원입니다.",
        required=("22,000원",),
    )


def answers(count: int = 50) -> tuple[Graded, ...]:
    rng = random.Random(1)
    return tuple(_answer(question(number), name, rng) for name in VARIANTS for number in range(count))


def _answer(asked: Question, variant: str, rng: random.Random) -> Graded:
    right = rng.random() < REACH[variant]
    return Graded(
        question=asked,
        variant=variant,
        retrieval=variant.endswith("RAG"),
        text=asked.answer if right else "빛길라이트의 월 요금은 문서에 없음.",
        state="answered" if right else "abstained",
        grade=Grade(accuracy=2, detail=2) if right else Grade(accuracy=0, detail=0, reasons=("missing",)),
        korean=True,
        citations=1,
        valid_citations=1,
        right_page=right,
        seconds=0.1,
    )


def report() -> Report:
    rng = random.Random(2)

    def shares(*values: float) -> Probe:
        closed, right, changed, stale, absent = (
            Interval.of([float(rng.random() < value) for _ in range(100)]) for value in values
        )
        return Probe(
            closed_book=closed, with_passage=right, changed_passage=changed, stale=stale, absent=absent
        )

    steps = range(0, 400, 10)
    return Report(
        answers=answers(),
        probes={
            "base": shares(0.01, 0.97, 0.97, 0, 0.97),
            "plain": shares(0.98, 0.9, 0.15, 0.8, 0.01),
            "retrieval_aware": shares(0.97, 0.98, 0.97, 0.01, 0.95),
        },
        trainings=(
            Training(
                name="retrieval_aware",
                loss=tuple((float(s), 2.4 / (1 + s / 40) + rng.random() * 0.1) for s in steps),
                score=tuple((float(s), min(0.98, s / 250)) for s in range(0, 400, 50)),
            ),
            Training(
                name="plain",
                loss=tuple((float(s), 2.2 / (1 + s / 20) + rng.random() * 0.1) for s in steps),
                score=tuple((float(s), min(0.6, s / 300)) for s in range(0, 400, 50)),
            ),
        ),
        training_lengths=tuple(rng.randint(18, 40) for _ in range(300)),
        abstention=tuple(
            Point(threshold=t / 50, false_answers=(1 - t / 50) ** 2, false_abstentions=(t / 50) ** 3)
            for t in range(51)
        ),
        threshold=0.42,
        inexpressible={"process": 10, "comparison": 8},
        instructions={"만든 것": 22281, "거른 것": 7621, "학습": 8126, "검증": 1785},
        versions={"parser": "3f2a91c0", "base": "9b1c77de", "adapter": "51aa0c2e"},
        seconds={"읽기": 1.2, "색인": 3.4, "지시 데이터": 5.0, "학습": 94.0, "질문 50×4": 61.0},
        made_at="2026-11-22",
    )
