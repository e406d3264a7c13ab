import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.documents import Document
from ragtune.errors import UnreadablePage
from ragtune.manuals import read_page
from tests.ragtune.manuals.reading import SOURCE, read, texts


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (b"\x89PNG\r\n\x1a\n....", "is a PNG image"),
        (b"<html><body><script>draw()</script></body></html>", "holds no text"),
        (b"<frameset><frame src=a.html></frameset>", "holds no text"),
    ],
)
def test_unreadable_pages_say_why_in_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadablePage, match=f"^{SOURCE} {reason}") as caught:
        read(data)
    assert "\n" not in str(caught.value)


def test_broken_markup_is_read_as_browsers_do() -> None:
    page = "<p>하나<p>둘<b>굵게<i>겹침</b>풀림</i><table><td>칸<tr>밖</table></div></p><ul><li>a<li>b"
    assert {"하나", "둘굵게겹침풀림밖"} <= set(texts(read(page)))


def test_a_document_knows_its_bytes() -> None:
    data = "<html lang=ko><p>요금</p></html>".encode("cp949")
    found = read_page(data, source=SOURCE, version=7, charset="euc-kr")
    assert (found.version, found.charset, found.language) == (7, "cp949", "ko")
    assert len(found.digest) == 64


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for page in (data, b"<table><tr><td>" + data, b"<h2>" + data + b"<p>a</p>"):
        assert outcome(page) == outcome(page)


def outcome(page: bytes) -> Document | str:
    try:
        return read(page)
    except UnreadablePage as error:
        return str(error)


@pytest.mark.parametrize(
    "part",
    [
        b"<div>",
        b"<b>",
        b"<table><tr><td>",
        b"<li>",
        b"<a href=x>",
        b"<td rowspan=0 colspan=1000>",
        b"<h1>",
        b"<dl><dt>",
    ],
)
def test_piled_up_markup_takes_time_in_proportion(part: bytes) -> None:
    """Ten times the page in at most forty times the time: nothing is quadratic."""

    def seconds(count: int) -> float:
        started = time.process_time()  # other processes must not count
        read(b"<p>a</p>" + part * count + b"b")
        return time.process_time() - started

    small, large = (min(seconds(count) for _ in range(3)) for count in (150, 1_500))
    assert large < 40 * small + 0.2
