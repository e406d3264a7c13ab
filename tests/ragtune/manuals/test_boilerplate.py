import pytest

from tests.ragtune.manuals.reading import read, texts

BODY = "<h1>해지 안내</h1><p>해지는 고객센터에서 접수합니다.</p>"
LINKS = "".join(f'<li><a href="{n}.html">메뉴 {n}</a></li>' for n in range(9))


@pytest.mark.parametrize(
    "boilerplate",
    [
        f"<nav><ul>{LINKS}</ul></nav>",
        f'<div role="navigation"><ul>{LINKS}</ul></div>',
        f'<div class="gnb"><ul>{LINKS}</ul></div>',
        f'<ul id="left-menu">{LINKS}</ul>',
        '<div id="location">홈 &gt; 상품 &gt; 인터넷</div>',
        "<header><p>회사 이름</p></header>",
        "<footer><p>Copyright</p></footer>",
        '<div class="footer">고객센터 080-000-0000</div>',
        "<p hidden>숨김</p>",
        '<p style="color:red; display : none">숨김</p>',
        '<div aria-hidden="true">숨김</div>',
        "<script>var a = '글';</script><style>p {}</style><template><p>틀</p></template>",
        "<noscript>스크립트를 켜세요</noscript><!-- 주석 -->",
        "<aside>광고</aside>",
    ],
)
def test_what_is_not_content_is_left_out(boilerplate: str) -> None:
    for page in (f"<body>{boilerplate}{BODY}", f"{BODY}{boilerplate}"):
        assert texts(read(page)) == ["해지는 고객센터에서 접수합니다."]


@pytest.mark.parametrize(
    "content",
    [
        '<div class="menu">점심 메뉴는 비빔밥입니다.</div>',
        "<header><h2>요금</h2><p>월 요금입니다.</p></header>",
        "<article><footer>문의는 100번입니다.</footer></article>",
        '<p hidden="until-found">펼치면 보입니다.</p>',
        "<details><summary>질문</summary>답입니다.</details>",
        '<div class="sidebar"><p>설치는 하루가 걸립니다. 기사가 방문합니다.</p></div>',
    ],
)
def test_content_is_kept_whatever_it_is_called(content: str) -> None:
    assert len(texts(read(f"{BODY}{content}"))) >= 2


def test_only_the_main_part_is_read_when_the_page_names_it() -> None:
    page = f"<div>머리</div><main>{BODY}<aside>참고</aside></main><div>꼬리</div>"
    assert texts(read(page)) == ["해지는 고객센터에서 접수합니다.", "참고"]


def test_a_page_of_links_is_an_index_and_kept() -> None:
    assert len(texts(read(f"<h1>목차</h1><ul>{LINKS}</ul>"))) == 9
