"""A page's bytes as an Entry of the index: parsed, files' text read, personal numbers masked, cut in chunks.

    pages = Pages(Folder(Path("manuals")), Preparation(max_chars=500))
    pages.entry(pages.document(data, uri="file:///manuals/giga.html", version=1767225600000))

What is stored is masked first: document and chunks hold `[전화번호]` where the page holds somebody's number.
"""

import hashlib
from dataclasses import dataclass, replace

from ragtune.attachments import AttachmentReader, with_attachments
from ragtune.attachments.bounds import Reading
from ragtune.chunking import chunks
from ragtune.documents import Document, Resource, Table, Text
from ragtune.errors import UnreadableAttachment, UnreadablePage
from ragtune.manuals import read_page
from ragtune.ports import Entry, Room, Source, Verbalizer
from ragtune.privacy import mask
from ragtune.verbalizing import verbalized

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
    masks: bool = True  # personal numbers, before anything is stored


class Pages:
    """The pages of one source in one run: what files hold is asked once for all pages that refer to them."""

    def __init__(self, source: Source, preparation: Preparation) -> None:
        self._source, self._how = source, preparation
        self._digests: dict[str, str] = {}  # of images and attachments, by URI
        self._readings: dict[str, Reading | UnreadableAttachment] = {}  # by digest and type

    def document(self, data: bytes, *, uri: str, version: int) -> Document:
        """What the page says, with the digests of the files that lie in the same source; a warning names
        missing ones. Raises UnreadablePage."""
        document = read_page(data, source=uri, version=version)
        missing: dict[str, None] = {}
        images = tuple(self._registered(item, missing) for item in document.images)
        attachments = tuple(self._registered(item, missing) for item in document.attachments)
        files = {item.uri: item.digest for item in (*images, *attachments) if item.uri in self._digests}
        digest, warnings = document.digest, document.warnings
        if files:
            listed = repr(sorted(files.items())).encode("utf-8", "replace")
            digest += "+" + hashlib.sha256(listed).hexdigest()
        if missing:
            names = ", ".join(list(missing)[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
            warnings = (*warnings, f"{len(missing)} files it refers to are not there: {names}")
        return replace(document, images=images, attachments=attachments, digest=digest, warnings=warnings)

    def entry(self, document: Document) -> Entry:
        """`document` with its files' text, masked, tables told, in chunks."""
        how = self._how
        if how.attachments:
            document, complete = with_attachments(document, self._reading)
            document = document if complete else replace(document, digest=f"{document.digest}?")
        if how.masks:
            document = masked(document)
        if how.verbalizer:
            document = verbalized(document, how.verbalizer)
        return Entry(document=document, chunks=chunks(document, max_chars=how.max_chars, tokens=how.tokens))

    def _registered(self, item: Resource, missing: dict[str, None]) -> Resource:
        if item.digest or not item.uri.startswith(self._source.prefix.split("//")[0]):
            return item
        if item.uri not in self._digests:
            try:
                self._digests[item.uri] = self._source.digest(item.uri)
            except UnreadablePage:
                self._digests[item.uri] = ""
        if not self._digests[item.uri]:
            missing.setdefault(item.uri)
        return replace(item, digest=self._digests[item.uri])

    def _reading(self, item: Resource) -> Reading:
        """What an attachment holds."""
        reader, key = self._how.attachments, f"{item.digest} {item.media_type}"
        if reader is None:
            raise UnreadableAttachment("is not read in this run", passing=True)
        if key not in self._readings:
            if len(self._readings) >= _READINGS_KEPT:
                self._readings.pop(next(iter(self._readings)))
            data = self._source.content(item.uri, reader.bounds.file_bytes)
            if hashlib.sha256(data).hexdigest() != item.digest:
                raise UnreadableAttachment("changes while it is read; ingest again", passing=True)
            try:
                self._readings[key] = reader.read(data, item.media_type)
            except UnreadableAttachment as error:
                self._readings[key] = error
        found = self._readings[key]
        if isinstance(found, UnreadableAttachment):
            raise found
        return found


def masked(document: Document) -> Document:
    """`document` without personal numbers in anything that is shown or searched; what has none is unchanged.

    >>> page = Document(source="file:///a.html", version=1, title="담당 010-1234-5678")
    >>> masked(page).title
    '담당 [전화번호]'
    """
    return replace(
        document,
        title=mask(document.title),
        category=_each(document.category),
        sections=tuple(
            replace(section, path=_each(section.path), blocks=tuple(map(_block, section.blocks)))
            for section in document.sections
        ),
        images=tuple(map(_named, document.images)),
        attachments=tuple(map(_named, document.attachments)),
    )


def _block(block: Text | Table) -> Text | Table:
    if isinstance(block, Text):
        return replace(block, text=mask(block.text))
    return replace(
        block,
        grid=tuple(map(_each, block.grid)),
        caption=mask(block.caption),
        footnotes=_each(block.footnotes),
    )


def _named(item: Resource) -> Resource:
    return replace(item, name=mask(item.name), caption=mask(item.caption))


def _each(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(mask, texts))
