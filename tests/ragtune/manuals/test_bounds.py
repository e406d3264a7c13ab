import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragtune.errors import UnreadablePage
from ragtune.manuals.bounds import MAX_ATTRIBUTES, MAX_NESTING, MAX_PAGE_BYTES, bounded
from tests.ragtune.manuals.reading import everything, read, tables, texts


@pytest.mark.parametrize(
    "tag", ["<div>", "<ul><li>", "<dl><dt>x", "<table><tr><td>", "<b>", "<header>", "<x-y>"]
)
def test_markup_piled_up_is_refused_before_it_takes_time(tag: str) -> None:
    started = time.perf_counter()
    with pytest.raises(UnreadablePage, match="nests more than 5,000 elements"):
        read(tag * 80_000)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "unit",
    [
        '<div title="</div>">글',
        "<div><!--</div>-->글",
        "<div><textarea></div></textarea>글",
        "<div><table></div></table>글",
        "<span><div></span>글",
    ],
)
def test_ends_that_end_nothing_hide_no_depth(unit: str) -> None:
    with pytest.raises(UnreadablePage, match="nests more than 5,000 elements"):
        read(unit * 11_000)


def test_what_is_closed_in_time_is_no_nesting() -> None:
    page = "<div><p>a<li>b</div>" * MAX_NESTING
    assert bounded(page) == page
    page = "</div>" * 9_000 + "<div>" * (MAX_NESTING - 10)
    assert bounded(page) == page


def test_tables_inside_tables_take_time_in_proportion() -> None:
    page = "<table><tr><th>a<td>b<tr><th>c<td>" * 40
    started = time.perf_counter()
    read(page)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "again", ["<div>글</div>", "<p>글", "<li>글", "<b title='</b>'></b>", "<table><tr><td></b></table><p>글"]
)
def test_formatting_left_open_does_not_fill_the_memory(again: str) -> None:
    """1,500 times 2,000 elements that the parser would open again: gigabytes out of 60 KB."""
    unclosed = "".join(f"<b id={n}>" for n in range(1_500))
    started = time.process_time()
    found = read(f"<div><p>{unclosed}글</p></div>" + again * 2_000)
    assert everything(found).count("글") == 1 + 2_000 * again.count("글")
    assert time.process_time() - started < 2


def test_formatting_of_a_long_page_is_still_told() -> None:
    rows = "".join(f"<tr><td><b>항목{n}<td>값 <i>{n}</i>" for n in range(900))
    page = f"<h1>표</h1><table>{rows}</table><p><b hidden>숨김</b>글 <strong>굵게</strong>"
    assert "calm-b" in bounded(page)
    (table,) = tables(read(page))
    assert (table.header_rows, table.header_columns) == (0, 1)
    assert texts(read(page)) == ["글 굵게"]


def test_a_few_fonts_left_open_do_no_harm() -> None:
    page = "".join(f"<div><font size={n}>글{n}</div>" for n in range(60)) + "<p>a</p>" * 1_000
    assert len(texts(read(page))) == 1_060


@pytest.mark.parametrize(
    "tag",
    [
        "<p " + " ".join(f"a{n}" for n in range(9_000)) + ">글",
        "<p " + " ".join(f'a{n}=">"' for n in range(9_000)) + ">글",
        '<!-- <p a=" --><p ' + "".join(f"a{n}='<br>'" for n in range(9_000)) + ">글",
        "<p " + "/".join(f"a{n}=x" for n in range(9_000)),
        "<p " + "".join(f"a{n}='>'" for n in range(9_000)) + ">글",
        "<p " + " ".join(f"a{n} b{n} c{n}=x" for n in range(900)) + ">글",
    ],
)
def test_a_tag_of_thousands_of_attributes_is_refused(tag: str) -> None:
    with pytest.raises(UnreadablePage, match=f"more than {MAX_ATTRIBUTES:,} attributes"):
        read(tag)


def test_long_attributes_are_no_crowd() -> None:
    inlined = "data:image/png;base64," + "iVBORw0KGgo" * 9_000
    page = f"<p>글</p><img src='{inlined}' alt=\"{'설명 ' * 9_000}\">"
    assert bounded(page) == page


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("".join(f"<body a{n}=1>" for n in range(20_000)), "repeats <html> or <body>"),
        ("".join(f"<HTML a{n}=1>" for n in range(20_000)), "repeats <html> or <body>"),
        ("<select>" + "<option>글</option>" * 20_000, "more than 10,000 options"),
    ],
)
def test_what_the_parser_compares_with_all_before_is_bounded(page: str, reason: str) -> None:
    with pytest.raises(UnreadablePage, match=reason):
        read(page)


def test_a_page_of_fifty_megabytes_is_set_aside_at_once() -> None:
    page = b"<p>" + b"a " * 25_000_000
    tracemalloc.start()
    started = time.perf_counter()
    with pytest.raises(
        UnreadablePage, match=rf"is 50,000,003 bytes; pages of at most {MAX_PAGE_BYTES:,} are"
    ):
        read(page)
    seconds, (_, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 1
    assert peak < 1_000_000


def test_a_page_of_too_many_tags_is_set_aside() -> None:
    with pytest.raises(UnreadablePage, match="holds more than 500,000 tags"):
        read("<p>a" * 500_001)


@given(st.lists(st.sampled_from(["<div>", "</div>", "<b>", "</b>", "<p>", "x", "<br>"]), max_size=60))
@settings(max_examples=10, deadline=None)
def test_nothing_before_it_hides_depth(parts: list[str]) -> None:
    with pytest.raises(UnreadablePage, match="nests more"):
        bounded("".join(parts) + "<div>" * 2 * MAX_NESTING)
