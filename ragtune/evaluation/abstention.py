"""When to say that the documents don't hold the answer: each question with and without its document.

    trials = leave_out(retriever, extractive.support, index, questions, access, 5)
    development, held_out = halves(trials)
    point = best_point(curve(development))        # the threshold for answering.min_support
    at(held_out, point.threshold)                 # what it does to questions it was not chosen on

Without the right document a question should get no answer. That is strict: where another page holds the
answer too, answering from it counts as false here, so false answers are an upper bound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragtune.documents import Passage
from ragtune.evaluation.retrieval import Judged, held_out, right_documents
from ragtune.ports import Access, Index
from ragtune.retrieval import Retriever

Support = Callable[[str, Sequence[Passage]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Support (0-1) for one question with its right document in the search and without."""

    judged: Judged
    present: float
    absent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a threshold does: shares (0-1) of the questions that are answered, or not, wrongly."""

    threshold: float
    false_answers: float  # of questions whose document is away
    false_abstentions: float  # of questions whose document is there


def leave_out(
    retriever: Retriever,
    support: Support,
    index: Index,
    questions: Sequence[Judged],
    access: Access,
    limit: int,
) -> list[Trial]:
    """One trial for each question whose document is in the index; `limit` passages each way."""
    right = right_documents(index, questions)
    trials = []
    for judged in questions:
        if not right[judged.id]:
            continue
        question = judged.question
        there = retriever.passages(question, access, limit)
        away = retriever.passages(question, access, limit, exclude=right[judged.id])
        trials.append(Trial(judged=judged, present=support(question, there), absent=support(question, away)))
    return trials


def halves(trials: Sequence[Trial]) -> tuple[list[Trial], list[Trial]]:
    """Development and held-out trials: no document is in both, and the halves are the same every time."""
    late = [held_out(trial.judged.document) for trial in trials]
    pairs = list(zip(trials, late, strict=True))
    return [trial for trial, side in pairs if not side], [trial for trial, side in pairs if side]


def at(trials: Sequence[Trial], threshold: float) -> Point:
    """What `threshold` does to `trials`. Raises ValueError when there are none."""
    if not trials:
        raise ValueError("trials: none; no question's document is in the index")
    count = len(trials)
    return Point(
        threshold=threshold,
        false_answers=sum(trial.absent >= threshold for trial in trials) / count,
        false_abstentions=sum(trial.present < threshold for trial in trials) / count,
    )


def curve(trials: Sequence[Trial], steps: int = 100) -> list[Point]:
    """A point for each threshold from 0 to 1."""
    return [at(trials, step / steps) for step in range(steps + 1)]


def best_point(points: Sequence[Point]) -> Point:
    """Where the two errors add up to least; the lowest such threshold."""
    return min(points, key=lambda point: (point.false_answers + point.false_abstentions, point.threshold))
