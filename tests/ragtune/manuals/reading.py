"""Pages for tests: `read("<p>본문</p>")` and what was understood of them."""

from ragtune.documents import Document, Table, Text
from ragtune.manuals import read_page

SOURCE = "file:///manuals/상품/giga.html"


def read(html: str | bytes, **options: str) -> Document:
    """The Document of a page given as text or bytes."""
    data = html.encode() if isinstance(html, str) else html
    return read_page(data, source=options.pop("source", SOURCE), version=1, **options)


def texts(document: Document) -> list[str]:
    """Every text block, in order."""
    return [
        block.text for section in document.sections for block in section.blocks if isinstance(block, Text)
    ]


def tables(document: Document) -> list[Table]:
    """Every table, in order."""
    return [block for section in document.sections for block in section.blocks if isinstance(block, Table)]


def everything(document: Document) -> str:
    """All words of a document: title, paths, texts, tables."""
    words = [document.title]
    for section in document.sections:
        words += section.path
        for block in section.blocks:
            if isinstance(block, Text):
                words.append(block.text)
            else:
                words += [block.caption, *(cell for row in block.grid for cell in row), *block.footnotes]
    return "\n".join(words)
