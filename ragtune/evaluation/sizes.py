"""Which chunk size serves best: the same questions over the same pages, cut in different ways.

    trials = ask(questions, retriever, index, sections_of(entries), access, Budget(chars=2_000))
    estimate(trials, "evidence")      # Estimate(value=0.71, low=0.66, high=0.76)

Sizes are only comparable at equal cost: a model reads so many characters, be they many small passages or
a few large ones. `evidence` is the share of the answer that stands in the passages that fit, each sentence
or row of it whole within one of them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ragtune.documents import Passage
from ragtune.evaluation.manual_questions import ManualQuestion, held
from ragtune.evaluation.retrieval import Estimate, by_document, right_documents
from ragtune.ports import Access, Entry, Index, Room
from ragtune.retrieval import Retriever

METRICS = ("page@1", "section@1", "section@5", "evidence")
OVERALL = "overall"
_MANY = 20  # passages: more than a budget holds
_MARK = 8  # characters of "[n] " and the empty line around a passage of a prompt
Sections = Mapping[str, Collection[tuple[str, ...]]]  # chunk id -> the sections whose text it holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a prompt holds: `chars` of passages with their breadcrumbs. The first `growing` hits bring their
    sections, where the retriever's settings say so, and further hits fill what is left."""

    chars: int
    growing: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One question: the place (from 1; 0: not found) of its page and section, and what the prompt holds."""

    question: ManualQuestion
    page: int
    section: int
    evidence: float  # 0-1
    passages: int  # that fitted

    def score(self, metric: str) -> float:
        """One of METRICS."""
        return {
            "page@1": float(self.page == 1),
            "section@1": float(self.section == 1),
            "section@5": float(1 <= self.section <= 5),
            "evidence": self.evidence,
        }[metric]


def sections_of(entries: Iterable[Entry]) -> Sections:
    """Of our own chunks, which never hold two sections."""
    return {chunk.id: (chunk.path,) for entry in entries for chunk in entry.chunks}


def ask(
    questions: Sequence[ManualQuestion],
    retriever: Retriever,
    index: Index,
    sections: Sections,
    access: Access,
    budget: Budget,
) -> list[Trial]:
    """A trial for each question whose page is in the index; passages grow as the retriever's settings say."""
    right = right_documents(index, [question.judged for question in questions])
    room = Room(limit=budget.chars, count=lambda text: len(text) + _MARK)
    trials = []
    for question in (one for one in questions if right[one.id]):
        ranked = [one.chunk_id for one in retriever.ranked(question.question, access)]
        pages = _first_places(name.partition(":")[0] for name in ranked)
        found = retriever.passages(question.question, access, _MANY)
        grown = retriever.widened(found[: budget.growing], access, room)
        shown = _fitting([*grown, *_others(found[budget.growing :], grown)], room)
        own = [one for one in shown if one.chunk.document_id in right[question.id]]
        trials.append(
            Trial(
                question=question,
                page=next((pages[name] for name in pages if name in right[question.id]), 0),
                section=_section_place(ranked, question, right[question.id], sections),
                evidence=held(question, [one.chunk.text for one in own]),
                passages=len(shown),
            )
        )
    return trials


def by_kind(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    """`overall` and each kind of question, in order of name."""
    kinds = sorted({trial.question.category for trial in trials})
    own = {kind: [trial for trial in trials if trial.question.category == kind] for kind in kinds}
    return {OVERALL: list(trials), **own}


def estimate(trials: Sequence[Trial], metric: str) -> Estimate:
    """Mean of one of METRICS with its interval, pages resampled."""
    return by_document(_scores(trials, metric), _documents(trials))


def gain(ours: Sequence[Trial], theirs: Sequence[Trial], metric: str) -> Estimate:
    """Mean difference on the same questions, with its interval by page."""
    if [one.question.id for one in ours] != [one.question.id for one in theirs]:
        raise ValueError("trials: not of the same questions in the same order")
    return by_document(_scores(ours, metric) - _scores(theirs, metric), _documents(ours))


def _scores(trials: Sequence[Trial], metric: str) -> np.ndarray:
    return np.array([trial.score(metric) for trial in trials])  # (N,)


def _documents(trials: Sequence[Trial]) -> list[str]:
    return [trial.question.source for trial in trials]


def _others(passages: Sequence[Passage], grown: Sequence[Passage]) -> list[Passage]:
    """Those of `passages` that no grown one has taken in."""
    return [
        one
        for one in passages
        if not any(one.chunk.text in other.chunk.text for other in grown if _same_section(one, other))
    ]


def _same_section(one: Passage, other: Passage) -> bool:
    mine, theirs = one.chunk, other.chunk
    return (mine.document_id, mine.section) == (theirs.document_id, theirs.section)


def _fitting(passages: Sequence[Passage], room: Room) -> list[Passage]:
    """Whole passages, best first, as a prompt takes them."""
    left, kept = room.limit, []
    for passage in passages:
        left -= room.count(passage.chunk.searchable)
        if left < 0:
            break
        kept.append(passage)
    return kept


def _first_places(names: Iterable[str]) -> dict[str, int]:
    """Name -> its place among the different ones, from 1."""
    return {name: place for place, name in enumerate(dict.fromkeys(names), 1)}


def _section_place(
    ranked: Sequence[str], question: ManualQuestion, right: Collection[str], sections: Sections
) -> int:
    """The place of the question's section among the different sections found."""
    seen: dict[tuple[str, tuple[str, ...]], None] = {}
    for name in ranked:
        document = name.partition(":")[0]
        if document in right and question.section in sections[name]:
            return len({key for key in seen if key != (document, question.section)}) + 1
        seen |= dict.fromkeys((document, path) for path in sections[name])
    return 0
