"""The fast slotting against the standard's algorithm, written down step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.manuals.grid import EMPTY, MAX_SLOTS, Cell, TooManyCells, expand

Groups = list[list[list[Cell]]]
cells = st.builds(
    Cell,
    text=st.text("가나다라마", min_size=1, max_size=3),
    rowspan=st.integers(0, 4),
    colspan=st.integers(1, 4),
)
groups = st.lists(st.lists(st.lists(cells, max_size=5), max_size=5), max_size=3)


class StandardTable:
    """https://html.spec.whatwg.org/multipage/tables.html#forming-a-table, row groups only.

    The rows that spans add below the last `<tr>` of a group are removed at its end, as browsers render them.
    """

    def __init__(self) -> None:
        self.slots: dict[tuple[int, int], list[tuple[int, Cell]]] = {}  # every claim, with the cell's place
        self.cells = 0
        self.width = self.height = self.y = 0
        self.growing: list[tuple[tuple[int, Cell], int, int]] = []

    def group(self, rows: list[list[Cell]]) -> None:
        start = self.height
        for row in rows:
            self.row(row)
        while self.y < self.height:
            self.y += 1
            self.grow()
        self.growing = []
        end = start + len(rows)
        self.slots = {(x, y): claims for (x, y), claims in self.slots.items() if y < end}
        self.height = self.y = end

    def row(self, row: list[Cell]) -> None:
        if self.height == self.y:
            self.height += 1
        x = 0
        self.grow()
        for cell in row:
            while x < self.width and (x, self.y) in self.slots:
                x += 1
            self.width = max(self.width, x + cell.colspan)
            rowspan = cell.rowspan or 1
            self.height = max(self.height, self.y + rowspan)
            for column in range(x, x + cell.colspan):
                for line in range(self.y, self.y + rowspan):
                    self.slots.setdefault((column, line), []).append((self.cells, cell))
            if cell.rowspan == 0:
                self.growing.append(((self.cells, cell), x, cell.colspan))
            self.cells += 1
            x += cell.colspan
        self.y += 1

    def grow(self) -> None:
        for cell, x, colspan in self.growing:
            for column in range(x, x + colspan):
                self.slots.setdefault((column, self.y), []).append(cell)

    def cell(self, x: int, y: int) -> Cell:
        """Where cells overlap, the standard reports an error; we show the first of them."""
        return min(self.slots.get((x, y), [(0, EMPTY)]), key=lambda claim: claim[0])[1]


@given(groups)
def test_slots_are_those_of_the_standard(table: Groups) -> None:
    model = StandardTable()
    for group in table:
        model.group(group)
    expected = [[id(model.cell(x, y)) for x in range(model.width)] for y in range(model.height)]
    assert [[id(cell) for cell in row] for row in expand(table)] == expected


@given(groups)
def test_no_cell_is_lost_and_the_grid_is_rectangular(table: Groups) -> None:
    grid = expand(table)
    assert len({len(row) for row in grid}) <= 1
    placed = {id(cell) for row in grid for cell in row}
    assert all(id(cell) in placed for group in table for row in group for cell in row)


def test_a_rowspan_ends_with_its_row_group() -> None:
    grid = expand([[[Cell("머리", rowspan=9), Cell("a")]], [[Cell("b"), Cell("c")]]])
    assert [[cell.text for cell in row] for row in grid] == [["머리", "a"], ["b", "c"]]


@pytest.mark.parametrize(
    "table",
    [
        [[[Cell("x", rowspan=65_534, colspan=1_000)] for _ in range(1_000)]],
        [[[Cell("x", colspan=1_000)] * 500]],
        [[[Cell("x", colspan=1_000)], *([[Cell("y")]] * 500)]],
    ],
)
def test_a_grid_is_bounded(table: Groups) -> None:
    with pytest.raises(TooManyCells, match=f"{MAX_SLOTS:,}"):
        expand(table)
