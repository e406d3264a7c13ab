from ragtune.attachments import Bounds, plain, separated
from ragtune.documents import Table, Text


def test_a_paragraph_a_line_in_any_charset() -> None:
    (section,) = plain.read("요금 안내\r\n\r\n 월  11,000원\x02".encode("cp949"), Bounds()).sections
    assert section.blocks == (Text(text="요금 안내"), Text(text="월 11,000원"))


def test_a_long_text_is_searched_from_its_beginning() -> None:
    found = plain.read("가나다라".encode(), Bounds(chars=2))
    assert found.sections[0].blocks == (Text(text="가나"),)
    assert found.notes == ("only its first 2 characters are searched",)


def test_separated_values_are_a_table() -> None:
    for mark in ",\t;|":
        text = f'상품{mark}"설명{mark} 자세히"\n라이트{mark}"두\n줄"\n'
        (table,) = separated.read(text.encode(), Bounds()).sections[0].blocks
        assert isinstance(table, Table)
        assert table.grid[1] == ("라이트", "두\n줄")
        assert table.grid[0][1] == f"설명{mark} 자세히".replace("\t", "")


def test_what_is_no_table_is_text() -> None:
    long = "가" * 200_000  # above what the csv module takes as one field
    assert separated.read(long.encode(), Bounds()).sections[0].blocks == (Text(text=long),)
