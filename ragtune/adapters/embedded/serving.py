"""ports.Index over whichever of a folder's indexes serves: a switch is seen by the next call.

    index = Serving(EmbeddedGenerations(Path(".ragtune/index"), [Bigrams()], Manifest(chunker="500")))

A process whose settings do not fit the one that serves now gets ManifestMismatch from each call: going on
with the older one, it would show what has been withdrawn since.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ragtune.adapters.embedded.generations import EmbeddedGenerations
from ragtune.adapters.embedded.index import EmbeddedIndex
from ragtune.documents import Chunk, Document
from ragtune.ports import Access, Entry, Head, Hit, Leg, Near


class Serving:
    """Objects may be shared between threads. Raises ManifestMismatch when other settings made the index."""

    def __init__(self, generations: EmbeddedGenerations) -> None:
        self._generations = generations
        self._lock = threading.Lock()
        self._retired: list[EmbeddedIndex] = []  # other threads may still be reading in them
        self._stamp, self._index = self._opened()

    def _opened(self) -> tuple[tuple[int, int], EmbeddedIndex]:
        while True:
            stamp = self._generations.stamp()
            index = self._generations.open_serving()
            if self._generations.stamp() == stamp:
                return stamp, index
            index.close()

    def _now(self) -> EmbeddedIndex:
        if self._generations.stamp() != self._stamp:
            with self._lock:
                if self._generations.stamp() != self._stamp:
                    stamp, index = self._opened()
                    self._retired.append(self._index)
                    self._stamp, self._index = stamp, index
        return self._index

    def put(self, entries: Iterable[Entry]) -> Iterator[Head]:
        """See ports.Index."""
        with self._generations.writing():
            yield from self._now().put(entries)

    def delete(self, source: str, version: int) -> Head:
        """See ports.Index."""
        with self._generations.writing():
            return self._now().delete(source, version)

    def search(self, legs: Sequence[Leg | Near], access: Access, limit: int) -> list[list[Hit]]:
        """See ports.Index."""
        return self._now().search(legs, access, limit)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """See ports.Index."""
        return self._now().chunks(ids)

    def document(self, document_id: str) -> Document | None:
        """See ports.Index."""
        return self._now().document(document_id)

    def frequencies(self, field: str, terms: Sequence[str]) -> tuple[int, list[int]]:
        """See ports.Index."""
        return self._now().frequencies(field, terms)

    def heads(self) -> Iterator[Head]:
        """See ports.Index."""
        return self._now().heads()

    def entry_chunks(self, document_id: str) -> list[Chunk]:
        """See ports.Index."""
        return self._now().entry_chunks(document_id)

    def info(self) -> Mapping[str, object]:
        """See ports.Index."""
        return self._now().info()

    def close(self) -> None:
        """See ports.Index."""
        for index in (*self._retired, self._index):
            index.close()
