"""DOCX files: sections by their headings, tables with their merged cells. python-docx reads."""

import io
import re
import zipfile

import docx
from docx.opc.exceptions import OpcError
from docx.table import Table as WordTable
from docx.table import _Cell as CellOfTable
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError

from ragtune.attachments.archive import open_archive
from ragtune.attachments.bounds import Bounds, Reading
from ragtune.attachments.office import Outline
from ragtune.errors import UnreadableAttachment
from ragtune.manuals.grid import Cell

_HEADING = re.compile(r"^(?:heading|제목|개요)\s*([1-9])$", re.IGNORECASE)
_TITLE = re.compile(r"^(?:title|제목)$", re.IGNORECASE)
_LIST = re.compile(r"^(?:list|목록|글머리)", re.IGNORECASE)


def read(data: bytes, bounds: Bounds) -> Reading:
    """See kinds.read."""
    open_archive(data, bounds)
    outline = Outline(bounds)
    try:
        for block in docx.Document(io.BytesIO(data)).iter_inner_content():
            if isinstance(block, Paragraph):
                _paragraph(outline, block)
            else:
                _table(outline, block)
    except (OpcError, LxmlError, KeyError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise UnreadableAttachment(f"is damaged or no DOCX file ({error}); save it anew") from None
    return outline.reading()


def _paragraph(outline: Outline, paragraph: Paragraph) -> None:
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    if found := _HEADING.match(style):
        outline.heading(paragraph.text, int(found[1]) + 1)
    elif _TITLE.match(style):
        outline.heading(paragraph.text, 1)
    else:
        numbered = paragraph._p.pPr is not None and paragraph._p.pPr.numPr is not None
        outline.text(paragraph.text, "list_item" if numbered or _LIST.match(style) else "paragraph")


def _table(outline: Outline, table: WordTable) -> None:
    made: dict[object, Cell] = {}  # a merged cell stands in each of its places
    rows = [
        [made.setdefault(cell._tc, Cell(_text(cell), look=_look(cell))) for cell in row.cells]
        for row in table.rows
    ]
    repeated = [bool(row._tr.xpath("./w:trPr/w:tblHeader")) for row in table.rows]
    outline.table(rows, head=[*repeated, False].index(False))


def _look(cell: CellOfTable) -> str:
    fill = "".join(cell._tc.xpath("./w:tcPr/w:shd/@w:fill")).replace("auto", "")
    bold = any(run.bold for paragraph in cell.paragraphs[:1] for run in paragraph.runs[:1])
    return f"{fill} {'bold' if bold else ''}".strip()


def _text(cell: CellOfTable) -> str:
    """The text of a cell, of tables in it too."""
    parts = []
    for block in cell.iter_inner_content():
        if isinstance(block, Paragraph):
            parts.append(block.text)
        else:
            parts += [" ".join(_text(inner) for inner in row.cells) for row in block.rows]
    return "\n".join(part for part in parts if part.strip())
