"""Cells with spans to a grid: the table model of the HTML standard, rowspans cut at their row group.

Source: https://html.spec.whatwg.org/multipage/tables.html#forming-a-table, and what browsers render: a cell
does not reach over the end of its row group.

>>> a, b, c = Cell("a", rowspan=2), Cell("b"), Cell("c")
>>> [[slot.text for slot in row] for row in expand([[[a, b], [c]]])]
[['a', 'b'], ['a', 'c']]
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_COLSPAN = 1_000  # the standard's own bounds
MAX_ROWSPAN = 65_534
MAX_SLOTS = 200_000  # of one table; real manuals stay below 10,000
MAX_PAGE_SLOTS = 500_000
MAX_PAGE_CHARACTERS = 10_000_000


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
    """The expanded grids would hold more slots or characters than a page may have."""


@dataclass(slots=True)
class Room:
    """What the tables of one page may still take: a small page could ask for gigabytes by its spans alone."""

    slots: int = MAX_PAGE_SLOTS
    characters: int = MAX_PAGE_CHARACTERS

    def take(self, slots: int, characters: int) -> None:
        """Raises TooManyCells when there is no room."""
        if slots > self.slots:
            raise TooManyCells(f"the page's tables have more than {MAX_PAGE_SLOTS:,} cells")
        if characters > self.characters:
            raise TooManyCells(f"the page's tables have more than {MAX_PAGE_CHARACTERS:,} characters")
        self.slots -= slots
        self.characters -= characters


def expand(groups: Sequence[Sequence[Sequence[Cell]]], room: Room | None = None) -> list[list[Cell]]:
    """Row groups of rows of cells to R rows of C cells each; a spanning cell stands in each of its slots.

    Where two cells claim a slot, the earlier one keeps it. Missing cells are EMPTY. Raises TooManyCells.
    """
    spans = any(
        cell.rowspan != 1 or cell.colspan != 1 for group in groups for cells in group for cell in cells
    )
    rows = _slotted(groups) if spans else [list(cells) for group in groups for cells in group]
    width = max(map(len, rows), default=0)
    if width * len(rows) > MAX_SLOTS:
        raise TooManyCells(f"more than {MAX_SLOTS:,} cells")
    for row in rows:
        row.extend([EMPTY] * (width - len(row)))
    (room or Room()).take(width * len(rows), sum([len(cell.text) for row in rows for cell in row]))
    return rows


def _slotted(groups: Sequence[Sequence[Sequence[Cell]]]) -> list[list[Cell]]:
    rows: list[dict[int, Cell]] = []
    used = 0
    for group in groups:
        slots: list[dict[int, Cell]] = [{} for _ in group]
        for y, cells in enumerate(group):
            for cell, x in _placed(cells, slots[y]):
                below = slots[y : y + (cell.rowspan or len(group))]
                used += len(below) * cell.colspan
                if used > MAX_SLOTS:
                    raise TooManyCells(f"more than {MAX_SLOTS:,} cells")
                _cover(cell, x, below)
        rows += slots
    width = max((max(row) + 1 for row in rows if row), default=0)
    if width * len(rows) > MAX_SLOTS:
        raise TooManyCells(f"more than {MAX_SLOTS:,} cells")
    return [[row.get(x, EMPTY) for x in range(width)] for row in rows]


def _placed(cells: Sequence[Cell], taken: dict[int, Cell]) -> Iterator[tuple[Cell, int]]:
    """Each cell with its column: the first one free at its turn."""
    x = 0
    for cell in cells:
        while x in taken:
            x += 1
        yield cell, x
        x += cell.colspan


def _cover(cell: Cell, x: int, rows: list[dict[int, Cell]]) -> None:
    for row in rows:
        for column in range(x, x + cell.colspan):
            row.setdefault(column, cell)
