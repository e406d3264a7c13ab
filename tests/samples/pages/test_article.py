"""Merged cells: what was written as continued is read back as continued."""

import pytest

from ragtune.documents import Table
from ragtune.manuals import read_page
from samples import handbook
from samples.facts import load
from samples.handbook import Grid
from samples.write import pages

GRIDS = [
    (article.path, part.table)
    for article in handbook.load().article
    for part in article.part
    if part.table is not None
]


def expanded(grid: Grid) -> tuple[tuple[str, ...], ...]:
    """Every continued cell with the text it continues."""
    rows: list[list[str]] = []
    for y, written in enumerate(grid.head + grid.rows):
        row: list[str] = []
        for x, cell in enumerate(written):
            row.append(rows[y - 1][x] if cell == "^" else row[x - 1] if cell == "<" else cell)
        rows.append(row)
    return tuple(tuple(row) for row in rows)


def test_some_tables_are_merged_in_both_directions() -> None:
    written = [cell for _, grid in GRIDS for row in grid.head + grid.rows for cell in row]
    assert {"^", "<"} <= set(written)


@pytest.mark.parametrize(("path", "grid"), GRIDS, ids=[path for path, _ in GRIDS])
def test_a_merged_table_is_read_back_whole(path: str, grid: Grid) -> None:
    page = next(page for page in pages(load()) if page.path == path)
    document = read_page(page.data, source=path, version=1)
    tables = [block for section in document.sections for block in section.blocks if isinstance(block, Table)]
    assert expanded(grid) in [table.grid for table in tables]


def test_rows_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of different length"):
        Grid(caption="요금", head=(("상품명", "월 요금"),), rows=(("빛길라이트",),))
