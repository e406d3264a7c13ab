"""The embedded implementation of ports.Index; see the package's docstring for an example.

A batch is committed to SQLite first and to tantivy next, and only then acknowledged. A process that dies
between the two leaves tantivy behind; the next open or write applies the changes it misses. A reader that
meets that moment waits a little, then leaves out the few documents whose state it can't know.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ragtune.adapters.embedded.dense import Dense, embed
from ragtune.adapters.embedded.disk import full_disk, make_folder, writer_lock
from ragtune.adapters.embedded.lexical import Lexical, discard
from ragtune.adapters.embedded.truth import Truth, check, head_of
from ragtune.documents import Chunk, Document
from ragtune.errors import Busy, ManifestMismatch
from ragtune.manifest import Manifest, analysis_version
from ragtune.ports import Access, Analyzer, Embedder, Entry, Head, Hit, Leg, Near
from ragtune.versions import wins

_REMEDY = "set the values back, or call `ragtune index rebuild` and then `ragtune index switch`"
_BATCH_DOCUMENTS = 256
_BATCH_S = 0.25  # of this thread's processor time
_BATCH_WALL_S = 2.0  # what comes slowly is acknowledged as soon
_CATCH_UP_DOCUMENTS = 1_000  # between commits of tantivy when many changes are applied
_SETTLE_S = 0.25  # how long a reader waits for a writer between its two commits


class EmbeddedIndex:
    """An index in one folder, for any number of reading processes and one writing at a time.

    Raises ManifestMismatch when it was made with another parser, chunker, analysis or embedder than
    `manifest`, `analyzers` and `embedder` say, BadInput when `folder` can't be an index. Objects may be
    shared between threads.
    """

    def __init__(
        self,
        folder: Path,
        analyzers: Sequence[Analyzer],
        manifest: Manifest,
        *,
        embedder: Embedder | None = None,
        wait_s: float = 2.0,
    ) -> None:
        self._folder = folder
        self._wait_s = wait_s
        self._lock = threading.RLock()
        self._pending: dict[str, Head] = {}  # of documents that are on their way into the next transaction
        wanted = replace(
            manifest, analysis=analysis_version(analyzers), embedder=embedder.name if embedder else ""
        )
        with full_disk(folder):
            make_folder(folder)
            self._truth = self._open_truth()
            try:
                self.manifest = self._truth.manifest(wanted)
                self.manifest.require(wanted, what=f"the index {folder}", remedy=_REMEDY)
                # An index that was made without an embedder never gets one.
                self._embedder = embedder if self.manifest.embedder else None
                self._dense = Dense(self._truth, embedder.dimension) if embedder else None
                self._lexical = self._open_lexical(analyzers)
                self._catch_up_if_free()
            except BaseException:
                self._truth.close()
                raise

    def _open_truth(self) -> Truth:
        path = self._folder / "truth.sqlite"
        if path.exists():
            return Truth(path)
        with writer_lock(self._folder, wait_s=self._wait_s):
            return Truth(path)

    def _open_lexical(self, analyzers: Sequence[Analyzer]) -> Lexical:
        path = self._folder / "lexical"
        with suppress(ValueError, OSError):  # absent, damaged, or of an older schema: made anew
            if (path / "applied").exists():
                return Lexical(path, analyzers)
        with writer_lock(self._folder, wait_s=self._wait_s):
            if not (path / "applied").exists():
                discard(path)
            try:
                return Lexical(path, analyzers)
            except ValueError:
                discard(path)
                return Lexical(path, analyzers)

    def put(self, entries: Iterable[Entry]) -> Iterator[Head]:
        """See ports.Index. Writes as it is iterated; up to 256 documents or 250 ms of work a transaction."""
        if self.manifest.embedder and not self._embedder:
            made = f"the index {self._folder} was made with embedder {self.manifest.embedder!r}"
            raise ManifestMismatch(f"{made}, which is missing here; {_REMEDY}")
        self._pending.clear()
        with self._writing(self._wait_s):
            for batch in _batches(self._prepared(entries)):
                yield from self._commit(batch)

    def delete(self, source: str, version: int) -> Head:
        """See ports.Index."""
        with self._writing(self._wait_s), self._lock:
            with self._truth.transaction():
                head, won = self._truth.delete(source, version)
            if won:
                self._lexical.replace(head.document_id, [])
                self._lexical.commit(self._truth.sequence())
            return head

    def search(self, legs: Sequence[Leg | Near], access: Access, limit: int) -> list[list[Hit]]:
        """See ports.Index."""
        deadline = time.monotonic() + _SETTLE_S
        while True:
            with self._lock:
                unsettled = self._unsettled()
                found = [self._hits(leg, access, limit) for leg in legs]
            if not unsettled or not any(_document(hit) in unsettled for hits in found for hit in hits):
                return found
            if time.monotonic() >= deadline:
                return [[hit for hit in hits if _document(hit) not in unsettled] for hits in found]
            self._catch_up_if_free()
            time.sleep(0.01)

    def _hits(self, leg: Leg | Near, access: Access, limit: int) -> list[Hit]:
        if isinstance(leg, Leg):
            return self._lexical.search(leg, access, limit)
        return self._dense.search(leg, access, limit) if self._dense and self._embedder else []

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """See ports.Index."""
        with self._lock:
            return self._truth.chunks(ids)

    def document(self, document_id: str) -> Document | None:
        """See ports.Index."""
        with self._lock:
            return self._truth.document(document_id)

    def heads(self) -> Iterator[Head]:
        """See ports.Index."""
        with self._lock:
            found = self._truth.heads()
        yield from found

    def entry_chunks(self, document_id: str) -> list[Chunk]:
        """See ports.Index."""
        with self._lock:
            return self._truth.entry_chunks(document_id)

    def frequencies(self, field: str, terms: Sequence[str]) -> tuple[int, list[int]]:
        """See ports.Index."""
        with self._lock:
            self._unsettled()
            return self._lexical.frequencies(field, terms)

    def info(self) -> Mapping[str, object]:
        """See ports.Index."""
        with self._lock:
            return self._truth.info()

    def close(self) -> None:
        """Give the files back. The index can't be used afterwards."""
        with self._lock:
            self._truth.close()

    def _unsettled(self) -> frozenset[str]:
        """Documents that have changed since the state that the lexical legs show; mostly none."""
        sequence = self._truth.sequence()
        if self._lexical.applied != sequence:
            self._lexical.refresh()
        if self._lexical.applied >= sequence:
            return frozenset()
        return frozenset(document for _, document in self._truth.changes(self._lexical.applied))

    @contextmanager
    def _writing(self, wait_s: float) -> Iterator[None]:
        with full_disk(self._folder), writer_lock(self._folder, wait_s=wait_s):
            try:
                with self._lock:
                    self._lexical.open_writer()
                    self._catch_up()
                yield
                with self._lock:
                    self._lexical.close_writer()
            finally:
                self._lexical.drop_writer()

    def _prepared(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """`entries`, losers without their chunks; tantivy indexes the others' in its own thread meanwhile."""
        for entry in entries:
            check(entry)
            identity = entry.document.id
            with self._lock:
                standing = self._pending.get(identity) or self._truth.head(identity)
            if standing and not wins(entry.document, standing):
                yield replace(entry, chunks=())
            else:
                self._lexical.replace(identity, entry.chunks)
                self._pending[identity] = head_of(entry.document)
                yield entry

    def _vectors(self, entries: Sequence[Entry]) -> Sequence[Sequence[bytes]]:
        """Of each entry's chunks; embedded together, because a model's server takes many at a time."""
        if not self._embedder:
            return [()] * len(entries)
        made = iter(embed(self._embedder, [chunk for entry in entries for chunk in entry.chunks]))
        return [[next(made) for _ in entry.chunks] for entry in entries]

    def _commit(self, batch: Sequence[Entry]) -> list[Head]:
        vectors = self._vectors(batch)
        with self._lock:
            with self._truth.transaction():
                results = [self._truth.write(*one) for one in zip(batch, vectors, strict=True)]
            self._pending.clear()
            if any(won for _, won in results):
                self._lexical.commit(self._truth.sequence())
        return [head for head, _ in results]

    def _catch_up_if_free(self) -> None:
        with self._lock:
            if not self._unsettled():
                return
        try:
            with self._writing(0):
                pass
        except Busy:
            if self._lexical.applied == 0:
                raise  # nothing can be found before the other process has made the lexical legs

    def _catch_up(self) -> None:
        self._lexical.refresh()
        pending = list(self._truth.changes(self._lexical.applied))
        for number, (sequence, document) in enumerate(pending, 1):
            self._lexical.replace(document, self._truth.entry_chunks(document))
            if number % _CATCH_UP_DOCUMENTS == 0 or number == len(pending):
                self._lexical.commit(sequence)


def _batches(prepared: Iterable[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    begun = time.thread_time(), time.monotonic()
    for one in prepared:
        batch.append(one)
        # By its own time: on a busy machine batches by the clock get small, and each costs a commit more.
        worked, passed = time.thread_time() - begun[0], time.monotonic() - begun[1]
        if len(batch) == _BATCH_DOCUMENTS or worked >= _BATCH_S or passed >= _BATCH_WALL_S:
            yield batch
            batch, begun = [], (time.thread_time(), time.monotonic())
    if batch:
        yield batch


def _document(hit: Hit) -> str:
    return hit.chunk_id.partition(":")[0]
