"""The gate before a tuned model may serve: it must not lose against the model in service.

Both answer the same questions. For all of them and for each category the difference of their scores is
taken question by question, with its 95 % interval (bootstrap) and a sign-flip test (Fisher 1935). A model is
refused when an interval lies below zero, or when it lost more than the terms allow, sure or not: a false
refusal costs a look, a bad model in service costs answers.

    verdict = judge(candidate, reference, Terms())
    verdict.refusals     # ('condition: lost .20 (-.35 to -.05, n = 10)',)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ragtune.errors import BadInput, GateRefused
from ragtune.evaluation.grading import MAX_POINTS
from ragtune.evaluation.intervals import RESAMPLES, SEED
from ragtune.evaluation.matrix import OVERALL, Graded
from ragtune.settings import within

ABSENT = "absent"  # the category of questions that no document answers
EXACT = 12  # differing questions up to which every sign is tried
FLIPS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One answer of one model, as the evaluation leaves it."""

    question_id: str
    category: str
    score: float  # 0–1
    question: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The losses that pass if the interval reaches zero, as shares of the points."""

    overall: float = 0.03
    category: float = 0.10

    def __post_init__(self) -> None:
        within("overall", self.overall, 0, 1)
        within("category", self.category, 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`difference` is candidate less reference, with its interval; `p` the chance of such a loss by luck."""

    name: str
    n: int
    candidate: float
    reference: float
    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `verdict.json` holds."""

    passed: bool
    refusals: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    candidate: dict[str, str]  # digests, as its server gave them
    reference: dict[str, str]

    def require(self) -> None:
        """Raise GateRefused unless it passed."""
        if not self.passed:
            told = "; ".join(self.refusals)
            raise GateRefused(
                f"the model is worse than the one in service: {told}; that one keeps serving. "
                "Look at the answers beside each other in the evaluation's folder"
            )


def scored(one: Graded) -> Scored:
    """A graded answer as the gate takes it."""
    return Scored(
        question_id=one.question.id,
        category=one.question.category if one.question.required else ABSENT,
        score=one.grade.points / MAX_POINTS,
        question=one.question.question,
        text=one.text,
    )


def judge(
    candidate: Sequence[Scored],
    reference: Sequence[Scored],
    terms: Terms,
    versions: tuple[dict[str, str], dict[str, str]] = ({}, {}),
) -> Verdict:
    """Compare question by question. Raises BadInput unless both answered the same questions, once each."""
    theirs = {one.question_id: one.score for one in reference}
    asked = [one.question_id for one in candidate]
    if len(set(asked)) != len(asked) or set(asked) != set(theirs) or len(theirs) != len(reference):
        odd = sorted(set(asked) ^ set(theirs)) or ["one of them twice"]
        raise BadInput(f"the models answered other questions ({', '.join(odd[:3])}); evaluate both anew")
    if not asked:
        raise BadInput("no question was asked; name a file of questions")
    groups = {OVERALL: list(candidate)}
    for name in sorted({one.category for one in candidate}):
        groups[name] = [one for one in candidate if one.category == name]
    compared = tuple(
        _compare(name, [one.score for one in held], [theirs[one.question_id] for one in held])
        for name, held in groups.items()
    )
    refusals = tuple(_told(one) for one in compared if _lost(one, terms))
    return Verdict(
        passed=not refusals,
        refusals=refusals,
        comparisons=compared,
        candidate=versions[0],
        reference=versions[1],
    )


def _compare(name: str, own: Sequence[float], theirs: Sequence[float]) -> Comparison:
    differences = np.asarray(own) - np.asarray(theirs)  # (n,)
    drawn = np.random.default_rng(SEED).integers(0, len(differences), (RESAMPLES, len(differences)))
    low, high = np.percentile(differences[drawn].mean(axis=1), (2.5, 97.5))
    return Comparison(
        name=name,
        n=len(differences),
        candidate=round(float(np.mean(own)), 4),
        reference=round(float(np.mean(theirs)), 4),
        difference=round(float(differences.mean()), 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
        p=round(_chance(differences), 4),
    )


def _chance(differences: NDArray[np.float64]) -> float:
    """How often random signs of the differences give a mean as low: one-sided, 1 where none differ."""
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    if len(moved) <= EXACT:
        signs = np.array(list(product((-1.0, 1.0), repeat=len(moved))))  # (2^m, m)
    else:
        signs = np.random.default_rng(SEED).choice((-1.0, 1.0), (FLIPS, len(moved)))
    sums = signs @ np.abs(moved)
    return float(np.mean(sums <= moved.sum() + 1e-9))


def _lost(one: Comparison, terms: Terms) -> bool:
    allowed = terms.overall if one.name == OVERALL else terms.category
    return one.high < 0 or one.difference < -allowed - 1e-9


def _told(one: Comparison) -> str:
    return f"{one.name}: lost {-one.difference:.2f} ({one.low:+.2f} to {one.high:+.2f}, n = {one.n})"
