"""HWPX, and HWP 5 through its library: the same content in both."""

from ragtune.attachments import Bounds, hangul, hwp
from ragtune.documents import Section, Table, Text
from tests.ragtune.attachments.files import archive
from tests.ragtune.attachments.files import hwp as hwp_file
from tests.ragtune.attachments.files import hwpx as hwpx_file

GRID = (("요금표", "요금표"), ("라이트", "11,000원"))


def hwpx_sections(body: str) -> tuple[Section, ...]:
    return hangul.read(archive({"Contents/section0.xml": f"<s>{body}</s>"}), Bounds()).sections


def test_headings_text_and_tables_of_hwpx() -> None:
    (section,) = hangul.read(hwpx_file(), Bounds()).sections
    assert section.path == ("해지 절차",)
    text, table = section.blocks
    assert text == Text(text="본인이 신청합니다.")
    assert isinstance(table, Table)
    assert table.grid == GRID


def test_text_and_tables_of_hwp() -> None:
    (section,) = hwp.read(hwp_file(), Bounds()).sections
    text, table = section.blocks
    assert text == Text(text="해지는 본인이 신청합니다.")
    assert isinstance(table, Table)
    assert table.grid == GRID


def test_boxes_and_breaks_in_text() -> None:
    box = "<rect><drawText><subList><p><run><t>상자 글</t></run></p></subList></drawText></rect>"
    (section,) = hwpx_sections(f"<p><run><t>가<lineBreak/>나<nbSpace/>다</t>{box}</run></p>")
    assert section.blocks == (Text(text="가\n나 다"), Text(text="상자 글"))


def test_marked_header_cells_and_the_caption() -> None:
    def cell(text: str, header: int) -> str:
        return f"<tc header='{header}'><subList><p><run><t>{text}</t></run></p></subList></tc>"

    rows = f"<tr>{cell('상품', 1)}{cell('요금', 1)}</tr><tr>{cell('라이트', 0)}{cell('1원', 0)}</tr>"
    caption = "<caption><subList><p><run><t>표 1. 요금</t></run></p></subList></caption>"
    (section,) = hwpx_sections(f"<p><run><tbl>{caption}{rows}</tbl></run></p>")
    (table,) = section.blocks
    assert isinstance(table, Table)
    assert (table.header_rows, table.caption) == (1, "표 1. 요금")


def test_tables_in_tables_keep_their_words() -> None:
    inner = "<tbl><tr><tc><p><run><t>속</t></run></p></tc></tr></tbl>"
    (section,) = hwpx_sections(
        f"<p><run><tbl><tr><tc><p><run><t>겉</t>{inner}</run></p></tc><tc><p/></tc></tr></tbl></run></p>"
    )
    (table,) = section.blocks
    assert isinstance(table, Table)
    assert table.grid[0][0] == "겉\n속"


def test_piled_up_boxes_are_left_at_some_depth() -> None:
    body = "<p><run><t>글</t>" * 300 + "</run></p>" * 300
    (section,) = hwpx_sections(body)
    assert 10 < len(section.blocks) < 100


def test_a_table_that_spans_too_much_is_text() -> None:
    cells = "".join(
        f"<tc><p><run><t>{n}</t></run></p><cellSpan colSpan='1000' rowSpan='60000'/></tc>" for n in range(300)
    )
    found = hangul.read(
        archive({"Contents/section0.xml": f"<s><p><run><tbl>{f'<tr>{cells}</tr>' * 3}</tbl></run></p></s>"}),
        Bounds(),
    )
    assert found.notes == ("a table of it has too many merged cells and is read as text",)
    assert len(found.sections[0].blocks) == 900
