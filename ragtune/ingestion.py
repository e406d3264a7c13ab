"""Pages of a source into an index: `ingest(Folder(Path("manuals")), index, max_chars=500)`.

What is unchanged is skipped, what can't be read is set aside with its reason, what vanished is deleted. A run
that was killed goes on where it was: a page is in the index as a whole or not at all, and putting it twice is
the same as once. Each page is looked at again at the end; what changed meanwhile is read again.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ragtune.chunking import chunks
from ragtune.documents import Document, Resource, Table
from ragtune.errors import BadInput, UnclearAccess, UnreadablePage
from ragtune.manuals import read_page
from ragtune.ports import Entry, Head, Index, Source, SourceFile

Progress = Callable[[int, int, str], None]  # (pages done, pages in all, the URI)
_ROUNDS = 3  # readings of a source that keeps changing
_NAMED = 5  # missing files named in one warning


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
    seconds: float = 0.0


@dataclass(slots=True)
class _Run:
    """One ingest: what it knows of the index, and what it has counted so far."""

    source: Source
    max_chars: int
    progress: Progress
    heads: dict[str, Head]
    seen: dict[str, int] = field(default_factory=dict)  # URI -> version (ms) it was last looked at
    unchanged: set[str] = field(default_factory=set)
    read: dict[str, Document] = field(default_factory=dict)  # without their sections
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)  # URI -> (chunks, tables)
    set_aside: dict[str, SetAside] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)  # of images and attachments


def ingest(
    source: Source, index: Index, *, max_chars: int, whole: bool = True, progress: Progress | None = None
) -> IngestReport:
    """Bring `index` up to the source's current state and say what was done.

    With `whole`, pages of this source that are no longer there are deleted, provided that all of it could be
    listed; without, `source` holds only some of the pages. Raises BadInput when there is no page at all, Busy
    and OutOfSpace as the index does.
    """
    started = time.monotonic()
    heads = {head.source: head for head in index.heads() if head.source.startswith(source.prefix)}
    run = _Run(source, max_chars, progress or (lambda *_: None), heads)
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
        run.set_aside[file.uri] = SetAside(
            uri=file.uri, reason=f"{file.uri} keeps changing; ingest again later"
        )
    deleted = _delete(run, index, {file.uri for file in files}, whole=whole and complete and bool(files))
    return _report(run, len(files), deleted, time.monotonic() - started)


def _listing(run: _Run) -> tuple[list[SourceFile], bool]:
    """Every page that could be listed, and whether that is all of them."""
    files = []
    try:
        for file in run.source.files():
            files.append(file)  # noqa: PERF402  what came before the error counts
    except UnreadablePage as error:
        run.set_aside[run.source.prefix] = SetAside(uri=run.source.prefix, reason=str(error))
        return files, False
    return files, True


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
    if head and not head.deleted and head.digest == hashlib.sha256(data).hexdigest():
        run.unchanged.add(file.uri)
        return None
    document = read_page(data, source=file.uri, version=version)
    if head and head.version >= version:
        # The source as it is now decides: an older file that was put back becomes the newest version.
        document = replace(document, version=head.version + 1)
    document = _with_digests(run, document)
    entry = Entry(document=document, chunks=chunks(document, max_chars=run.max_chars))
    run.unchanged.discard(file.uri)
    tables = sum(isinstance(block, Table) for section in document.sections for block in section.blocks)
    run.counts[file.uri] = (len(entry.chunks), tables)
    run.read[file.uri] = replace(document, sections=())
    return entry


def _with_digests(run: _Run, document: Document) -> Document:
    """`document` with the digests of the files that lie in the same source; a warning names missing ones."""
    missing: dict[str, None] = {}
    images = tuple(_registered(run, item, missing) for item in document.images)
    attachments = tuple(_registered(run, item, missing) for item in document.attachments)
    if not missing:
        return replace(document, images=images, attachments=attachments)
    names = ", ".join(list(missing)[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    warning = f"{len(missing)} files it refers to are not there: {names}"
    return replace(document, images=images, attachments=attachments, warnings=(*document.warnings, warning))


def _registered(run: _Run, item: Resource, missing: dict[str, None]) -> Resource:
    if item.digest or not item.uri.startswith(run.source.prefix.split("//")[0]):
        return item
    if item.uri not in run.digests:
        try:
            run.digests[item.uri] = run.source.digest(item.uri)
        except UnreadablePage:
            run.digests[item.uri] = ""
    if not run.digests[item.uri]:
        missing.setdefault(item.uri)
    return replace(item, digest=run.digests[item.uri])


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
        seconds=seconds,
    )
