"""CSV files: one table. Comma, tab, semicolon or bar, whichever the first line holds most."""

import csv
import io

from ragtune.attachments import plain
from ragtune.attachments.bounds import Bounds, Reading
from ragtune.documents import Section
from ragtune.manuals.grid import Cell, Room, TooManyCells
from ragtune.manuals.tabulate import table_of

_DELIMITERS = ",\t;|"


def read(data: bytes, bounds: Bounds) -> Reading:
    """See kinds.read. What is no table is read as text."""
    text, notes = plain.decoded(data, bounds)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(map(str.strip, row))]
        bounds.require_cells(sum(map(len, rows)))
        table = table_of([[[Cell(plain.clean(cell)) for cell in row] for row in rows]], Room())
    except (csv.Error, TooManyCells):
        return plain.read(data, bounds)
    return Reading(sections=(Section(blocks=(table,)),), notes=notes)
