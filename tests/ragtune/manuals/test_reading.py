import pytest

from ragtune.errors import UnreadablePage
from ragtune.manuals.reading import explain, shown
from tests.ragtune.manuals.reading import SOURCE, read, tables

PAGE = """<title>t</title><script>x()</script><script>y()</script><nav>홈 <a href=a.html>상품</a></nav>
<main><h1>기가라이트</h1><p>소개</p><div style="display:none">초안</div><h2>요금</h2>
<table><tr><th rowspan=2>상품<th colspan=2>요금<tr><th>월<th>설치
<tr><td>라이트<td>1,000원<td>무료</table></main>
<div class="foot">고객센터</div>"""


def test_what_is_left_out_is_said_with_the_reason() -> None:
    parts = explain(PAGE.encode(), source=SOURCE, version=1).left_out
    assert [(part.element, part.reason, part.text, part.times) for part in parts] == [
        ("div", "hidden", "초안", 1),
        ("nav", "outside of the main part", "홈 상품", 1),
        ("div.foot", "outside of the main part", "고객센터", 1),
        ("script", "script", "", 2),
    ]


@pytest.mark.parametrize(
    ("left_out", "element", "reason"),
    [
        ("<nav>메뉴</nav>", "nav", "navigation"),
        ("<div class='gnb top'><a>메뉴</a></div>", "div.gnb", "menu"),
        ("<div id=location>홈 &gt; 상품 &gt; 인터넷</div>", "div.location", "path"),
        ("<div class=footer>고객센터</div>", "div.footer", "footer"),
        ("<footer>고객센터</footer>", "footer", "page frame"),
        ("<select><option>고르기</select>", "select", "form control"),
        ("<div role=banner>알림</div>", "div", "navigation"),
        ("<noscript>자바스크립트를 켜 주세요</noscript>", "noscript", "noscript"),
        ("<h2>요금<a class=mark href=#a>¶</a></h2>", "a.mark", "heading mark"),
        ("<noframes>틀이 없습니다</noframes>", "noframes", "noframes"),
    ],
)
def test_each_reason_is_named(left_out: str, element: str, reason: str) -> None:
    part = explain(f"<p>글</p>{left_out}".encode(), source=SOURCE, version=1).left_out[0]
    assert (part.element, part.reason) == (element, reason)


def test_the_lines_of_a_caption_for_screen_readers_are_said() -> None:
    page = """<table><caption>월 요금<p>상품, 월 요금, 설치비를 설명한 표입니다.</p></caption>
<tr><th>상품<th>월 요금<th>설치비<tr><td>라이트<td>1,000원<td>무료</table>"""
    found = explain(page.encode(), source=SOURCE, version=1)
    (part,) = found.left_out
    assert part.text == "상품, 월 요금, 설치비를 설명한 표입니다."
    assert part.reason == "caption that lists the headers"
    assert tables(found.document)[0].caption == "월 요금"


def test_what_is_not_listed_is_counted() -> None:
    found = explain(("<p>글</p>" + "<nav>메뉴</nav>" * 600).encode(), source=SOURCE, version=1).left_out
    assert (len(found), found[-1].reason, found[-1].times) == (501, "more of the like", 100)


def test_explaining_changes_nothing_of_the_document() -> None:
    assert explain(PAGE.encode(), source=SOURCE, version=1).document == read(PAGE)


def test_tables_are_shown_with_header_paths_and_sentences() -> None:
    page = shown(explain(PAGE.encode(), source=SOURCE, version=1))
    block = page["sections"][-1]["blocks"][0]
    assert block["columns"] == [["상품"], ["요금", "월"], ["요금", "설치"]]
    assert block["sentences"] == ["라이트의 요금 월은 1,000원, 요금 설치는 무료입니다."]


def test_what_can_not_be_read_says_why() -> None:
    with pytest.raises(UnreadablePage, match="holds no text"):
        explain(b"<script>x</script>", source=SOURCE, version=1)
