import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.documents import Table
from ragtune.tables import heading, lists_things_across, sentences

PLANS = (("상품", "월 요금(원)", "속도"), ("라이트", "33,000", "500Mbps"), ("맥스", "44,000", "1Gbps"))


def test_a_row_is_a_sentence_about_its_header() -> None:
    assert sentences(Table(grid=PLANS, header_rows=1, header_columns=1)) == [
        "라이트의 월 요금은 33,000원, 속도는 500Mbps입니다.",
        "맥스의 월 요금은 44,000원, 속도는 1Gbps입니다.",
    ]


def test_keys_and_values_speak_about_the_subject() -> None:
    table = Table(grid=(("약정 기간", "3년"), ("설치비", "무료")), header_columns=1)
    assert sentences(table, subject="라이트") == [
        "라이트의 약정 기간은 3년입니다.",
        "라이트의 설치비는 무료입니다.",
    ]


def test_the_tables_unit_goes_to_bare_numbers_that_count_something() -> None:
    grid = (("번호", "이름", "요금", "약정"), ("1", "라이트", "33,000", "3년"))
    table = Table(grid=grid, header_rows=1, unit="원")
    assert sentences(table) == ["번호는 1, 이름은 라이트, 요금은 33,000원, 약정은 3년입니다."]


def test_several_header_rows_make_one_path() -> None:
    grid = (("상품", "요금", "요금"), ("상품", "월", "설치"), ("라이트", "1원", "2원"))
    table = Table(grid=grid, header_rows=2, header_columns=1)
    assert sentences(table) == ["라이트의 요금 월은 1원, 요금 설치는 2원입니다."]


def test_things_across_are_the_subjects_of_comparison_tables() -> None:
    grid = (
        ("항목", "라이트", "맥스"),
        ("월 요금", "1원", "2원"),
        ("약정", "3년", "1년"),
        ("속도", "5M", "6M"),
    )
    table = Table(grid=grid, header_rows=1, header_columns=1)
    assert lists_things_across(table)
    assert sentences(table)[0] == "라이트의 월 요금은 1원, 맥스의 월 요금은 2원입니다."
    assert not lists_things_across(Table(grid=PLANS, header_rows=1, header_columns=1))


def test_long_values_are_listed() -> None:
    long = "신청서를 내고 신분증을 보여 주십시오. 대리인은 위임장도 필요합니다."
    table = Table(grid=(("구분", "방법"), ("해지", long)), header_rows=1, header_columns=1)
    assert sentences(table) == [f"해지 — 방법: {long}"]


def test_a_cell_across_the_table_stands_alone() -> None:
    grid = (("상품", "요금"), ("※ 부가세 포함", "※ 부가세 포함"), ("라이트", "1원"))
    assert sentences(Table(grid=grid, header_rows=1, header_columns=1))[0] == "※ 부가세 포함"


def test_the_heading_carries_caption_unit_and_corner() -> None:
    table = Table(grid=PLANS, header_rows=1, header_columns=1, caption="요금표", unit="원")
    assert heading(table) == "요금표 — 상품별 (단위: 원)"


cell = st.text("가나다라마바사 ABkg0123456789,.%()", max_size=12).map(lambda text: " ".join(text.split()))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width, height = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    row = st.lists(cell, min_size=width, max_size=width).map(tuple)
    return Table(
        grid=tuple(draw(st.lists(row, min_size=height, max_size=height))),
        header_rows=draw(st.integers(0, min(2, height))),
        header_columns=draw(st.integers(0, min(2, width - 1))),
        caption=draw(cell),
        unit=draw(st.sampled_from(["", "원", "천 명, %"])),
    )


@given(tables())
def test_no_cell_number_unit_or_header_is_lost(table: Table) -> None:
    said = _letters(" ".join([heading(table), *sentences(table, subject="상품")]))
    for row in table.grid:
        for text in row:
            assert _letters(text) in said
    if table.caption or any(text for row in table.grid for text in row):
        assert _letters(table.unit) in said
    assert _letters(table.caption) in said


@given(tables())
def test_a_sentence_for_each_data_row_that_holds_anything(table: Table) -> None:
    rows = [row for row in table.grid[table.header_rows :] if any(row)]
    if len(table.grid) > table.header_rows:
        assert len(sentences(table)) == len(rows)
    assert sentences(table) == sentences(table)


def _letters(text: str) -> str:
    return re.sub(r"[\s().,]", "", text)


@pytest.mark.parametrize("value", ["1,234", "-5", "3.5", "△12"])
def test_bare_numbers_of_every_form_get_units(value: str) -> None:
    table = Table(grid=(("상품", "증감(%)"), ("라이트", value)), header_rows=1, header_columns=1)
    assert f"증감은 {value}%" in sentences(table)[0]


def test_a_long_table_takes_time_in_proportion_to_its_rows() -> None:
    def taken(count: int) -> float:
        rows = tuple((f"상품{n}", f"{n},000원", f"{n}Mbps") for n in range(count))
        table = Table(grid=(("상품", "요금", "속도"), *rows), header_rows=1, header_columns=1)
        start = time.process_time()
        sentences(table)
        return time.process_time() - start

    taken(100)
    assert min(taken(4_000) for _ in range(2)) < 30 * max(0.001, min(taken(400) for _ in range(3)))


def test_a_list_folded_side_by_side_tells_of_each_thing() -> None:
    grid = (
        ("품목", "규격", "요금", "품목", "규격", "요금"),
        ("공유기", "소형", "2,000원", "전화기", "무선", "3,000원"),
        ("모뎀", "대형", "4,000원", "", "", ""),
        ("쉬는 날에는 받지 않습니다",) * 6,
    )
    assert sentences(Table(grid=grid, header_rows=1, header_columns=1)) == [
        "공유기의 규격은 소형, 요금은 2,000원입니다. 전화기의 규격은 무선, 요금은 3,000원입니다.",
        "모뎀의 규격은 대형, 요금은 4,000원입니다.",
        "쉬는 날에는 받지 않습니다",
    ]
