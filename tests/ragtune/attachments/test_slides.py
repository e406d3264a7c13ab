from ragtune.attachments import Bounds
from ragtune.attachments.slides import read
from ragtune.documents import Table, Text
from tests.ragtune.attachments.files import slides


def test_a_section_a_slide_with_tables_and_notes() -> None:
    (section,) = read(slides(), Bounds()).sections  # the hidden one is left out
    assert section.path == ("슬라이드 1", "상담 흐름")
    box, table, notes = section.blocks
    assert box == Text(text="본인 확인부터 합니다.")
    assert isinstance(table, Table)
    assert table.grid == (("단계", "시간"), ("확인", "3분"))
    assert table.header_rows == 1
    assert notes == Text(text="서두르지 않습니다.")


def test_a_long_show_is_searched_from_its_beginning() -> None:
    assert read(slides(), Bounds(pages=1)).notes == ("only its first 1 slides are searched",)
    assert read(slides(), Bounds(chars=3)).notes == ("only its first 3 characters are searched",)
