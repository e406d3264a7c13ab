from hypothesis import example, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from ragtune.documents import Text
from ragtune.manuals.bounds import MAX_NESTING
from ragtune.manuals.flow import MAX_TABLES_DEEP
from tests.ragtune.manuals.reading import everything, read, tables, texts


def blocks(html: str) -> list[Text]:
    return [b for section in read(html).sections for b in section.blocks if isinstance(b, Text)]


def test_lists_keep_levels_and_numbers() -> None:
    page = "<ol start=3><li>신청<ul><li>방문</li><li>전화</li></ul></li><li>확인</li></ol>"
    found = [(block.text, block.level, block.kind) for block in blocks(page)]
    assert found == [
        ("3. 신청", 0, "list_item"),
        ("방문", 1, "list_item"),
        ("전화", 1, "list_item"),
        ("4. 확인", 0, "list_item"),
    ]


def test_definitions_stand_with_their_terms() -> None:
    page = "<dl><dt>약정</dt><dd>정한 기간</dd><dt>위약금:</dt><dd><p>해지할 때</p><p>냅니다.</p></dd></dl>"
    found = [(block.text, block.kind) for block in blocks(page)]
    assert found == [
        ("약정: 정한 기간", "definition"),
        ("위약금: 해지할 때", "definition"),
        ("냅니다.", "paragraph"),
    ]


def test_a_term_defined_by_a_table_is_kept() -> None:
    found = read("<dl><dt>요금</dt><dd><table><tr><th>a<td>1</table></dd></dl>")
    assert texts(found) == ["요금"]
    assert len(tables(found)) == 1


def test_a_term_defined_by_a_list_is_kept() -> None:
    assert texts(read("<dl><dt>매개변수:</dt><dd><ul><li>pattern</li></ul></dd><dt>끝</dt></dl>")) == [
        "매개변수",
        "pattern",
        "끝",
    ]


def test_code_keeps_its_lines() -> None:
    assert blocks("<p>예</p><pre>\nSELECT 1\n  FROM t;\n</pre>")[1] == Text(
        text="SELECT 1\n  FROM t;", kind="code"
    )


def test_breaks_are_lines_and_other_white_space_is_one_space() -> None:
    assert texts(read("<p>가\n  나&nbsp;<br>다 <b>라</b>마</p>")) == ["가 나\n다 라마"]


def test_footnotes_below_a_table_belong_to_it() -> None:
    found = read("<table><tr><th>a<td>1</table><p>※ 부가세 별도</p><p>주1) 신규만</p><p>본문</p>")
    assert tables(found)[0].footnotes == ("※ 부가세 별도", "주1) 신규만")
    assert texts(found) == ["본문"]


def test_a_unit_line_above_a_table_is_its_unit() -> None:
    assert tables(read("<p>(단위 : 천원)</p><table><tr><th>a<td>1</table>"))[0].unit == "천원"


def test_nested_tables_are_in_the_cell_and_on_their_own() -> None:
    inner = "<table><tr><th>속도</th><td>500Mbps</td></tr></table>"
    found = tables(
        read(f"<table><tr><th>상품</th><th>상세</th></tr><tr><td>라이트</td><td>{inner}</td></tr></table>")
    )
    assert [table.grid for table in found] == [
        (("상품", "상세"), ("라이트", "속도\n500Mbps")),
        (("속도", "500Mbps"),),
    ]


def test_a_table_inside_an_unclosed_heading_is_no_part_of_it() -> None:
    found = read("<h1>상품</h1><h2>요금<table><tr><th>상품<th>월<tr><td>라이트<td>1</table><p>뒤</p>")
    assert found.sections[-1].path == ("요금 뒤",)
    assert tables(found)[0].grid == (("상품", "월"), ("라이트", "1"))


def test_a_table_too_large_is_text_and_said() -> None:
    rows = "".join(f'<tr><td colspan="1000">행{n}</td></tr>' for n in range(300))
    found = read(f"<table>{rows}</table><p>뒤</p>")
    assert not tables(found)
    assert texts(found)[-1] == "뒤"
    assert "행299" in everything(found)
    assert "kept as plain text" in found.warnings[0]


def test_text_below_the_deepest_level_is_kept() -> None:
    found = read("<div>" * (MAX_NESTING - 10) + "<b>깊은 곳</b>")
    assert texts(found) == ["깊은 곳"]


def test_tables_inside_tables_stand_on_their_own_down_to_a_depth() -> None:
    found = read("".join(f"<table><tr><th>이름{n}<td>값{n} " for n in range(30)))
    assert len(tables(found)) == MAX_TABLES_DEEP
    assert "값29" in tables(found)[0].grid[0][1]


def test_a_caption_alone_is_told_once() -> None:
    assert texts(read("<table><caption>바깥 <table><caption>안쪽</caption></table></caption></table>")) == [
        "바깥 안쪽"
    ]
    assert texts(read("<h2>제목<table><caption>표 없는 설명</caption></table></h2>")) == ["표 없는 설명"]


words = st.lists(st.text("가나다라1234,.원%", min_size=1, max_size=6), min_size=1, max_size=4)
tree = st.recursive(
    words.map(" ".join),
    lambda inner: st.tuples(
        st.sampled_from(
            [
                "p",
                "div",
                "span",
                "b",
                "ul",
                "li",
                "dl",
                "dt",
                "dd",
                "table",
                "td",
                "h2",
                "blockquote",
                "pre",
                "ol",
            ]
        ),
        st.lists(inner, min_size=1, max_size=4),
    ).map(lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"),
    max_leaves=20,
)


@given(tree)
@example("<ul><li><dt>1</dt></li></ul>")
@example("<dl><dt>1</dt><dd><ul><li>2</li></ul></dd></dl>")
def test_no_word_of_the_page_is_lost(page: str) -> None:
    """Whatever is nested in whatever: each visible run of letters is somewhere in the Document."""
    body = LexborHTMLParser(page).body
    assert body is not None
    found = "".join(everything(read(f"<title>제목</title><p>앞</p>{page}")).split())
    for word in body.text(separator=" ").split():
        assert word in found or word.strip(".,") in found


@given(tree)
def test_the_same_bytes_give_the_same_document(page: str) -> None:
    assert read(f"<p>앞</p>{page}") == read(f"<p>앞</p>{page}")
