"""The words of the domain that every room shares: a page read into a Document, and what search makes of it.

>>> document_id("file:///manuals/giga-lite.html")
'd_e0c4e50a6401a773'
"""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

TextKind = Literal["paragraph", "list_item", "definition", "code"]
PUBLIC = "public"  # the access label of what every caller may see


def document_id(source: str) -> str:
    """`d_` and 16 hex digits, from the source URI alone, so that an id never changes with its content."""
    return "d_" + hashlib.sha256(source.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A run of prose. `level` is the nesting depth of a list item, from 0."""

    text: str
    kind: TextKind = "paragraph"
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with every merged cell expanded: `grid` is R rows of exactly C texts each.

    The first `header_rows` rows and `header_columns` columns are headers; a data cell's header path is
    the distinct texts above it, and to its left. `unit` is the unit that holds for the whole table. `told`
    are its sentences where a model wrote them, none lost (see `verbalizing`); () leaves them to `tables`.
    """

    grid: tuple[tuple[str, ...], ...]  # (R, C)
    header_rows: int = 0
    header_columns: int = 0
    caption: str = ""
    unit: str = ""
    footnotes: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        widths = {len(row) for row in self.grid}
        if len(widths) > 1:
            raise ValueError(f"grid: rows of {sorted(widths)} cells; every row needs the same number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What stands under one heading. `path` leads from the page's title (left out) to that heading.

    Of an attachment: its name, then its page, sheet, slide or heading; `file` is its URI. These follow the
    page's own sections.
    """

    path: tuple[str, ...] = ()
    anchor: str = ""  # the fragment id of the page or file, if the heading has one
    blocks: tuple[Text | Table, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """An image or attachment that a page refers to. `digest` is SHA-256 of its bytes, "" if not at hand."""

    name: str
    uri: str
    media_type: str
    section: int  # ordinal of the section that mentions it
    digest: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source page at one version.

    `version` is the source's modification time in milliseconds; `digest` is SHA-256 of its bytes, and of the
    digests of the files it refers to where it has some (see `ingestion`).
    Validity dates are ISO days ("" = open). A caller sees it when one of its `labels` is among theirs.
    """

    source: str  # URI
    version: int  # ms
    title: str
    category: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    images: tuple[Resource, ...] = ()
    attachments: tuple[Resource, ...] = ()
    links: tuple[str, ...] = ()
    language: str = ""
    charset: str = ""
    digest: str = ""
    labels: tuple[str, ...] = (PUBLIC,)
    valid_from: str = ""
    valid_until: str = ""
    warnings: tuple[str, ...] = ()  # what could not be read of it, one sentence each

    @property
    def id(self) -> str:
        return document_id(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A bounded text of one document, ready for search. `text` holds no breadcrumb; `searchable` does.

    `section` are the ordinals [first, end) of the chunks of its section, its parent; (0, 0): not known.
    """

    document_id: str
    version: int  # ms, the document's
    ordinal: int
    title: str
    path: tuple[str, ...]  # breadcrumb below the title
    text: str
    source: str  # URI of the page
    anchor: str = ""
    category: tuple[str, ...] = ()
    attachments: tuple[Resource, ...] = ()
    labels: tuple[str, ...] = (PUBLIC,)
    valid_from: str = ""
    valid_until: str = ""
    file: str = ""  # URI of the attachment that holds the text, "" for the page itself
    section: tuple[int, int] = (0, 0)

    @property
    def id(self) -> str:
        return f"{self.document_id}:{self.ordinal}"

    @property
    def breadcrumb(self) -> str:
        """`title › section › subsection`."""
        return " › ".join((self.title, *self.path))

    @property
    def searchable(self) -> str:
        return f"{self.breadcrumb}\n{self.text}"

    @property
    def link(self) -> str:
        place = self.file or self.source
        return f"{place}#{self.anchor}" if self.anchor else place


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A retrieved chunk. `score` is the fused one, `legs` the min-max scores (0–1) it was fused from."""

    chunk: Chunk
    score: float
    legs: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a sentence of the answer stands: checked against the passage after generation."""

    passage: int  # 1-based place among the passages of the prompt
    document_id: str
    version: int  # ms
    title: str
    path: tuple[str, ...]
    link: str
    quote: str  # the words of the passage that bear the answer
    attachments: tuple[Resource, ...] = ()
