"""What documents say about words, and what they don't say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.documents import Document, Section, Table, Text
from ragtune.lexicon.derive import derive


def page(text: str = "", *, title: str = "안내", grid: tuple[tuple[str, ...], ...] = ()) -> Document:
    blocks: tuple[Text | Table, ...] = (Text(text=text),)
    if grid:
        blocks += (Table(grid=grid, header_rows=1, header_columns=1),)
    section = Section(path=("1. 가입 대상",), blocks=blocks)
    return Document(source="file:///m/a.html", version=1, title=title, sections=(section,))


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("가입자가 쓰는 셋톱박스(STB)를 반납합니다.", ("셋톱박스", "STB")),
        ("사물 인터넷(IoT) 서비스", ("사물 인터넷", "IoT")),
        ("Internet Protocol Television(IPTV)", ("Internet Protocol Television", "IPTV")),
        ("무료 가정양육수당지원사업(가정수당사업)의 대상", ("가정양육수당지원사업", "가정수당사업")),
        ("장기 결합 할인 제도(이하 '장결할인'이라 한다)", ("장기 결합 할인 제도", "장결할인")),
        ("고객은 클라이언트(client)를 설치합니다", ("클라이언트", "client")),
        ("두루빛통신(일명 빛통)", ("두루빛통신", "빛통")),
        ("（全角）셋톱박스（ＳＴＢ）", ("셋톱박스", "STB")),
    ],
)
def test_brackets_that_say_the_same(text: str, pair: tuple[str, str]) -> None:
    assert derive(page(text)).groups == (pair,)


@pytest.mark.parametrize(
    "text",
    [
        "월 요금(부가세 별도)은 3만원입니다.",
        "가입(해지)할 수 있습니다.",
        "두루빛통신(이하 '회사'라 한다)",
        "잠금(lock)을 겁니다.",
        "용량(GB)과 속도(Mbps)",
        "발전량(MWh)",
        "문의(02-123-4567)",
        "그리고 (STB)",
        "초록색 메서드(getUserName)",
        "빈 괄호( )",
        "((((((((",
    ],
)
def test_brackets_that_say_something_else(text: str) -> None:
    assert derive(page(text)).groups == ()


def test_a_glossary_table_says_so_by_its_headers() -> None:
    grid = (("용어", "약어", "뜻"), ("셋톱박스", "STB, 셋톱", "텔레비전에 잇는 기기"), ("모뎀", "-", "기기"))
    assert derive(page(grid=grid)).groups == (("셋톱박스", "STB", "셋톱"),)
    assert derive(page(grid=(("상품", "요금"), ("셋톱박스", "3,000원")))).groups == ()


def test_names_are_titles_headings_and_headers_without_their_numbers() -> None:
    grid = (("상품", "월 요금"), ("가족결합할인", "3,000원"))
    names = derive(page(title="Wi-Fi 안내", grid=grid)).names
    assert {"Wi-Fi 안내", "Wi-Fi", "가입 대상", "월 요금", "가족결합할인"} <= set(names)
    assert not any("3,000" in name or name.startswith("1.") for name in names)


@given(st.text(st.sampled_from("가나다을를이 ()[]ABCab12,.\n'이하"), max_size=200))
def test_no_text_breaks_it_and_what_it_gives_is_bounded(text: str) -> None:
    found = derive(page(text * 5, title=text))
    assert len(found.groups) <= 60
    assert all(len(group) > 1 and all(group) for group in found.groups)
    assert len(found.names) <= 300


def test_a_long_text_without_end_takes_no_time() -> None:
    assert derive(page("가(" * 100_000 + "나 " * 100_000)).groups == ()
