"""The question set asked of Base, Base+RAG, PEFT and PEFT+RAG, each answer graded, overall and by category.

    graded = ask(answering, questions, variants(base="base", tuned="tuned"))
    table = matrix(graded)
    table["PEFT+RAG"].points["overall"]        # Interval(share=0.74, low=0.66, high=0.81, n=50)

A share is that of the points reached: 4 a question, accuracy and detail (see `grading`). Questions whose
answer no document holds may be among them; they count in `abstained`, not in the points. A question counts
the same whether or not the model at hand can express its answer; how many it can't is reported beside it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ragtune.answers import Answer, Request
from ragtune.evaluation.grading import MAX_POINTS, Grade, grade
from ragtune.evaluation.intervals import Interval
from ragtune.evaluation.records import Question
from ragtune.language import is_korean

OVERALL = "overall"
VARIANTS = ("Base", "Base+RAG", "PEFT", "PEFT+RAG")


class Answers(Protocol):
    """What answers; `ragtune.answering.Answering` does."""

    def answer(self, request: Request) -> Answer:
        """The whole answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One column of the matrix. `generator` is a name of the settings' models."""

    name: str
    generator: str
    retrieval: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One answer with its grade."""

    question: Question
    variant: str
    retrieval: bool
    text: str
    state: str  # answered, abstained, fallback
    grade: Grade
    korean: bool
    citations: int
    valid_citations: int  # name a passage that was retrieved and fitted the prompt
    right_page: bool  # one of them is the page the question is about
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Everything measured of one variant."""

    points: dict[str, Interval]  # overall and each category -> share of the points
    accuracy: dict[str, Interval]  # of the 2 points for accuracy alone
    exact: Interval  # answers with accuracy 2
    korean: Interval  # answers in Korean
    answered: Interval  # answerable questions that were answered
    abstained: Interval  # questions without an answer in the documents, where it said so
    valid_citations: Interval  # of all citations; without retrieval there are none
    right_page: Interval  # of the answered questions with retrieval
    fallbacks: int  # answers that quote because the model failed
    lengths: tuple[int, ...]  # characters of each answer


def variants(*, base: str = "base", tuned: str = "tuned") -> tuple[Variant, ...]:
    """The four, by the names of the models of the settings."""
    return tuple(
        Variant(name=name, generator=tuned if "PEFT" in name else base, retrieval=name.endswith("RAG"))
        for name in VARIANTS
    )


def ask(
    answering: Answers,
    questions: Sequence[Question],
    asked: Iterable[Variant],
    page_text: Callable[[Question], str] = lambda _question: "",
) -> Iterator[Graded]:
    """Ask every question of every variant; yields each answer graded as it comes.

    `page_text` gives the text of a question's page: a number of an answer that is not in it then counts
    as a contradiction.
    """
    for variant in asked:
        for question in questions:
            start = time.perf_counter()
            request = Request(
                question=question.question,
                generator=variant.generator,
                retrieval=variant.retrieval,
                own_words=True,
            )
            answer = answering.answer(request)
            seconds = time.perf_counter() - start
            yield graded(question, variant, answer, page_text(question), seconds)


def graded(question: Question, variant: Variant, answer: Answer, page: str, seconds: float) -> Graded:
    """One answer with its grade and what is measured of it."""
    offered = {found.number for found in answer.trace.passages if not found.dropped}
    valid = sum(citation.passage in offered for citation in answer.citations)
    pages = [citation.link.partition("#")[0] for citation in answer.citations]
    return Graded(
        question=question,
        variant=variant.name,
        retrieval=variant.retrieval,
        text=answer.text,
        state=answer.state,
        grade=grade(question, answer.text, page),
        korean=is_korean(answer.text, known=f"{question.question} {question.answer}"),
        citations=len(answer.citations),
        valid_citations=valid,
        right_page=any(page.endswith((question.source, *question.also)) for page in pages),
        seconds=seconds,
    )


def matrix(answers: Iterable[Graded]) -> dict[str, Column]:
    """Variant -> what was measured, in the order in which the variants were asked."""
    by_variant: dict[str, list[Graded]] = {}
    for one in answers:
        by_variant.setdefault(one.variant, []).append(one)
    return {name: _column(held) for name, held in by_variant.items()}


def expressible(question: Question, values: Iterable[str] | None = None) -> bool:
    """Whether a model that says one value an answer can give this one at all.

    The rule: exactly one required value, in no order, and, where the model's `values` are given (a closed
    vocabulary), one of them. A question without an answer is expressible: the model can abstain.
    """
    if not question.required:
        return True
    single = len(question.required) == 1 and not question.ordered
    return single and (values is None or question.required[0] in set(values))


def inexpressible(questions: Iterable[Question], values: Iterable[str] | None = None) -> Mapping[str, int]:
    """How many questions of each category the model can't express: category -> number."""
    known = None if values is None else frozenset(values)
    counts: dict[str, int] = {}
    for question in questions:
        counts[question.category] = counts.get(question.category, 0) + (not expressible(question, known))
    return counts


def _column(held: list[Graded]) -> Column:
    answerable = [one for one in held if one.question.required]
    unanswerable = [one for one in held if not one.question.required]
    groups = {OVERALL: answerable}
    for name in sorted({one.question.category for one in answerable}):
        groups[name] = [one for one in answerable if one.question.category == name]
    cited = [one for one in answerable if one.retrieval and one.state != "abstained"]
    citations = [
        number < one.valid_citations for one in held if one.retrieval for number in range(one.citations)
    ]
    return Column(
        points={
            name: Interval.of([one.grade.points / MAX_POINTS for one in g]) for name, g in groups.items()
        },
        accuracy={name: Interval.of([one.grade.accuracy / 2 for one in g]) for name, g in groups.items()},
        exact=Interval.of([float(one.grade.accuracy == 2) for one in answerable]),
        korean=Interval.of([float(one.korean) for one in held]),
        answered=Interval.of([float(one.state != "abstained") for one in answerable]),
        abstained=Interval.of([float(one.grade.accuracy == 2) for one in unanswerable]),
        valid_citations=Interval.of([float(valid) for valid in citations]),
        right_page=Interval.of([float(one.right_page) for one in cited]),
        fallbacks=sum(one.state == "fallback" for one in held),
        lengths=tuple(len(one.text) for one in held),
    )
