"""Pages of a source into an index: `ingest(Folder(Path("manuals")), index, Preparation(max_chars=500))`.

What is unchanged is skipped, what can't be read is set aside with its reason, what vanished is deleted. A run
that was killed goes on where it was: a page is in the index as a whole or not at all, and putting it twice is
the same as once. Each page is looked at again at the end; what changed meanwhile is read again.

A page is unchanged when its digest is: SHA-256 of its bytes, then, where it refers to files of the source,
`+` and that of the files' digests. A `?` behind it says that a file was not read for a passing reason.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

from ragtune.attachments import AttachmentReader, with_attachments
from ragtune.attachments.bounds import Reading
from ragtune.chunking import chunks
from ragtune.documents import Document, Resource, Table
from ragtune.errors import BadInput, UnclearAccess, UnreadableAttachment, UnreadablePage
from ragtune.manuals import read_page
from ragtune.ports import Entry, Head, Index, Room, Source, SourceFile, Verbalizer
from ragtune.verbalizing import verbalized

Progress = Callable[[int, int, str], None]  # (pages done, pages in all, the URI)
_ROUNDS = 3  # readings of a source that keeps changing
_NAMED = 5  # missing files named in one warning
_READINGS_KEPT = 16  # of attachments that several pages refer to


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """How a page becomes an entry. Without a reader, attachments are registered but not searched; without a
    verbalizer, rules make tables sentences."""

    max_chars: int  # of a chunk
    tokens: Room | None = None  # of a chunk
    attachments: AttachmentReader | None = None
    verbalizer: Verbalizer | None = None


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
    seconds: float = 0.0


@dataclass(slots=True)
class _Run:
    """One ingest: what it knows of the index, and what it has counted so far."""

    source: Source
    preparation: Preparation
    only: frozenset[str]
    progress: Progress
    heads: dict[str, Head]
    seen: dict[str, int] = field(default_factory=dict)  # URI -> version (ms) it was last looked at
    unchanged: set[str] = field(default_factory=set)
    read: dict[str, Document] = field(default_factory=dict)  # without their sections
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)  # URI -> (chunks, tables)
    set_aside: dict[str, SetAside] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)  # of images and attachments
    readings: dict[str, Reading | UnreadableAttachment] = field(default_factory=dict)  # by digest and type


def ingest(
    source: Source,
    index: Index,
    preparation: Preparation,
    *,
    whole: bool = True,
    only: Collection[str] = (),
    progress: Progress | None = None,
) -> IngestReport:
    """Bring `index` up to the source's current state and say what was done.

    With `whole`, pages of this source that are no longer there are deleted, provided that all of it could be
    listed; without, `source` holds only some of the pages. With `only` (URIs), those alone are looked at, and
    read again even if unchanged. Raises BadInput when there is no page at all, Busy and OutOfSpace as the
    index does.
    """
    started = time.monotonic()
    heads = {head.source: head for head in index.heads() if head.source.startswith(source.prefix)}
    run = _Run(source, preparation, frozenset(only), progress or (lambda *_: None), heads)
    files, complete = _listing(run)
    for uri in run.only.difference(file.uri for file in files):
        run.set_aside[uri] = SetAside(uri=uri, reason=f"{uri} is not there; ingest the whole folder again")
    if not files and complete and not only:
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
    whole = whole and complete and not only
    deleted = _delete(run, index, {file.uri for file in files}, whole=whole and bool(files))
    return _report(run, len(files), deleted, time.monotonic() - started)


def _listing(run: _Run) -> tuple[list[SourceFile], bool]:
    """Every page that could be listed, and whether that is all of them."""
    files = []
    try:
        for file in run.source.files():
            files.append(file)  # noqa: PERF402  what came before the error counts
    except UnreadablePage as error:
        run.set_aside[run.source.prefix] = SetAside(uri=run.source.prefix, reason=str(error))
    complete = run.source.prefix not in run.set_aside
    return [file for file in files if not run.only or file.uri in run.only], complete


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
    known = head.digest if head and not head.deleted and file.uri not in run.only else ""
    if known and known == hashlib.sha256(data).hexdigest():  # it refers to no file
        run.unchanged.add(file.uri)
        return None
    document = _with_digests(run, read_page(data, source=file.uri, version=version))
    if known and known == document.digest:
        run.unchanged.add(file.uri)
        return None
    if head and head.version >= version:
        # The source as it is now decides: an older file that was put back becomes the newest version.
        document = replace(document, version=head.version + 1)
    return _prepared(run, document)


def _prepared(run: _Run, document: Document) -> Entry:
    uri, how = document.source, run.preparation
    if how.attachments:
        document, complete = with_attachments(document, lambda item: _reading(run, item))
        document = document if complete else replace(document, digest=f"{document.digest}?")
    if how.verbalizer:
        document = verbalized(document, how.verbalizer)
    entry = Entry(document=document, chunks=chunks(document, max_chars=how.max_chars, tokens=how.tokens))
    run.unchanged.discard(uri)
    tables = sum(isinstance(block, Table) for section in document.sections for block in section.blocks)
    run.counts[uri] = (len(entry.chunks), tables)
    run.read[uri] = replace(document, sections=())
    return entry


def _with_digests(run: _Run, document: Document) -> Document:
    """`document` with the digests of the files that lie in the same source; a warning names missing ones."""
    missing: dict[str, None] = {}
    images = tuple(_registered(run, item, missing) for item in document.images)
    attachments = tuple(_registered(run, item, missing) for item in document.attachments)
    files = {item.uri: item.digest for item in (*images, *attachments) if item.uri in run.digests}
    digest, warnings = document.digest, document.warnings
    if files:
        digest += "+" + hashlib.sha256(repr(sorted(files.items())).encode("utf-8", "replace")).hexdigest()
    if missing:
        names = ", ".join(list(missing)[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
        warnings = (*warnings, f"{len(missing)} files it refers to are not there: {names}")
    return replace(document, images=images, attachments=attachments, digest=digest, warnings=warnings)


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


def _reading(run: _Run, item: Resource) -> Reading:
    """What an attachment holds; read once for all pages that refer to it."""
    reader, key = run.preparation.attachments, f"{item.digest} {item.media_type}"
    if reader is None:
        raise UnreadableAttachment("is not read in this run", passing=True)
    if key not in run.readings:
        if len(run.readings) >= _READINGS_KEPT:
            run.readings.pop(next(iter(run.readings)))
        data = run.source.content(item.uri, reader.bounds.file_bytes)
        if hashlib.sha256(data).hexdigest() != item.digest:
            raise UnreadableAttachment("changes while it is read; ingest again", passing=True)
        try:
            run.readings[key] = reader.read(data, item.media_type)
        except UnreadableAttachment as error:
            run.readings[key] = error
    found = run.readings[key]
    if isinstance(found, UnreadableAttachment):
        raise found
    return found


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
        seconds=seconds,
    )
