"""Finding passages: the legs of a question, fused on the client, the same over any index.

    retriever = Retriever(index, [Bigrams()], settings.retrieval)
    retriever.passages("위약금은 얼마인가요?", Access(labels=frozenset({"public"}), day="2026-11-20"), 5)

Every leg's scores are stretched to 0-1 (min-max over its hits) and summed by weight; the weights of legs
that aren't there (no such view, no embedder, a model that is away) drop out and the others take their place,
so a fused score is between 0 and 1.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ragtune.analysis import normalise
from ragtune.documents import Chunk, Passage
from ragtune.errors import ModelUnavailable
from ragtune.lexicon import NOTHING, Lexicon, Variant
from ragtune.ports import DENSE, Access, Analyzer, Embedder, Hit, Index, Leg, Near, Reranker, Room, Term
from ragtune.ranges import amount_tokens
from ragtune.settings import RetrievalSettings
from ragtune.widening import around, widen

RERANK = "rerank"
_HEAD = "_head"
_RANGES_IN = ("bigram", "cjk")  # the views whose terms hold ranges
_AMOUNT_WEIGHT = 0.5  # one of an amount's terms is found, and it is a rare one


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A chunk's fused score (0-1) and its min-max score in each leg that found it."""

    chunk_id: str
    score: float
    legs: dict[str, float]

    @property
    def document_id(self) -> str:
        return self.chunk_id.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aids:
    """What helps the words: other words for the same, and models. A model's leg counts only with a weight."""

    lexicon: Lexicon = NOTHING
    embedder: Embedder | None = None
    reranker: Reranker | None = None
    candidates: int = 20  # of the best chunks that the reranker looks at


class Retriever:
    """Searches one index with the views that `analyzers` give."""

    def __init__(
        self,
        index: Index,
        analyzers: Sequence[Analyzer],
        settings: RetrievalSettings,
        aids: Aids | None = None,
    ) -> None:
        self._index = index
        self._analyzers = tuple(analyzers)
        self._hits = settings.hits
        self._section_chars = settings.section_chars
        self._aids = aids or Aids()
        there = {analyzer.name for analyzer in analyzers}
        there |= {DENSE} if self._aids.embedder else set()
        self._weights = {
            leg: weight
            for leg, weight in settings.weights.items()
            if weight > 0 and leg.removesuffix(_HEAD) in there
        }
        self._rerank_weight = settings.weights.get(RERANK, 0.0) if self._aids.reranker else 0.0

    def versions(self) -> dict[str, str]:
        """What decides what is found and is not the index's: digest of the words, name of the reranker."""
        reranker = self._aids.reranker if self._rerank_weight else None
        parts = {"lexicon": self._aids.lexicon.version, "reranker": reranker.name if reranker else ""}
        return {part: version for part, version in parts.items() if version}

    def passages(
        self, question: str, access: Access, limit: int, exclude: Collection[str] = ()
    ) -> list[Passage]:
        """Up to `limit` passages that `access` may see, best first, ties by chunk id; see `ranked`.

        A text of an attachment that several pages refer to comes once, from the best of them.
        """
        ranked = self.ranked(question, access, exclude)
        found: list[Passage] = []
        files: set[tuple[str, str]] = set()
        for start in range(0, len(ranked), limit):
            scored = {one.chunk_id: one for one in ranked[start : start + limit]}
            for chunk in self._index.chunks(list(scored)):
                # Once more, on the text that is handed out: the page may have changed since the search.
                if visible(chunk, access) and (chunk.file, chunk.text) not in files:
                    if chunk.file:
                        files.add((chunk.file, chunk.text))
                    one = scored[chunk.id]
                    found.append(Passage(chunk=chunk, score=one.score, legs=one.legs))
            if len(found) >= limit:
                break
        return found[:limit]

    def widened(self, passages: Sequence[Passage], access: Access, room: Room) -> list[Passage]:
        """`passages` with their sections, as far as the settings and `room` allow; see `widening`."""
        if not self._section_chars:
            return list(passages)
        near = [chunk for chunk in self._index.chunks(around(passages)) if visible(chunk, access)]
        return widen(passages, near, room=room, most_chars=self._section_chars)

    def ranked(self, question: str, access: Access, exclude: Collection[str] = ()) -> list[Scored]:
        """Every chunk that a leg found, best first; none of the documents in `exclude` (ids).

        Excluding is for evaluation: a leg is asked for more hits until enough of them are left.
        """
        legs = self._legs(question)
        if not legs:
            return []
        found = self._search(legs, access, frozenset(exclude))
        dense = {leg.field for leg in legs if isinstance(leg, Near)}
        weights = shares(
            {leg: weight for leg, weight in self._weights.items() if leg != DENSE or leg in dense}
        )
        fused = fuse({leg.field: hits for leg, hits in zip(legs, found, strict=True)}, weights)
        return self._reranked(question, fused, access) if self._rerank_weight else fused

    def documents(
        self, question: str, access: Access, exclude: Collection[str] = ()
    ) -> list[tuple[str, float]]:
        """(document id, score of its best chunk), best first."""
        best: dict[str, float] = {}
        for one in self.ranked(question, access, exclude):
            best.setdefault(one.document_id, one.score)
        return list(best.items())

    def _legs(self, question: str) -> list[Leg | Near]:
        legs: list[Leg | Near] = []
        variants = self._variants(question)
        for analyzer in self._analyzers:
            terms = _widened(analyzer, question, variants)
            amounts: tuple[Term, ...] = ()
            if analyzer.name in _RANGES_IN:
                tokens = amount_tokens(normalise(question))
                amounts = tuple(Term(text=token, weight=_AMOUNT_WEIGHT) for token in tokens)
            for field, own in ((analyzer.name, terms + amounts), (analyzer.name + _HEAD, terms)):
                if terms and field in self._weights:
                    legs.append(Leg(field=field, terms=own))
        return legs + self._near(question)

    def _near(self, question: str) -> list[Leg | Near]:
        """The dense leg, if it counts and the model answers: the words go on without it."""
        if self._aids.embedder is None or DENSE not in self._weights:
            return []
        try:
            return [Near(vector=self._aids.embedder.embed_question(question))]
        except ModelUnavailable:
            return []

    def _variants(self, question: str) -> list[Variant]:
        """What the question may also be worded as, where documents say that more often."""
        found = self._aids.lexicon.variants(question) if self._analyzers else []
        if not found:
            return []
        view = self._analyzers[-1]
        texts = dict.fromkeys(text for one in found if not one.certain for text in (one.asked, one.text))
        terms = {text: view.tokens(text) for text in texts}
        every = list(dict.fromkeys(term for own in terms.values() for term in own))
        counts = dict(zip(every, self._index.frequencies(view.name, every)[1], strict=True)) if every else {}
        held = {text: min((counts[term] for term in own), default=0) for text, own in terms.items()}
        kept = (one.rarer(held.get(one.asked, 0), held.get(one.text, 0)) for one in found)
        return [one for one in kept if one]

    def _reranked(self, question: str, fused: list[Scored], access: Access) -> list[Scored]:
        """`fused`, its first few judged again: a share of the score is the reranker's, min-max as a leg's."""
        reranker, best = self._aids.reranker, fused[: self._aids.candidates]
        read = [
            chunk for chunk in self._index.chunks([one.chunk_id for one in best]) if visible(chunk, access)
        ]
        if reranker is None or not read:
            return fused
        try:
            scores = reranker.scores(question, [chunk.searchable for chunk in read])
        except ModelUnavailable:
            return fused
        hits = [Hit(chunk_id=chunk.id, score=score) for chunk, score in zip(read, scores, strict=True)]
        hits.sort(key=lambda hit: (-hit.score, hit.chunk_id))
        judged = {hit.chunk_id: part for hit, part in zip(hits, _stretched(hits), strict=True)}
        share = self._rerank_weight / (self._rerank_weight + sum(self._weights.values()))
        again = [_judged(one, judged.get(one.chunk_id), share) for one in fused]
        return sorted(again, key=lambda one: (-one.score, one.chunk_id))

    def _search(self, legs: Sequence[Leg | Near], access: Access, exclude: frozenset[str]) -> list[list[Hit]]:
        asked = self._hits
        while True:
            found = self._index.search(legs, access, asked)
            kept = found
            if exclude:
                kept = [[hit for hit in hits if not excluded(hit, exclude)] for hits in found]
            if all(
                len(left) >= self._hits or len(hits) < asked for left, hits in zip(kept, found, strict=True)
            ):
                return [hits[: self._hits] for hits in kept]
            asked *= 4


def excluded(hit: Hit, documents: Collection[str]) -> bool:
    """Whether `hit` belongs to one of `documents` (ids)."""
    return hit.chunk_id.partition(":")[0] in documents


def visible(chunk: Chunk, access: Access) -> bool:
    """Whether the caller may see `chunk` on that day: every leg's filter, on the chunk itself."""
    if not access.labels.intersection(chunk.labels):
        return False
    return chunk.valid_from <= access.day and (not chunk.valid_until or access.day <= chunk.valid_until)


def fuse(legs: Mapping[str, Sequence[Hit]], weights: Mapping[str, float]) -> list[Scored]:
    """Min-max fusion of `legs` by `weights`, best first, ties by chunk id.

    >>> fuse({"a": [Hit(chunk_id="d_1:0", score=3.0), Hit(chunk_id="d_2:0", score=1.0)]}, {"a": 1.0})[0].score
    1.0
    """
    parts: dict[str, dict[str, float]] = {}
    for field, hits in legs.items():
        for hit, score in zip(hits, _stretched(hits), strict=True):
            parts.setdefault(hit.chunk_id, {})[field] = score
    scored = [
        Scored(chunk_id=name, score=sum(weights[field] * part for field, part in found.items()), legs=found)
        for name, found in parts.items()
    ]
    return sorted(scored, key=lambda one: (-one.score, one.chunk_id))


def _stretched(hits: Sequence[Hit]) -> list[float]:
    if not hits:
        return []
    low, high = hits[-1].score, hits[0].score
    return [(hit.score - low) / (high - low) if high > low else 1.0 for hit in hits]


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """`weights` summing to 1.

    >>> shares({"kiwi": 0.5, "bigram": 1.5})
    {'kiwi': 0.25, 'bigram': 0.75}
    """
    total = sum(weights.values())
    return {leg: weight / total for leg, weight in weights.items()}


def _widened(analyzer: Analyzer, question: str, variants: Sequence[Variant]) -> tuple[Term, ...]:
    """The question's terms, then those of its variants that it lacks, each by its greatest weight."""
    asked = analyzer.terms(question)
    known = {term.text for term in asked}
    more: dict[str, float] = {}
    for variant in variants:
        for text in analyzer.tokens(variant.text):
            if text not in known:
                more[text] = max(more.get(text, 0.0), variant.weight)
    return (*asked, *(Term(text=text, weight=weight) for text, weight in more.items()))


def _judged(one: Scored, part: float | None, share: float) -> Scored:
    score = (1 - share) * one.score + share * (part or 0.0)
    legs = one.legs if part is None else one.legs | {RERANK: part}
    return Scored(chunk_id=one.chunk_id, score=score, legs=legs)
