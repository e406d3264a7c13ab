"""XLSX files: a section a sheet, a table for each block of rows; values as the sheet shows them (openpyxl).

A line of one cell above a block is its caption. Hidden sheets, rows and columns are left out.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from ragtune.attachments.archive import open_archive
from ragtune.attachments.bounds import Bounds, Reading
from ragtune.attachments.formats import shown
from ragtune.attachments.office import Outline
from ragtune.documents import Section
from ragtune.errors import UnreadableAttachment
from ragtune.manuals.grid import Cell

_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_UNCALCULATED = re.compile(rb"(?:</f>|<f/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref=[\"']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})[\"']")
_SHEET = "xl/worksheets/"
_DAMAGE = (
    InvalidFileException, zipfile.BadZipFile, ParseError,
    KeyError, ValueError, TypeError, AttributeError, IndexError,
)  # fmt: skip


def read(data: bytes, bounds: Bounds) -> Reading:
    """See kinds.read."""
    notes = dict.fromkeys(_counted(data, bounds))
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
        sections: list[Section] = []
        for sheet in book.worksheets[: bounds.pages]:
            if sheet.sheet_state == "visible":
                outline = Outline(bounds)
                _sheet(outline, sheet)
                reading = outline.reading((sheet.title,))
                sections += reading.sections
                notes.update(dict.fromkeys(reading.notes))
    except _DAMAGE as error:
        raise UnreadableAttachment(f"is damaged or no XLSX file ({error}); save it anew") from None
    return Reading(sections=tuple(sections), notes=tuple(notes))


def _counted(data: bytes, bounds: Bounds) -> Iterator[str]:
    """What is to be said of the sheets before they are read. Raises UnreadableAttachment when too large."""
    archive = open_archive(data, bounds)
    sheets = [archive.read(name) for name in archive.namelist() if name.startswith(_SHEET)]
    # Cells that hold nothing but a style, or lie in a merged area, cost openpyxl as much as the others.
    bounds.require_cells(sum(_held(xml) for xml in sheets))
    uncalculated = sum(len(_UNCALCULATED.findall(xml)) for xml in sheets)
    if uncalculated:
        yield f"{uncalculated} formulas have no saved value; open and save it in a spreadsheet program"


def _held(xml: bytes) -> int:
    """Cells that openpyxl makes of a sheet."""
    areas = (range_boundaries(ref.decode()) for ref in _MERGED.findall(xml))
    merged: int = sum((right - left + 1) * (low - top + 1) for left, top, right, low in areas)
    return merged + sum(1 for _ in _CELL.finditer(xml))


def _sheet(outline: Outline, sheet: Any) -> None:
    cells = _cells(sheet)
    for block in _blocks(cells):
        lines = [row for _, row in block]
        above = []
        while len(lines) > 1 and len({id(cell) for cell in lines[0] if cell.text}) == 1:
            above.append(next(cell.text for cell in lines.pop(0) if cell.text))
        for line in above[:-1]:
            outline.text(line)
        outline.table(lines, caption=above[-1] if above else "")


def _cells(sheet: Any) -> dict[int, dict[int, Cell]]:
    """Row number -> column number -> what stands there; a merged cell in each of its places."""
    found: dict[int, dict[int, Cell]] = {}
    # Not iter_rows: one stray cell in the last corner makes that walk over 17 billion places.
    for (y, x), cell in sorted(sheet._cells.items()):
        text = shown(cell.value, cell.number_format)
        if text and not sheet.row_dimensions[y].hidden and not _is_hidden(sheet, x):
            found.setdefault(y, {})[x] = Cell(text, look=_look(cell))
    for area in sheet.merged_cells.ranges:
        origin = found.get(area.min_row, {}).get(area.min_col)
        if origin:
            _cover(found, area, origin)
    return found


def _look(cell: Any) -> str:
    fill = cell.fill.fgColor.value if cell.fill.fill_type else ""
    return f"{'bold' if cell.font.b else ''} {fill}".strip()


def _is_hidden(sheet: Any, x: int) -> bool:
    name = get_column_letter(x)
    return name in sheet.column_dimensions and bool(sheet.column_dimensions[name].hidden)


def _cover(found: dict[int, dict[int, Cell]], area: Any, origin: Cell) -> None:
    """A merged cell in each of its places that has a row and a column of other cells."""
    columns = {x for row in found.values() for x in row}
    for y in list(found):
        if area.min_row <= y <= area.max_row:
            for x in columns:
                if area.min_col <= x <= area.max_col:
                    found[y].setdefault(x, origin)


def _blocks(cells: dict[int, dict[int, Cell]]) -> Iterator[list[tuple[int, list[Cell]]]]:
    """Runs of rows without an empty one between them, each as wide as its widest row."""
    rows = sorted(cells.items())
    for _, run in groupby(enumerate(rows), lambda one: one[1][0] - one[0]):
        block = [row for _, row in run]
        columns = sorted({x for _, row in block for x in row})
        yield [(y, [row.get(x) or Cell("") for x in columns]) for y, row in block]
