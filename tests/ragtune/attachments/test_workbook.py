import io
from typing import Any

import openpyxl
import pytest

from ragtune.attachments import Bounds
from ragtune.attachments.bounds import Reading
from ragtune.attachments.workbook import read
from ragtune.documents import Section, Table, Text
from ragtune.errors import UnreadableAttachment
from ragtune.tables import heading, sentences
from tests.ragtune.attachments.files import archive, unpacked, workbook


def reading(cells: dict[str, Any], *, merged: str = "", bounds: Bounds | None = None) -> Reading:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "표"
    for place, value in cells.items():
        sheet[place] = value
    if merged:
        sheet.merge_cells(merged)
    saved = io.BytesIO()
    book.save(saved)
    return read(saved.getvalue(), bounds or Bounds())


def blocks(cells: dict[str, Any], *, merged: str = "") -> tuple[Text | Table, ...]:
    (section,) = reading(cells, merged=merged).sections
    assert section.path == ("표",)
    return section.blocks


def test_tables_with_caption_unit_and_formats_are_told_like_those_of_pages() -> None:
    (section,) = read(workbook(), Bounds()).sections
    assert isinstance(section, Section)
    assert section.path == ("인터넷",)  # the hidden sheet is left out
    first, second = section.blocks
    assert isinstance(first, Table)
    assert isinstance(second, Table)
    assert heading(first) == "2026년 요금표 (단위: 원) — 상품별"
    assert sentences(first)[0] == "라이트의 월 요금은 11,000원, 할인율은 15%입니다."
    assert second.grid == (("설치비", "20,000원"), ("위약금", "54,000원"))


def test_merged_cells_stand_in_each_of_their_places() -> None:
    cells = {
        "A1": "상품",
        "B1": "월 요금",
        "A2": "라이트",
        "B2": "1원",
        "B3": "2원",
        "A4": "맥스",
        "B4": "3원",
    }
    (table,) = blocks(cells, merged="A2:A3")
    assert isinstance(table, Table)
    assert [row[0] for row in table.grid] == ["상품", "라이트", "라이트", "맥스"]


def test_a_stray_cell_in_the_last_corner_costs_nothing() -> None:
    found = blocks({"A1": "가", "B1": "나", "XFD1048576": "끝"})
    assert isinstance(found[0], Table)
    assert found[1] == Text(text="끝")


def test_a_merged_area_over_the_whole_sheet_is_refused_in_time() -> None:
    parts = unpacked(workbook())
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"A1:C1", b"A1:XFD1048576")
    with pytest.raises(UnreadableAttachment, match=r"holds 17,179,869,\d+ cells"):
        read(archive(parts), Bounds())


def test_formulas_without_a_value_are_said() -> None:
    found = reading({"A1": "합계", "B1": "=1+1"})
    assert found.notes == ("1 formulas have no saved value; open and save it in a spreadsheet program",)


def test_too_many_cells_are_refused() -> None:
    cells = {f"A{number}": number for number in range(1, 60)}
    with pytest.raises(UnreadableAttachment, match="holds 59 cells; at most 50 are read"):
        reading(cells, bounds=Bounds(cells=50))


def test_hidden_rows_and_columns_are_left_out() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("상품", "원가", "요금"), ("라이트", "비밀", "1원"), ("초안", "비밀", "2원")):
        sheet.append(row)
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[3].hidden = True
    saved = io.BytesIO()
    book.save(saved)
    (table,) = read(saved.getvalue(), Bounds()).sections[0].blocks
    assert isinstance(table, Table)
    assert table.grid == (("상품", "요금"), ("라이트", "1원"))
