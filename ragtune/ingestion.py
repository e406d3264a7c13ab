"""Pages of a source into an index: `ingest(Folder(Path("manuals")), index, Preparation(max_chars=500))`.

All of a source, or `ingest_pages`: some of its URIs, each as its source is now, by hand or by an event. What
is unchanged is skipped, what can't be read is set aside with its reason, what vanished is deleted. A run that
was killed goes on where it was: a page is in the index as a whole or not at all, and putting it twice is the
same as once. Each page is looked at again at the end; what changed meanwhile is read again.

A page is unchanged when its digest is: SHA-256 of its bytes, then, where it refers to files of the source,
`+` and that of the files' digests. A `?` behind it says that a file was not read for a passing reason.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from ragtune.documents import Document, Table, document_id
from ragtune.errors import BadInput, UnclearAccess, UnreadablePage
from ragtune.ports import Entry, Head, Index, Source, SourceFile
from ragtune.preparing import Pages, Preparation

__all__ = ["IngestReport", "Preparation", "SetAside", "ingest", "ingest_pages"]

Progress = Callable[[int, int, str], None]  # (pages done, pages in all, the URI)
_ROUNDS = 3  # readings of a source that keeps changing


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A page that could not be read; its last good version stays, unless `withdrawn`."""

    uri: str
    reason: str  # one sentence
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What one run found and did. Tables, images and so on count the pages that were read in this run."""

    pages: int  # in the source
    read: int
    unchanged: int
    set_aside: tuple[SetAside, ...] = ()
    deleted: tuple[str, ...] = ()  # URIs of pages that vanished
    chunks: int = 0
    tables: int = 0
    images: int = 0
    attachments: int = 0
    warnings: tuple[tuple[str, str], ...] = ()  # (URI, one sentence) of pages that were read nevertheless
    read_pages: tuple[str, ...] = ()  # their URIs
    files: tuple[tuple[str, str], ...] = ()  # (URI of a page, URI of an attachment of it), unchanged ones too
    seconds: float = 0.0


@dataclass(slots=True)
class _Run:
    """One ingest: what it knows of the index, and what it has counted so far."""

    source: Source
    pages: Pages
    heads: dict[str, Head]
    progress: Progress = lambda *_: None
    anew: bool = False  # read pages again that have not changed
    seen: dict[str, int] = field(default_factory=dict)  # URI -> version (ms) it was last looked at
    unchanged: set[str] = field(default_factory=set)
    read: dict[str, Document] = field(default_factory=dict)  # without their sections
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)  # URI -> (chunks, tables)
    set_aside: dict[str, SetAside] = field(default_factory=dict)
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of pages, by URI


def ingest(
    source: Source,
    index: Index,
    preparation: Preparation,
    *,
    whole: bool = True,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring `index` up to the source's current state and say what was done.

    With `whole`, pages of this source that are no longer there are deleted, provided that all of it could be
    listed; without, `source` holds only some of the pages. Raises BadInput when there is no page at all, Busy
    and OutOfSpace as the index does.
    """
    started = time.monotonic()
    heads = {head.source: head for head in index.heads() if head.source.startswith(source.prefix)}
    run = _Run(source, Pages(source, preparation), heads, progress or (lambda *_: None))
    files, complete = _listing(run)
    if not files and complete:
        raise BadInput(f"{source.prefix} holds no page (*.html); name a folder with pages")
    pending = files
    for _ in range(_ROUNDS):
        for head in index.put(_entries(run, pending)):
            run.heads[head.source] = head
        files, complete = _listing(run)
        pending = [file for file in files if run.seen.get(file.uri) != file.version]
        if not pending:
            break
    for file in pending:
        run.set_aside[file.uri] = _restless(file.uri)
    deleted = _delete(run, index, {file.uri for file in files}, whole=whole and complete and bool(files))
    return _report(run, len(files), deleted, time.monotonic() - started)


def ingest_pages(
    source: Source,
    index: Index,
    preparation: Preparation,
    uris: Collection[str],
    *,
    anew: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring these pages of `index` up to their current state in `source`, whatever told us to look at them.

    A page that is gone is deleted, at the version that its source gives the deletion. After writing the
    source is asked again; what changed meanwhile is processed again. So events may come late, twice and in
    any order. `anew` reads unchanged pages, too. Raises Busy and OutOfSpace as the index does: try again.
    """
    started = time.monotonic()
    run = _Run(source, Pages(source, preparation), {}, anew=anew)
    deleted = []
    for done, uri in enumerate(uris, 1):
        try:
            if _brought_up(run, index, uri):
                deleted.append(uri)
        except UnreadablePage as error:
            run.set_aside[uri] = SetAside(uri=uri, reason=str(error))
        if progress:
            progress(done, len(uris), uri)
    _delete(run, index, set(), whole=False)  # of what nobody can tell who may read
    return _report(run, len(uris), deleted, time.monotonic() - started)


def _brought_up(run: _Run, index: Index, uri: str) -> bool:
    """Whether the page was there before and is no more."""
    known = index.document(document_id(uri))  # before the source is read: so what is read is no older
    if known:
        run.heads[uri] = Head(
            document_id=known.id, source=uri, version=known.version, digest=known.digest, deleted=False
        )
    for _ in range(_ROUNDS):
        state = run.source.current(uri)
        if state.deleted:
            run.seen[uri] = state.version
            settled = _gone(run, index, state)
        else:
            entries = list(_entries(run, [state]))  # read before the index is locked
            heads = list(index.put(entries))
            settled = all(_stands(run, head) for head in heads)
        now = run.source.current(uri)
        if settled and (now.version, now.deleted) == (run.seen[uri], state.deleted):
            return state.deleted and known is not None
    run.set_aside[uri] = _restless(uri)
    return False


def _stands(run: _Run, head: Head) -> bool:
    """Whether what we put is what the index holds now; else it knew of something newer, or of a deletion."""
    run.heads[head.source] = head
    ours = run.read[head.source]
    return (head.version, head.digest, head.deleted) == (ours.version, ours.digest, False)


def _gone(run: _Run, index: Index, state: SourceFile) -> bool:
    head = run.heads.get(state.uri)
    if head is None and not state.version:
        run.set_aside[state.uri] = SetAside(uri=state.uri, reason=f"{state.uri} is not there")
        return True
    run.set_aside.pop(state.uri, None)
    version = state.version
    if head and not head.deleted and head.version >= version:
        version = head.version + 1  # the source as it is now decides
    run.heads[state.uri] = index.delete(state.uri, version)
    return run.heads[state.uri].deleted


def _restless(uri: str) -> SetAside:
    return SetAside(uri=uri, reason=f"{uri} keeps changing; ingest again later")


def _listing(run: _Run) -> tuple[list[SourceFile], bool]:
    """Every page that could be listed, and whether that is all of them."""
    files = []
    try:
        for file in run.source.files():
            files.append(file)  # noqa: PERF402  what came before the error counts
    except UnreadablePage as error:
        run.set_aside[run.source.prefix] = SetAside(uri=run.source.prefix, reason=str(error))
    return files, run.source.prefix not in run.set_aside


def _entries(run: _Run, files: list[SourceFile]) -> Iterator[Entry]:
    for done, file in enumerate(files, 1):
        run.seen[file.uri] = file.version
        run.set_aside.pop(file.uri, None)
        try:
            entry = _entry(run, file)
        except UnreadablePage as error:
            withdrawn = isinstance(error, UnclearAccess)
            run.set_aside[file.uri] = SetAside(uri=file.uri, reason=str(error), withdrawn=withdrawn)
        else:
            if entry is not None:
                yield entry
        run.progress(done, len(files), file.uri)


def _entry(run: _Run, file: SourceFile) -> Entry | None:
    data, version = run.source.read(file.uri)
    run.seen[file.uri] = version
    head = run.heads.get(file.uri)
    known = head.digest if head and not head.deleted and not run.anew else ""
    if known and known == hashlib.sha256(data).hexdigest():  # it refers to no file
        run.unchanged.add(file.uri)
        return None
    document = run.pages.document(data, uri=file.uri, version=version)
    run.files[file.uri] = tuple(dict.fromkeys(item.uri for item in document.attachments))
    if known and known == document.digest:
        run.unchanged.add(file.uri)
        return None
    if head and head.version >= version:
        # The source as it is now decides: an older file that was put back becomes the newest version.
        document = replace(document, version=head.version + 1)
    return _prepared(run, document)


def _prepared(run: _Run, document: Document) -> Entry:
    uri, entry = document.source, run.pages.entry(document)
    run.unchanged.discard(uri)
    blocks = [block for section in entry.document.sections for block in section.blocks]
    run.counts[uri] = (len(entry.chunks), sum(isinstance(block, Table) for block in blocks))
    run.read[uri] = replace(entry.document, sections=())
    return entry


def _delete(run: _Run, index: Index, present: set[str], *, whole: bool) -> list[str]:
    """Tombstones for what vanished, and for what nobody can tell who may read."""
    deleted = []
    for uri, head in sorted(run.heads.items()):
        if head.deleted:
            continue
        vanished = whole and uri not in present
        withdrawn = uri in run.set_aside and run.set_aside[uri].withdrawn
        if vanished or withdrawn:
            index.delete(uri, head.version + 1)
        if vanished:
            deleted.append(uri)
    return deleted


def _report(run: _Run, pages: int, deleted: list[str], seconds: float) -> IngestReport:
    return IngestReport(
        pages=pages,
        read=len(run.read),
        unchanged=len(run.unchanged),
        set_aside=tuple(run.set_aside.values()),
        deleted=tuple(deleted),
        chunks=sum(found for found, _ in run.counts.values()),
        tables=sum(found for _, found in run.counts.values()),
        images=sum(len(document.images) for document in run.read.values()),
        attachments=sum(len(document.attachments) for document in run.read.values()),
        warnings=tuple((uri, text) for uri, document in run.read.items() for text in document.warnings),
        read_pages=tuple(run.read),
        files=tuple((uri, file) for uri, files in run.files.items() for file in files),
        seconds=seconds,
    )
