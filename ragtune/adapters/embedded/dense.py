"""The dense leg of an embedded index: exact cosines over all its vectors, held in memory (4·D bytes each).

Derived from the truth's table `vectors`, whose rows are
('d_e0c4e50a6401a773', 0, '["public"]', '2026-01-01', '', <D little-endian float32>). The first search loads
them; later ones apply what has changed since.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragtune.adapters.embedded.lexical import LAST_DAY, day_number
from ragtune.adapters.embedded.truth import Truth
from ragtune.documents import Chunk
from ragtune.errors import BadInput
from ragtune.ports import Access, Embedder, Hit, Near

_TEXTS_A_CALL = 256
_ROWS_A_READ = 2_000
_EXACT_ROWS = 1_024  # rows of float64 at once
_SLACK = 1e-5  # more than float32 loses in a sum of 4,096 products of unit vectors
_LENGTH_OFF = 1e-3

_ROW = [("document", "u8"), ("ordinal", "u4"), ("labels", "u4"), ("first_day", "u4"), ("last_day", "u4")]


def embed(embedder: Embedder, chunks: Sequence[Chunk]) -> list[bytes]:
    """The vectors of `chunks` as the truth keeps them. Raises ModelUnavailable, ValueError for a vector
    that is none of unit length with the embedder's dimension."""
    texts = [chunk.searchable for chunk in chunks]
    made: list[bytes] = []
    for start in range(0, len(texts), _TEXTS_A_CALL):
        some = texts[start : start + _TEXTS_A_CALL]
        vectors = np.asarray(embedder.embed_texts(some), dtype="<f4")
        wanted = (len(some), embedder.dimension)
        if vectors.shape != wanted:
            raise ValueError(f"embedder {embedder.name}: vectors of shape {vectors.shape}, expected {wanted}")
        if not np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < _LENGTH_OFF):
            raise ValueError(f"embedder {embedder.name}: a vector is not of unit length")
        made += [vector.tobytes() for vector in vectors]
    return made


class Dense:
    """Not for two threads at once."""

    def __init__(self, truth: Truth, dimension: int) -> None:
        self._truth = truth
        self._applied = 0
        self._used = 0  # rows, replaced ones included
        self._vectors: NDArray[np.float32] = np.empty((0, dimension), np.float32)  # (rows, D)
        self._rows = np.empty(0, _ROW)
        self._live = np.empty(0, bool)
        self._label_sets: dict[str, int] = {}  # as JSON -> its place in `_labels`
        self._labels: list[frozenset[str]] = []

    def search(self, leg: Near, access: Access, limit: int) -> list[Hit]:
        """Up to `limit` hits, best first, ties by chunk id. Raises BadInput for a vector of another size."""
        if len(leg.vector) != self._vectors.shape[1]:
            wanted = self._vectors.shape[1]
            raise BadInput(f"vector: {len(leg.vector)} numbers; this index was made with {wanted}")
        self._catch_up()
        rows = np.flatnonzero(self._visible(access))
        if not rows.size:
            return []
        question = np.asarray(leg.vector, np.float32)
        if rows.size * 4 < self._used:  # reading a quarter of the rows costs less than multiplying all
            cosines = self._vectors[rows] @ question
        else:
            cosines = (self._vectors[: self._used] @ question)[rows]
        if rows.size > limit:
            last = np.partition(cosines, -limit)[-limit]
            rows = rows[cosines >= last - _SLACK]
        return self._hits(rows, np.asarray(leg.vector, np.float64))[:limit]

    def _hits(self, rows: NDArray[np.intp], question: NDArray[np.float64]) -> list[Hit]:
        """Scored row by row, because BLAS may round equal rows differently, and they have to tie."""
        parts = (rows[start : start + _EXACT_ROWS] for start in range(0, rows.size, _EXACT_ROWS))
        cosines = np.concatenate(
            [(self._vectors[part].astype(float) * question).sum(axis=1) for part in parts]
        )
        scores = np.clip((1 + cosines) / 2, 0, 1)
        found = zip(scores.tolist(), self._rows[rows][["document", "ordinal"]].tolist(), strict=True)
        hits = [Hit(chunk_id=f"d_{name:016x}:{ordinal}", score=score) for score, (name, ordinal) in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))

    def _visible(self, access: Access) -> NDArray[np.bool_]:
        day, rows = day_number(access.day), self._rows[: self._used]
        allowed = np.array([not access.labels.isdisjoint(labels) for labels in self._labels], bool)
        in_time = (rows["first_day"] <= day) & (day <= rows["last_day"])
        visible: NDArray[np.bool_] = self._live[: self._used] & in_time & allowed[rows["labels"]]
        return visible

    def _catch_up(self) -> None:
        sequence = self._truth.sequence()  # read first: what comes meanwhile is applied once more
        if sequence == self._applied:
            return
        if self._applied:
            changed = [document for _, document in self._truth.changes(self._applied)]
            keys = np.array([int(document[2:], 16) for document in changed], "u8")
            self._live[: self._used] &= ~np.isin(self._rows["document"][: self._used], keys)
            for document in changed:
                self._append(self._truth.vectors(document))
            if self._live[: self._used].sum() * 2 < self._used:
                self._compact()
        else:
            self._reserve(self._truth.vector_count())
            self._append(self._truth.vectors())
        self._applied = sequence

    def _append(self, found: Iterator[tuple[Any, ...]]) -> None:
        while some := list(islice(found, _ROWS_A_READ)):
            self._reserve(len(some))
            place = slice(self._used, self._used + len(some))
            self._rows[place] = [self._row(*row) for row in some]
            stored = b"".join(row[-1] for row in some)
            self._vectors[place] = np.frombuffer(stored, "<f4").reshape(len(some), -1)
            self._live[place] = True
            self._used += len(some)

    def _row(
        self, document: str, ordinal: int, labels: str, first: str, last: str, _: bytes
    ) -> Iterable[int]:
        label_set = self._label_sets.setdefault(labels, len(self._labels))
        if label_set == len(self._labels):
            self._labels.append(frozenset(json.loads(labels)))
        days = (day_number(first) if first else 0, day_number(last) if last else LAST_DAY)
        return (int(document[2:], 16), ordinal, label_set, *days)

    def _reserve(self, more: int) -> None:
        room = len(self._live)
        if self._used + more > room:
            self._resize(np.arange(self._used), max(self._used + more, room * 3 // 2))

    def _compact(self) -> None:
        kept = np.flatnonzero(self._live[: self._used])
        self._resize(kept, max(len(kept), 1))
        self._used = len(kept)

    def _resize(self, kept: NDArray[np.intp], room: int) -> None:
        for name in ("_vectors", "_rows", "_live"):
            old = getattr(self, name)
            new = np.zeros((room, *old.shape[1:]), old.dtype)
            new[: len(kept)] = old[kept]
            setattr(self, name, new)
