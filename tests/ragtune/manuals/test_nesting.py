import time

import pytest

from ragtune.errors import UnreadablePage
from ragtune.manuals.nesting import MAX_NESTING, require_shallow
from tests.ragtune.manuals.reading import read


@pytest.mark.parametrize(
    "tag", ["<div>", "<ul><li>", "<dl><dt>x", "<table><tr><td>", "<b>", "<header>", "<x-y>"]
)
def test_markup_piled_up_is_refused_before_it_takes_time(tag: str) -> None:
    started = time.perf_counter()
    with pytest.raises(UnreadablePage, match="nests more than 2,000 elements"):
        read(tag * 80_000)
    assert time.perf_counter() - started < 5


def test_what_is_closed_in_time_is_no_nesting() -> None:
    require_shallow("<div><p>a<li>b</div>" * MAX_NESTING)
    require_shallow("</div>" * 9_000 + "<div>" * MAX_NESTING)


def test_tables_inside_tables_take_time_in_proportion() -> None:
    page = "<table><tr><th>a<td>b<tr><th>c<td>" * 40
    started = time.perf_counter()
    read(page)
    assert time.perf_counter() - started < 2
