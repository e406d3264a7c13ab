"""The main text is complete: every word that html5lib, an independent parser, finds is in the Document."""

from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragtune.errors import UnreadablePage
from ragtune.manuals.charset import decode
from ragtune.manuals.reading import explain
from tests.ragtune.manuals.reading import SOURCE, everything, read

SAMPLES = Path(__file__).parents[3] / "samples" / "manuals"
UNSHOWN = {
    "script", "style", "template", "svg", "noscript", "title", "head", "nav", "header", "footer",
    "aside", "select", "textarea", "iframe", "noembed", "noframes", "video", "audio", "canvas",
}  # fmt: skip
# No <main> or <article>: what stands outside of a stated main part is left out on purpose.
PARTS = (
    "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<i id=x>", "</i>", "<span>", "</span>", "<ul>",
    "</ul>", "<ol start=3>", "</ol>", "<li>", "</li>", "<dl>", "</dl>", "<dt>", "</dt>", "<dd>",
    "<table>", "</table>", "<caption>", "<thead>", "<tbody>", "<tfoot>", "<tr>", "</tr>", "<td>",
    "<th rowspan=2>", "<td colspan=3>", "</td>", "<h2>", "</h2>", "<h3 id=a>", "</h3>", "<pre>",
    "</pre>", "<br>", "<hr>", "<a href=b.html>", "</a>", "<img src=a.png>", "<blockquote>",
    "</blockquote>", "<section>", "</section>", "<figure>", "<figcaption>", "<details>", "<summary>",
    "<form>", "<button>", "<fieldset>", "<legend>", "<code>", "<!-- x -->", "<script>a<b</script>",
    "<p hidden>", "<center>", "<font color=red>",
)  # fmt: skip


def words(html: str) -> list[str]:
    """The words that a reader of the page sees, in html5lib's tree."""
    tree = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    found: list[str] = []
    _gather(tree, found)
    return "".join(found).split()


def _gather(node: Any, found: list[str]) -> None:
    if isinstance(node.tag, str) and node.tag not in UNSHOWN and "hidden" not in node.attrib:
        found += [" ", node.text or ""]
        for child in node:
            _gather(child, found)
            found += [" ", child.tail or ""]


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.integers(0, 99).map("낱말{}  ".format)), max_size=40))
@settings(max_examples=400, deadline=None)
def test_every_word_of_any_markup_is_in_the_document(parts: list[str]) -> None:
    html = f"<!doctype html><title>제목</title><body><p>앞</p>{''.join(parts)}"
    found = everything(read(html))
    assert [word for word in words(html) if word not in found] == []


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.html"))[::4], ids=lambda path: path.stem)
def test_every_word_of_the_samples_is_read_or_said_to_be_left_out(path: Path) -> None:
    data = path.read_bytes()
    try:
        reading = explain(data, source=SOURCE, version=1)
    except UnreadablePage:
        return  # one sample is there to be refused
    left_out = "".join(part.text for part in reading.left_out)
    found = "".join(f"{everything(reading.document)}{left_out}".split())
    missing = [word for word in words(decode(data, "").text) if word.strip(".,:()○▶■●-·") not in found]
    assert not missing
