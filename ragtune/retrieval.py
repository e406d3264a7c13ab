"""Finding passages: the legs of a question, fused on the client, the same over any index.

    retriever = Retriever(index, [Bigrams()], settings.retrieval)
    retriever.passages("위약금은 얼마인가요?", Access(labels=frozenset({"public"}), day="2026-11-20"), 5)

Every leg's scores are stretched to 0-1 (min-max over its hits) and summed by weight; the weights of legs
whose view isn't there drop out and the others take their place, so a fused score is between 0 and 1.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ragtune.documents import Chunk, Passage
from ragtune.ports import Access, Analyzer, Hit, Index, Leg, Room
from ragtune.settings import RetrievalSettings
from ragtune.widening import around, widen

_HEAD = "_head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A chunk's fused score (0-1) and its min-max score in each leg that found it."""

    chunk_id: str
    score: float
    legs: dict[str, float]

    @property
    def document_id(self) -> str:
        return self.chunk_id.partition(":")[0]


class Retriever:
    """Searches one index with the views that `analyzers` give."""

    def __init__(self, index: Index, analyzers: Sequence[Analyzer], settings: RetrievalSettings) -> None:
        self._index = index
        self._analyzers = tuple(analyzers)
        self._hits = settings.hits
        self._section_chars = settings.section_chars
        self._weights = _available(settings.weights, {analyzer.name for analyzer in analyzers})

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
        return fuse({leg.field: hits for leg, hits in zip(legs, found, strict=True)}, self._weights)

    def documents(
        self, question: str, access: Access, exclude: Collection[str] = ()
    ) -> list[tuple[str, float]]:
        """(document id, score of its best chunk), best first."""
        best: dict[str, float] = {}
        for one in self.ranked(question, access, exclude):
            best.setdefault(one.document_id, one.score)
        return list(best.items())

    def _legs(self, question: str) -> list[Leg]:
        legs = []
        for analyzer in self._analyzers:
            terms = tuple(analyzer.terms(question))
            fields = (analyzer.name, analyzer.name + _HEAD)
            legs += [Leg(field=field, terms=terms) for field in fields if terms and field in self._weights]
        return legs

    def _search(self, legs: Sequence[Leg], access: Access, exclude: frozenset[str]) -> list[list[Hit]]:
        asked = self._hits
        while True:
            found = self._index.search(legs, access, asked)
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


def _available(weights: Mapping[str, float], views: Collection[str]) -> dict[str, float]:
    """The weights of the legs whose view is there, summing to 1."""
    kept = {leg: weight for leg, weight in weights.items() if leg.removesuffix(_HEAD) in views and weight > 0}
    total = sum(kept.values())
    return {leg: weight / total for leg, weight in kept.items()}
