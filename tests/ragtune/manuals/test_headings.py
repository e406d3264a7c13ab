import pytest

from ragtune.documents import Text
from ragtune.manuals.headings import is_symbolic
from tests.ragtune.manuals.reading import read, texts


def paths(html: str) -> list[tuple[str, ...]]:
    return [section.path for section in read(f"<title>안내</title>{html}").sections]


def test_nested_headings_become_paths_below_the_title() -> None:
    page = "<h1>기가라이트</h1><p>a</p><h2>요금</h2><h3>월 요금</h3><p>b</p><h2>해지</h2><p>c</p>"
    found = read(page)
    assert found.title == "기가라이트"
    assert [section.path for section in found.sections][1:] == [(), ("요금",), ("요금", "월 요금"), ("해지",)]


@pytest.mark.parametrize("text", ["○", "▶", "①", "1.", "가.", "(2)", "A-1-가", "Ⅱ", "제3장", "[나]", "1.2.3"])
def test_symbols_and_numbers_alone_say_nothing(text: str) -> None:
    assert is_symbolic(text)


@pytest.mark.parametrize("text", ["요금", "1. 요금", "5G", "3D TV", "-v", "PC", "2026년"])
def test_words_say_something(text: str) -> None:
    assert not is_symbolic(text)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<h2>○</h2><p>신청 자격: 만 19세 이상</p>", ("신청 자격",)),
        ("<h2>A-1-가</h2><p>대응 순서</p>", ("A-1-가 대응 순서",)),
        ("<h2>①</h2><ul><li>신분증을 준비합니다. 그리고 방문합니다.</li></ul>", ("① 신분증을 준비합니다",)),
        ("<h2>▶</h2><table><caption>요금표</caption><tr><th>a<td>1</table>", ("요금표",)),
        ("<h2>▶</h2><table><tr><th>상품<th>요금<tr><td>라이트<td>1</table>", ("상품 요금",)),
        ("<h2>해지</h2><h3>1.</h3>", ("해지", "1. 해지")),
        ("<h2>가.</h2><h3>위약금</h3>", ("가. 위약금", "위약금")),
        ("<h2>○ 신청 방법</h2>", ("신청 방법",)),
    ],
)
def test_symbol_headings_take_their_words_from_the_context(page: str, expected: tuple[str, ...]) -> None:
    assert paths(page)[-1] == expected


def test_numbering_of_one_level_still_nests() -> None:
    page = "<h2>A</h2><p>가입</p><h2>A-1</h2><p>자격</p><h2>A-1-가</h2><p>나이</p>"
    assert paths(page)[-1] == ("A 가입", "A-1 자격", "A-1-가 나이")


def test_marked_paragraphs_above_others_are_headings() -> None:
    page = "<h2>상품</h2><p>■ 주요 기능</p><p>- 빠릅니다.</p><p>■ 유의 사항</p><p>없음</p>"
    assert paths(page)[1:] == [("상품",), ("상품", "주요 기능"), ("상품", "유의 사항")]


def test_marked_sentences_and_runs_stay_text() -> None:
    page = "<h2>상품</h2><p>○ 하나</p><p>○ 둘</p><p>○ 방문하면 됩니다.</p><p>끝</p>"
    assert texts(read(page)) == ["○ 하나", "○ 둘", "○ 방문하면 됩니다.", "끝"]


def test_anchors_come_from_the_heading_or_its_section() -> None:
    page = (
        '<section id="fee"><h2>요금</h2><p>a</p></section><h2 id="end">해지</h2><h2><a name="n"></a>문의</h2>'
    )
    assert [section.anchor for section in read(page).sections] == ["", "fee", "end", "n"]


def test_theme_marks_behind_headings_are_no_words() -> None:
    page = '<h1>제목</h1><h2 id="a">설치<a class="headerlink" href="#a">¶</a></h2><p>b</p>'
    assert read(page).sections[-1].path == ("설치",)


def test_text_block_that_names_nothing_keeps_document_whole() -> None:
    found = read("<h2>○</h2><p>첫째 조건은 만 19세 이상의 내국인이며 본인 명의여야 합니다.</p>")
    assert found.sections[-1].path[0].endswith("…")
    assert isinstance(found.sections[-1].blocks[0], Text)


def test_endless_headings_are_cut_in_paths_and_kept_as_text() -> None:
    """Each section carries the names above it: a long one a thousand times would fill the memory."""
    words = "아주 긴 제목 " * 100
    found = read(f"<h1>{words}</h1><h2>요금 {words}</h2><p>a</p>")
    assert [len(found.title), *(len(name) for name in found.sections[-1].path)] == [200, 200]
    assert texts(found) == [words.strip(), f"요금 {words}".strip(), "a"]
