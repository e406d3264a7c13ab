"""The fuzzer's short run, and markup that makes careless readers take square time or memory."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragtune.errors import UnreadablePage
from tests.ragtune.manuals.fuzz.mutations import mutated, piled
from tests.ragtune.manuals.fuzz.rules import broken
from tests.ragtune.manuals.fuzz.seeds import seeds
from tests.ragtune.manuals.reading import read

PAGES = 800
SMALL, LARGE = 40_000, 160_000  # bytes


@pytest.mark.parametrize("seed", [11, 12])
def test_mutated_pages_break_no_rule(seed: int) -> None:
    rng, pages = random.Random(seed), seeds()
    assert len(pages) > 50
    found = {rule for _ in range(PAGES) if (rule := broken(mutated(rng, pages)))}
    assert not found


def test_piled_up_pages_break_no_rule() -> None:
    rng = random.Random(13)
    found = {rule for _ in range(8) if (rule := broken(piled(rng, SMALL)))}
    assert not found


@given(st.lists(st.sampled_from(["<table>", "<tr>", "<td>", "<th colspan=9>", "<ul>", "<li>", "<dl>", "<dt>",
                                 "<dd>", "<h2>", "<p>", "</table>", "</ul>", "</dl>", "</h2>", "<pre>", "가 ",
                                 "<a href=b.pdf>", "<img alt=c src=d>", "<div class=gnb>", "<caption>"]),
                max_size=40))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_any_nesting_breaks_no_rule(parts: list[str]) -> None:
    assert broken("".join(parts).encode()) == ""


PILES = {
    "tables in cells": "<table><tr><td>글",
    "open rows": "<tr><td>글",
    "spans": "<td rowspan=9 colspan=9>글",
    "spans to the end": "<tr><td rowspan=0>글<td rowspan=0 colspan=50>",
    "menus": '<div class="menu"><a>글</a>',
    "headers": "<header><p>글</p>",
    "figures": '<img src="a.png">글',
    "comments": "<!-- x --><h2>글</h2>",
    "links": "<a href=x.html>글</a>",
    "lists": "<ul><li>글",
    "terms": "<dt>글<dd>뜻",
    "bold": "<b><p>글</b>",
    "bold of its own": "<i><b>글</i>",
    "headings": "<h3>글",
    "marks": "<p>■ 글</p><p>- 글</p>",
    "numbers": "<h2>1-2-3</h2><p>글: a</p>",
    "notes": "<p>※ 글</p>",
    "references": "&shy;&#x1112;&#x1161;",
    "quotes": '<p a="',
    "ends": "</p></div>글",
}
OPENED = {"spans": "<table>", "figures": "<figure><figcaption>" + "설명 " * 500 + "</figcaption>",
          "notes": "<table><tr><th>a<td>b</table>", "open rows": "<table>"}  # fmt: skip


@pytest.mark.parametrize("name", PILES)
def test_time_grows_with_the_size(name: str) -> None:
    """Four times the page in at most ten times the time: square time would be sixteen."""

    def seconds(size: int) -> float:
        page = f"<p>글</p>{OPENED.get(name, '')}" + PILES[name] * (size // len(PILES[name].encode()))
        started = time.process_time()  # other processes must not count
        try:
            read(page)
        except UnreadablePage as error:
            assert "more than" in str(error)  # noqa: PT017 - refusing is right, and its time counts too
        return time.process_time() - started

    small, large = (min(seconds(size) for _ in range(3)) for size in (SMALL, LARGE))
    assert large < 10 * small + 0.1


def test_a_cell_repeated_by_its_spans_can_not_fill_the_memory() -> None:
    """100 KB that a grid of 60,000 slots would repeat to six gigabytes."""
    page = f"<table><tr><th rowspan=200 colspan=300>{'글 ' * 25_000}<td>a</tr>{'<tr>' * 200}</table>"
    assert "more than 10,000,000 characters" in read(page).warnings[0]


def test_many_large_tables_share_one_room() -> None:
    table = "<table>" + "<tr><td colspan=1000>글<td>a" * 150 + "</table>"
    found = read(table * 20)
    assert len(found.warnings) >= 10
    assert "the page's tables have more than 500,000 cells" in found.warnings[-1]
