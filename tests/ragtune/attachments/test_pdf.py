from ragtune.attachments import Bounds
from ragtune.attachments.pdf import paragraphs, read
from ragtune.documents import Section, Text
from tests.ragtune.attachments.files import old_korean_pdf, pdf


def test_a_section_a_page() -> None:
    assert read(pdf("첫째 쪽\n약정 36개월", "둘째 쪽"), Bounds()).sections == (
        Section(path=("1쪽",), anchor="page=1", blocks=(Text(text="첫째 쪽"), Text(text="약정 36개월"))),
        Section(path=("2쪽",), anchor="page=2", blocks=(Text(text="둘째 쪽"),)),
    )


def test_korean_without_a_map_to_unicode_is_read() -> None:
    (section,) = read(old_korean_pdf("약정 기간은 36개월"), Bounds()).sections
    assert section.blocks == (Text(text="약정 기간은 36개월"),)


def test_pages_without_text_are_counted() -> None:
    found = read(pdf("가격", "", ""), Bounds())
    assert [section.path for section in found.sections] == [("1쪽",)]
    assert found.notes == ("2 of its pages hold no text, only pictures or nothing",)


def test_a_long_file_is_searched_from_its_beginning() -> None:
    found = read(pdf("가격", "나이", "다리"), Bounds(pages=2))
    assert len(found.sections) == 2
    assert found.notes == ("only its first 2 of 3 pages are searched",)
    found = read(pdf("가나다라", "마바사"), Bounds(chars=3))
    assert [block.text for block in found.sections[0].blocks if isinstance(block, Text)] == ["가나다"]
    assert found.notes == ("only its first 3 characters are searched",)


def test_full_lines_run_on_and_short_ones_do_not() -> None:
    text = "요금 안내\n" + "이 약관은 두루빛통신이 제공하는 서비스의 조건과\n절차를 정합니다.\n제2조\n끝"
    assert list(paragraphs(text)) == [
        "요금 안내",
        "이 약관은 두루빛통신이 제공하는 서비스의 조건과 절차를 정합니다.",
        "제2조",
        "끝",
    ]
