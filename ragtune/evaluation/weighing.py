"""Whether a leg earns a weight: the paired test decides, on documents apart from those of the last judgement.

    verdict = judge("dense", lambda weight: retriever_with(weight), index, questions, access)
    verdict.weight     # 0.2 of the others' weight, or 0.0: no gain was shown

Each candidate weight is measured on the development half of the documents beside the leg's absence. The best
is taken if its paired interval, made wider for the number of candidates, lies above zero; else the weight is
0. The held-out half then says, once, what the choice is worth.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ragtune.errors import BadInput, ModelUnavailable
from ragtune.evaluation.retrieval import Estimate, Judged, Outcome, estimate, gain, held_out, rank
from ragtune.ports import Access, Embedder, Index, Reranker
from ragtune.retrieval import Retriever

CANDIDATES = (0.1, 0.2, 0.4, 0.8)  # of the sum of the others' weights
_METRIC = "nDCG@10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One candidate on the development half. `gain` over the leg's absence."""

    weight: float
    found: Estimate
    gain: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`weight` is 0 when no candidate passed; `held_out` is the best candidate's gain on the other half."""

    leg: str
    weight: float
    without: Estimate
    candidates: tuple[Weighed, ...]
    held_out: Estimate
    questions: int  # of the development half


def judge(
    leg: str,
    retriever: Callable[[float], Retriever],
    index: Index,
    questions: Sequence[Judged],
    access: Access,
    *,
    total: float,
) -> Verdict:
    """Decide the leg's weight; `total` is that of the others. Raises BadInput when a half lacks questions."""
    development = [one for one in questions if not held_out(one.document)]
    others = [one for one in questions if held_out(one.document)]
    if not development or not others:
        raise BadInput(f"{leg}: too few questions for two halves; ask about more documents")

    def asked(weight: float, part: Sequence[Judged]) -> list[Outcome]:
        return rank(retriever(weight), index, part, access)

    without = asked(0.0, development)
    weighed = tuple(
        Weighed(
            weight=round(weight * total, 4),
            found=estimate(own, _METRIC),
            gain=gain(own, without, _METRIC, compared=len(CANDIDATES)),
        )
        for weight in CANDIDATES
        if (own := asked(weight, development))
    )
    best = max(weighed, key=lambda one: one.gain.value)
    return Verdict(
        leg=leg,
        weight=best.weight if best.gain.low > 0 else 0.0,
        without=estimate(without, _METRIC),
        candidates=weighed,
        held_out=gain(asked(best.weight / total, others), asked(0.0, others), _METRIC),
        questions=len(development),
    )


class KeptEmbedder:
    """An embedder that is asked each question once, however many weights are tried, and has to answer."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self._vectors: dict[str, tuple[float, ...]] = {}

    def embed_texts(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """See ports.Embedder."""
        return self._embedder.embed_texts(texts)

    def embed_question(self, question: str) -> tuple[float, ...]:
        """See ports.Embedder. Raises BadInput where the retriever would go on without it."""
        if question not in self._vectors:
            with _has_to_answer():
                self._vectors[question] = self._embedder.embed_question(question)
        return self._vectors[question]


class KeptReranker:
    """A reranker that is asked about each question and text once, and has to answer."""

    def __init__(self, reranker: Reranker) -> None:
        self._reranker = reranker
        self.name = reranker.name
        self._scores: dict[tuple[str, str], float] = {}

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """See ports.Reranker. Raises BadInput where the retriever would go on without it."""
        new = [text for text in dict.fromkeys(texts) if (question, text) not in self._scores]
        if new:
            with _has_to_answer():
                found = self._reranker.scores(question, new)
            self._scores |= {(question, text): one for text, one in zip(new, found, strict=True)}
        return [self._scores[question, text] for text in texts]


@contextmanager
def _has_to_answer() -> Iterator[None]:
    try:
        yield
    except ModelUnavailable as error:
        raise BadInput(f"{error}; without every answer nothing can be decided") from None
