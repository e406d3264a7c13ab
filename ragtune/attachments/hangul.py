"""HWPX files (OWPML, KS X 6101): a ZIP of XML, read with the standard library alone.

    <hp:p styleIDRef="1"><hp:run><hp:t>약정 기간은 36개월입니다.</hp:t></hp:run></hp:p>
    <hp:tbl><hp:tr><hp:tc><hp:subList><hp:p>…</hp:p></hp:subList><hp:cellAddr colAddr="0" rowAddr="0"/>
    <hp:cellSpan colSpan="2" rowSpan="1"/></hp:tc></hp:tr></hp:tbl>

Names are compared without their namespaces, which differ between versions.
"""

import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from ragtune.attachments.archive import open_archive
from ragtune.attachments.bounds import Bounds, Reading
from ragtune.attachments.office import Outline
from ragtune.errors import UnreadableAttachment
from ragtune.manuals.grid import MAX_COLSPAN, MAX_ROWSPAN, Cell

Element = ElementTree.Element
_SECTION = re.compile(r"Contents/section(\d{1,5})\.xml")
_HEADING = re.compile(r"^(?:개요|제목|outline|heading)\s*([1-9])$", re.IGNORECASE)
_SPACES = {"lineBreak": "\n", "tab": "\t", "nbSpace": " ", "fwSpace": " ", "hyphen": "-"}
_MAX_DEPTH = 40  # tables in tables, boxes in boxes


def read(data: bytes, bounds: Bounds) -> Reading:
    """See kinds.read."""
    archive = open_archive(data, bounds)
    outline = Outline(bounds)
    try:
        if b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
            raise UnreadableAttachment("is encrypted; save it without a password")
        levels = _levels(_part(archive, "Contents/header.xml"))
        found = filter(None, map(_SECTION.fullmatch, archive.namelist()))
        for _, name in sorted((int(match[1]), match[0]) for match in found)[: bounds.pages]:
            for paragraph in _tree(archive.read(name)):
                if _name(paragraph) == "p":
                    _paragraph(outline, paragraph, levels, 0)
    except (ElementTree.ParseError, zipfile.BadZipFile, ValueError) as error:
        raise UnreadableAttachment(f"is damaged or no HWPX file ({error}); save it anew") from None
    return outline.reading()


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    return archive.read(name) if name in archive.namelist() else b""


def _tree(xml: bytes) -> Element:
    return ElementTree.fromstring(xml)  # noqa: S314  open_archive refused declarations; expat bounds the rest


def _levels(header: bytes) -> dict[str, int]:
    """Ids of the styles that are headings, with their level."""
    if not header:
        return {}
    styles = [one for one in _tree(header).iter() if _name(one) == "style"]
    named = ((one.get("id", ""), _HEADING.match(one.get("name", ""))) for one in styles)
    return {identity: int(found[1]) for identity, found in named if found}


def _paragraph(outline: Outline, paragraph: Element, levels: dict[str, int], depth: int) -> None:
    """Its own text, then the tables and boxes anchored in it."""
    text = "".join(_words(paragraph))
    level = levels.get(paragraph.get("styleIDRef", ""))
    if level:
        outline.heading(text, level)
    else:
        outline.text(text)
    if depth < _MAX_DEPTH:
        for inner in _anchored(paragraph):
            if _name(inner) == "tbl":
                _table(outline, inner)
            else:
                _paragraph(outline, inner, levels, depth + 1)


def _words(element: Element) -> Iterator[str]:
    """The text of a paragraph's runs, without what is anchored in it."""
    for child in element:
        name = _name(child)
        if name == "t":
            yield from _pieces(child)
        elif name == "run":
            yield from _words(child)


def _pieces(text: Element) -> Iterator[str]:
    yield text.text or ""
    for child in text:
        yield _SPACES.get(_name(child), "")
        yield from _pieces(child)
        yield child.tail or ""


def _anchored(element: Element) -> Iterator[Element]:
    """Tables, and paragraphs of boxes, notes and headers, in reading order; nothing inside a table."""
    for child in element:
        name = _name(child)
        if name in ("tbl", "p"):
            yield child
        elif name != "t":
            yield from _anchored(child)


def _table(outline: Outline, table: Element) -> None:
    caption = " ".join("\n".join(_texts(child)) for child in table if _name(child) == "caption")
    rows = [[_cell(cell) for cell in row if _name(cell) == "tc"] for row in table if _name(row) == "tr"]
    outline.table(rows, caption=caption)


def _cell(cell: Element) -> Cell:
    span = next((child for child in cell if _name(child) == "cellSpan"), None)
    across, down = (span.get("colSpan", "1"), span.get("rowSpan", "1")) if span is not None else ("1", "1")
    return Cell(
        "\n".join(_texts(cell)),
        rowspan=min(max(1, int(down)), MAX_ROWSPAN),
        colspan=min(max(1, int(across)), MAX_COLSPAN),
        header=cell.get("header") == "1",
        look=cell.get("borderFillIDRef", ""),
    )


def _texts(element: Element) -> Iterator[str]:
    """The text of every paragraph below, of nested tables too."""
    for one in element.iter():
        if _name(one) == "p" and (text := "".join(_words(one)).strip()):
            yield text


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
