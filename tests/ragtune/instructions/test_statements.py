from ragtune.documents import Document, Section, Table, Text
from ragtune.instructions.statements import page_subject, statements, table_statements
from tests.ragtune.instructions.pages import product, tariff


def test_keys_and_values_are_said_of_the_page() -> None:
    found = {(s.fact, s.value) for s in statements(product("빛길라이트", "22,000원").document)}
    assert found == {("빛길라이트|월 요금", "22,000원"), ("빛길라이트|약정 기간", "36개월")}


def test_a_table_names_its_subjects_by_rows() -> None:
    page = tariff(("상품명", "월 요금"), ("빛길라이트", "22,000원"), ("빛길맥스", "35,200원")).document
    assert [(s.fact, s.value) for s in statements(page)] == [
        ("빛길라이트|월 요금", "22,000원"),
        ("빛길맥스|월 요금", "35,200원"),
    ]


def test_a_transposed_table_names_its_subjects_by_columns() -> None:
    grid = (
        ("항목", "빛길라이트", "빛길맥스"),
        ("월 요금", "22,000원", "35,200원"),
        ("약정 기간", "36개월", "24개월"),
    )
    found = table_statements(Table(grid=grid, header_rows=1, header_columns=1), 0, 0, "")
    assert ("빛길맥스|약정 기간", "24개월") in [(s.fact, s.value) for s in found]


def test_header_paths_are_kept_where_a_header_is_not_alone() -> None:
    grid = (("상품", "1년", "3년"), ("상품", "요금", "요금"), ("가나다", "9,900원", "8,800원"))
    found = table_statements(Table(grid=grid, header_rows=2, header_columns=1), 0, 0, "")
    assert [s.attribute for s in found] == ["1년 요금", "3년 요금"]


def test_a_row_called_by_a_term_is_qualified_by_the_page() -> None:
    grid = (("약정", "할인율"), ("1년", "5%"), ("3년", "10%"))
    found = table_statements(Table(grid=grid, header_rows=1, header_columns=1), 0, 0, "재약정 할인")
    assert [s.subject for s in found] == ["재약정 할인 1년", "재약정 할인 3년"]


def test_the_unit_of_a_header_goes_to_the_value() -> None:
    grid = (("상품", "월 요금(원)"), ("빛길라이트", "22,000"), ("빛길맥스", "35,200"))
    found = table_statements(Table(grid=grid, header_rows=1, header_columns=1), 0, 0, "")
    assert [(s.attribute, s.value) for s in found] == [("월 요금", "22,000원"), ("월 요금", "35,200원")]


def test_prose_is_read_where_it_speaks_of_the_page() -> None:
    text = Text(text="빛길라이트의 월 요금은 22,000원입니다. 열 명 안팎의 사무실에서 쓰는 상품입니다.")
    page = Document(source="a", version=1, title="빛길라이트", sections=(Section(blocks=(text,)),))
    assert [(s.fact, s.value) for s in statements(page)] == [("빛길라이트|월 요금", "22,000원")]


def test_the_name_a_page_gives_comes_before_its_title() -> None:
    text = Text(text="▶ 상품명 : 마당스포츠 (TV)")
    page = Document(source="a", version=1, title="A-1 업무 기준", sections=(Section(blocks=(text,)),))
    assert page_subject(page) == "마당스포츠"


def test_an_attribute_with_two_values_names_its_section() -> None:
    sections = tuple(
        Section(path=(name,), blocks=(Text(text=f"수수료 : {fee}"),))
        for name, fee in (("당일 해지", "1,000원"), ("예약 해지", "500원"))
    )
    page = Document(source="a", version=1, title="서비스 해지", sections=sections)
    assert [s.subject for s in statements(page)] == ["서비스 해지 당일 해지", "서비스 해지 예약 해지"]
