"""One index's documents into another one that other settings make: everything, or only what it lacks.

    catch_up(serving, next_one, Recasting(Preparation(max_chars=800)).entry)

Versions, digests and tombstones go over as they are, so that late events lose in the new index, too. What is
there already is left alone: a run that was killed goes on where it was, and a second one copies only what
has changed since the first.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ragtune.chunking import chunks
from ragtune.documents import Document
from ragtune.errors import UnreadablePage
from ragtune.ports import Entry, Head, Index, Source, Stored
from ragtune.preparing import Pages, Preparation

Progress = Callable[[int, int, str], None]  # (documents done, documents in all, the URI)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What went over in one run."""

    documents: int
    tombstones: int


def catch_up(
    old: Stored, new: Index, entry: Callable[[Document], Entry], progress: Progress | None = None
) -> Copied:
    """Bring `new` to the state of `old`; `entry` cuts a document anew. Raises what `new` raises."""
    there = {head.document_id: head for head in new.heads()}
    lacking = [head for head in old.heads() if _lacks(there.get(head.document_id), head)]
    alive = [head for head in lacking if not head.deleted]
    buried = [head for head in lacking if head.deleted]
    for head in buried:
        new.delete(head.source, head.version)
    copied = sum(1 for _ in new.put(_entries(old, alive, entry, progress)))
    return Copied(documents=copied, tombstones=len(buried))


def _lacks(known: Head | None, head: Head) -> bool:
    if known is None or known.version < head.version:
        return True
    same = (known.digest, known.deleted) == (head.digest, head.deleted)
    return known.version == head.version and not same


def _entries(
    old: Stored, heads: list[Head], entry: Callable[[Document], Entry], progress: Progress | None
) -> Iterator[Entry]:
    for done, head in enumerate(heads, 1):
        document = old.document(head.document_id)
        if document:  # deleted meanwhile: its tombstone comes with the next run
            yield entry(document)
        if progress:
            progress(done, len(heads), head.source)


@dataclass(slots=True, kw_only=True)
class Recasting:
    """Makes entries of stored documents by `preparation`, without reading their pages.

    With `source_of`, which gives a URI's source when it is at hand, pages are read anew where they have not
    changed since; `as_stored` are the URIs of the others. Changed ones are left to the next ingest.
    """

    preparation: Preparation
    source_of: Callable[[str], Source | None] | None = None
    as_stored: list[str] = field(default_factory=list)
    _pages: dict[str, Pages] = field(default_factory=dict)

    def entry(self, document: Document) -> Entry:
        """`document` as the preparation makes it."""
        again = self._read_again(document) if self.source_of else None
        if again:
            return again
        if self.source_of:
            self.as_stored.append(document.source)
        how = self.preparation
        return Entry(document=document, chunks=chunks(document, max_chars=how.max_chars, tokens=how.tokens))

    def _read_again(self, document: Document) -> Entry | None:
        source = self.source_of(document.source) if self.source_of else None
        if source is None:
            return None
        pages = self._pages.setdefault(source.prefix, Pages(source, self.preparation))
        try:
            data, _ = source.read(document.source)
            if hashlib.sha256(data).hexdigest() != document.digest.partition("+")[0].rstrip("?"):
                return None
            read = pages.document(data, uri=document.source, version=document.version)
        except UnreadablePage:
            return None
        # Its digest stands for bytes and files: were a file another one now, the next ingest would see it.
        return pages.entry(replace(read, digest=document.digest.rstrip("?")))
