import pytest

from ragtune.documents import Table
from ragtune.manuals.tabulate import unit_of
from tests.ragtune.manuals.reading import read, tables, texts


def table(html: str) -> Table:
    return tables(read(html))[0]


def headers(html: str) -> tuple[int, int]:
    found = table(html)
    return found.header_rows, found.header_columns


MARKED = (
    "<table><caption>요금표 (단위: 원)</caption><thead><tr><th rowspan=2>상품<th colspan=2>요금"
    "<tr><th>월<th>설치"
    "</thead><tfoot><tr><th>합계<td>3<td>5</tfoot><tbody><tr><th scope=row>라이트<td>1<td>2</tbody></table>"
)


def test_groups_spans_caption_and_unit() -> None:
    found = table(MARKED)
    assert found.grid == (
        ("상품", "요금", "요금"),
        ("상품", "월", "설치"),
        ("라이트", "1", "2"),
        ("합계", "3", "5"),
    )
    assert (found.header_rows, found.header_columns) == (2, 1)
    assert (found.caption, found.unit) == ("요금표 (단위: 원)", "원")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            "<table><tr><td>상품<td>속도<td>요금<tr><td>라이트<td>500M<td>1<tr><td>맥스<td>1G<td>2</table>",
            (1, 1),
        ),
        ("<table><tr><td>약정<td>3년<tr><td>설치비<td>무료</table>", (0, 1)),
        ("<table><tr><th>약정<td>3년<tr><th>설치비<td>무료</table>", (0, 1)),
        ("<table><tr><th>구분<th>상품<th>요금<tr><td rowspan=2>가정<td>A<td>1<tr><td>B<td>2</table>", (1, 2)),
        ("<table><tr><th>번호<th>이름<tr><td>1<td>가<tr><td>2<td>나</table>", (1, 0)),
        (
            "<table><tr bgcolor=x><td class=h>이름<td class=h>요금<tr><td>가<td>1<tr><td>나<td>2</table>",
            (1, 1),
        ),
        ("<table><tr><td>1<td>2<tr><td>3<td>4</table>", (0, 0)),
        ("<table><thead><tr><th><th></thead><tr><td>약정<td>3년</table>", (0, 0)),
        ("<table><tr><th>a<th>b</table>", (1, 0)),
    ],
)
def test_headers_are_inferred(page: str, expected: tuple[int, int]) -> None:
    assert headers(page) == expected


def test_keys_beside_values_become_rows() -> None:
    page = "<table><tr><th>요금<td>1원<th>약정<td>3년<tr><th>설치<td>무료<th><td></table>"
    found = table(page)
    assert found.grid == (("요금", "1원"), ("약정", "3년"), ("설치", "무료"))
    assert found.header_columns == 1


def test_the_words_of_captions_are_never_lost() -> None:
    assert texts(read("<p>앞</p><table><caption>요금표</caption><tr><td></table>")) == ["앞", "요금표"]
    twice = "<table><caption>요금표</caption><caption>(단위: 원)</caption><tr><th>a<td>1</table>"
    assert (table(twice).caption, table(twice).unit) == ("요금표 (단위: 원)", "원")


def test_what_a_caption_says_for_screen_readers_alone_is_left_to_the_header() -> None:
    page = (
        "<table><caption><b>부서 안내</b><p>부서, 담당, 전화로 나누어 나타낸 표입니다.</p></caption>"
        "<tr><th>부서<th>담당<th>전화<tr><td>가<td>나<td>1</table>"
    )
    assert table(page).caption == "부서 안내"
    other = page.replace("부서, 담당, 전화로", "2026년 3월 현재를")
    assert table(other).caption.endswith("2026년 3월 현재를 나누어 나타낸 표입니다.")


def test_hidden_rows_and_cells_are_no_part_of_the_grid() -> None:
    page = (
        "<table><tr><th>상품<th style='display:none'>코드<th>요금<tr hidden><td>x<td>y<td>z"
        "<tr><td>라이트<td style='display: none'>A1<td>1</table>"
    )
    assert table(page).grid == (("상품", "요금"), ("라이트", "1"))


def test_layout_tables_are_running_text() -> None:
    page = "<h1>기가라이트</h1><table role=presentation><tr><td><h2>요금</h2><p>월 1원</p><td>옆</table>"
    found = read(page)
    assert not tables(found)
    assert texts(found) == ["월 1원", "옆"]
    assert found.sections[-1].path == ("요금",)


def test_images_stand_for_marks_in_cells_only_when_short() -> None:
    page = "<table><tr><th>a<th>b<tr><td><img alt=○><td><img alt='가입 신청서 견본 사진'></table>"
    assert table(page).grid[1] == ("○", "")


@pytest.mark.parametrize("span", ["0x", "-1", "2.5", "", "abc", "99999999999999999999", "٣"])
def test_odd_spans_do_no_harm(span: str) -> None:
    found = table(f'<table><tr><td rowspan="{span}" colspan="{span}">a<td>b<tr><td>c<td>d</table>')
    assert {"a", "b", "c", "d"} <= {cell for row in found.grid for cell in row}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("(단위: 원)", "원"),
        ("표 1 [단위 : 천 명, %]", "천 명, %"),
        ("단위: 만원", "만원"),
        ("단위가 없음", ""),
    ],
)
def test_units(text: str, unit: str) -> None:
    assert unit_of(text) == unit
