import io

import docx

from ragtune.attachments import Bounds
from ragtune.attachments.word import read
from ragtune.documents import Section, Table, Text
from tests.ragtune.attachments.files import word


def made(document: object) -> tuple[Section, ...]:
    saved = io.BytesIO()
    document.save(saved)  # type: ignore[attr-defined]
    return read(saved.getvalue(), Bounds()).sections


def test_headings_lists_and_merged_cells() -> None:
    first, second = read(word(), Bounds()).sections
    assert first.path == ("가입 안내", "요금")
    assert first.blocks[0] == Text(text="부가세를 포함합니다.")
    table = first.blocks[1]
    assert isinstance(table, Table)
    assert table.grid[0] == ("상품", "요금", "요금")
    assert second.path == ("가입 안내", "요금", "서류")
    assert second.blocks == (Text(text="신분증", kind="list_item"),)


def test_cells_merged_downwards_and_nested_tables() -> None:
    document = docx.Document()
    table = document.add_table(3, 2)
    for row, texts in zip(table.rows, (("구분", "값"), ("가", "1"), ("", "2")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    inner = table.cell(2, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "안", "쪽"
    (section,) = made(document)
    (found,) = section.blocks
    assert isinstance(found, Table)
    assert [row[0] for row in found.grid] == ["구분", "가", "가"]
    assert found.grid[2][1] == "2\n안 쪽"


def test_rows_that_word_repeats_are_headers() -> None:
    document = docx.Document()
    table = document.add_table(3, 2)
    for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"칸{number}"
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(properties.makeelement(docx.oxml.ns.qn("w:tblHeader"), {}))
    (found,) = made(document)[0].blocks
    assert isinstance(found, Table)
    assert found.header_rows == 1


def test_bold_headers_are_seen() -> None:
    document = docx.Document()
    table = document.add_table(2, 2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("이름", "요금", "라이트", "1원"), strict=True
    ):
        cell.paragraphs[0].add_run(text).bold = text in ("이름", "요금")
    (found,) = made(document)[0].blocks
    assert isinstance(found, Table)
    assert (found.header_rows, found.header_columns) == (1, 1)


def test_a_frame_of_one_cell_is_text() -> None:
    document = docx.Document()
    document.add_table(1, 1).cell(0, 0).text = "주의: 본인만 신청합니다."
    assert made(document)[0].blocks == (Text(text="주의: 본인만 신청합니다."),)
