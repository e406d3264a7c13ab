import pytest

from ragtune.manuals.markup import Markup, plain
from tests.ragtune.manuals.reading import everything, read, texts


def inside(html: str) -> list[tuple[str, ...]]:
    page = Markup.of(html)
    return list(page.tags[page.body + 1 : page.ends[page.body]])


def test_elements_of_nothing_but_text_are_one_tag() -> None:
    assert inside("<ul><li>하나<li>둘 <b>셋</b></ul>") == [
        ("ul", "", "", "", ""),
        ("li", "", "하나", "</li>", ""),
        ("li", "", "둘 ", "", ""),
        ("b", "", "셋", "</b>", ""),
        ("/li", "", "", "", ""),
        ("/ul", "", "", "", ""),
    ]


def test_ends_and_parents_tell_the_tree() -> None:
    page = Markup.of("<div><p>a<br>b</p><!-- c --></div><p>d</p>")
    names = {page.tags[at][0]: at for at in range(page.body, len(page.tags))}
    assert page.ends[names["div"]] == names["/div"]
    assert page.tags[page.parents[names["br"]]][0] == "p"
    assert [page.tags[at][0] for at in page.children(names["div"])] == ["p"]


@pytest.mark.parametrize(
    "written",
    [
        "<p title='a > b'>글</p>",
        '<p title="a &quot;<b>&quot; c">글</p>',
        "<p =x=1 a\"b='<i>'>글</p>",
        "<!-- a > <p>숨김</p> --!>글",
        "<?xml version='1.0'?>글",
        "<![CDATA[ x ]]>글",
        "<script>if (a < b) '<p>숨김</p>'</script>글",
        "<script><!--<script></script>숨김--></script>글",
        "<svg><style>숨김</style><title>숨김</title></svg>글",
        "<template><p>숨김</p></template>글",
        "<div<p>글</div<p>",
        "글<noframes><p>숨김</p></noframes>",
        "글<iframe src=a.html><p>숨김</p></iframe>",
    ],
)
def test_odd_markup_is_taken_apart_as_browsers_do(written: str) -> None:
    assert "".join(texts(read(f"<body>{written}"))).startswith("글")
    assert "숨김" not in everything(read(f"<body>{written}"))


@pytest.mark.parametrize("name", ["xmp", "plaintext", "listing"])
def test_raw_text_is_code(name: str) -> None:
    assert texts(read(f"<p>앞</p><{name}>1 < 2 &amp; <b>"))[1].startswith("1 < 2")


def test_escapes_are_undone_once() -> None:
    assert plain("&amp;lt; &lt;") == "&lt; <"
    assert texts(read("<p>&amp;copy; &lt;b&gt; &amp;nbsp;</p>")) == ["&copy; <b> &nbsp;"]


def test_what_references_bring_in_is_cleaned() -> None:
    assert texts(read("<p>가&shy;나&#x200b;다&#1;라&#x1112;&#x1161;&#x11ab;</p>")) == ["가나다라한"]


def test_a_stated_main_part_is_read_alone_and_alike() -> None:
    page = "<title>t</title><nav>메뉴</nav><main><h1>제목</h1><p>글</p></main><div>꼬리</div>"
    assert len(Markup.of(page).tags) < len(Markup.whole(page).tags)
    assert texts(read(page)) == ["글"]


def test_two_main_parts_are_none() -> None:
    assert texts(read("<main>하나</main><main>둘</main>")) == ["하나", "둘"]


def test_an_invisible_main_part_is_none() -> None:
    assert texts(read("<title>t</title><main>&#x200b;</main><p>글</p>")) == ["글"]


def test_letters_and_links_are_counted_alike_for_small_and_large() -> None:
    small = Markup.of("<div><a>둘</a> 셋<a>하나</a></div>")
    large = Markup.of("<div>" + "<a>둘</a> 셋<a>하나</a>" * 100 + "</div>")
    for page, times in ((small, 1), (large, 100)):
        at = page.body + 1
        assert page.linked(at) == 3 * times
        assert page.letters(at) >= 4 * times
