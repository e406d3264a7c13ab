"""Cells with spans to a grid: the table model of the HTML standard, rowspans cut at their row group.

Source: https://html.spec.whatwg.org/multipage/tables.html#forming-a-table, and what browsers render: a cell
does not reach over the end of its row group.

>>> a, b, c = Cell("a", rowspan=2), Cell("b"), Cell("c")
>>> [[slot.text for slot in row] for row in expand([[[a, b], [c]]])]
[['a', 'b'], ['a', 'c']]
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_COLSPAN = 1_000  # the standard's own bounds
MAX_ROWSPAN = 65_534
MAX_SLOTS = 200_000  # of one table; real manuals stay below 10,000


@dataclass(slots=True, eq=False)
class Cell:
    """A cell as written. `rowspan` 0 reaches to the end of its row group."""

    text: str
    header: bool = False
    rowspan: int = 1
    colspan: int = 1
    scope: str = ""
    look: str = ""  # class, colour or bold type: where a page has no `<th>`, headers differ by it


EMPTY = Cell("")


class TooManyCells(ValueError):
    """The expanded grid would hold more than MAX_SLOTS slots."""


def expand(groups: Sequence[Sequence[Sequence[Cell]]]) -> list[list[Cell]]:
    """Row groups of rows of cells to R rows of C cells each; a spanning cell stands in each of its slots.

    Where two cells claim a slot, the earlier one keeps it. Missing cells are EMPTY. Raises TooManyCells.
    """
    rows: list[dict[int, Cell]] = []
    width, used = 0, 0
    for group in groups:
        slots: list[dict[int, Cell]] = [{} for _ in group]
        for y, cells in enumerate(group):
            for cell, x in _placed(cells, slots[y]):
                height = cell.rowspan or len(group)
                below = slots[y : y + height]
                used += len(below) * cell.colspan
                width = max(width, x + cell.colspan)
                if used > MAX_SLOTS or width * len(rows) > MAX_SLOTS:
                    raise TooManyCells(f"more than {MAX_SLOTS} cells")
                _cover(cell, x, below)
        rows += slots
    if width * len(rows) > MAX_SLOTS:
        raise TooManyCells(f"more than {MAX_SLOTS} cells")
    columns = range(width)
    return [[row.get(x, EMPTY) for x in columns] for row in rows]


def _placed(cells: Sequence[Cell], taken: dict[int, Cell]) -> list[tuple[Cell, int]]:
    """Each cell with its column: the first one free at its turn. Marks the columns as taken."""
    placed, x = [], 0
    for cell in cells:
        while x in taken:
            x += 1
        placed.append((cell, x))
        for column in range(x, x + cell.colspan):
            taken.setdefault(column, cell)
        x += cell.colspan
        if x > MAX_SLOTS:
            raise TooManyCells(f"more than {MAX_SLOTS} cells in one row")
    return placed


def _cover(cell: Cell, x: int, rows: list[dict[int, Cell]]) -> None:
    for row in rows:
        for column in range(x, x + cell.colspan):
            row.setdefault(column, cell)
