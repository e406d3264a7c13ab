import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.errors import UnreadablePage
from ragtune.manuals.bounds import MAX_ATTRIBUTES, MAX_NESTING, MAX_PAGE_BYTES, require_bounded
from tests.ragtune.manuals.reading import read, texts


@pytest.mark.parametrize(
    "tag", ["<div>", "<ul><li>", "<dl><dt>x", "<table><tr><td>", "<b>", "<header>", "<x-y>"]
)
def test_markup_piled_up_is_refused_before_it_takes_time(tag: str) -> None:
    started = time.perf_counter()
    with pytest.raises(UnreadablePage, match="nests more than 2,000 elements"):
        read(tag * 80_000)
    assert time.perf_counter() - started < 5


def test_what_is_closed_in_time_is_no_nesting() -> None:
    require_bounded("<div><p>a<li>b</div>" * MAX_NESTING)
    require_bounded("</div>" * 9_000 + "<div>" * MAX_NESTING)


def test_tables_inside_tables_take_time_in_proportion() -> None:
    page = "<table><tr><th>a<td>b<tr><th>c<td>" * 40
    started = time.perf_counter()
    read(page)
    assert time.perf_counter() - started < 2


def test_formatting_left_open_is_refused_before_it_fills_the_memory() -> None:
    """2,000 times 2,000 elements that the parser would open again: gigabytes out of 60 KB."""
    unclosed = "".join(f"<b id={n}>" for n in range(1_500))
    with pytest.raises(UnreadablePage, match="leaves too many formatting elements open"):
        read(f"<div>{unclosed}</div>" + "<div>글</div>" * 2_000)


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
    ],
)
def test_a_tag_of_thousands_of_attributes_is_refused(tag: str) -> None:
    with pytest.raises(UnreadablePage, match=f"more than {MAX_ATTRIBUTES:,} attributes"):
        read(tag)


def test_long_attributes_are_no_crowd() -> None:
    inlined = "data:image/png;base64," + "iVBORw0KGgo" * 9_000
    require_bounded(f"<p>글</p><img src='{inlined}' alt=\"{'설명 ' * 900}\">")


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
def test_a_window_never_hides_depth(parts: list[str]) -> None:
    deep = "<div>" * MAX_NESTING
    with pytest.raises(UnreadablePage, match="nests more"):
        require_bounded("".join(parts) + "</div>" * 60 + "<div>" * 61 + deep)
