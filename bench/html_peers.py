"""What else reads HTML, each the way its own documentation shows: `Peer("lxml walk", read, grids)`.

docling is there as docling-slim, its HTML reader without the models for PDF. unstructured is not among them:
it fetches a spaCy model from the network while it reads."""

import importlib.util
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

Grid = list[list[str]]
_BLOCKS = frozenset(("p", "div", "li", "td", "th", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "br", "table"))
_DROPPED = frozenset(("script", "style", "noscript", "template", "head"))


@dataclass(frozen=True, slots=True)
class Peer:
    """`read` gives text and tables of a page, `grids` only its tables; both take the page's bytes."""

    who: str
    read: Callable[[bytes], object]
    grids: Callable[[bytes], list[Grid]] | None
    needs: str = ""

    def installed(self) -> bool:
        return not self.needs or importlib.util.find_spec(self.needs) is not None


def _spread(rows: Iterable[list[tuple[str, int, int]]]) -> Grid:
    """Rows of (text, rowspan, colspan) to a grid the plain way: no row groups, no padding."""
    grid: list[dict[int, str]] = []
    for y, cells in enumerate(rows):
        while len(grid) <= y:
            grid.append({})
        x = 0
        for text, rowspan, colspan in cells:
            while x in grid[y]:
                x += 1
            for line in range(y, y + max(1, min(rowspan, 1_000))):
                while len(grid) <= line:
                    grid.append({})
                grid[line].update(dict.fromkeys(range(x, x + max(1, colspan)), text))
            x += max(1, colspan)
    return [[row.get(x, "") for x in range(max(row, default=-1) + 1)] for row in grid]


def _span(value: Any) -> int:
    return int(value) if value and str(value).isdigit() else 1


def _selectolax_text(node: Any, out: list[str]) -> None:
    child = node.child
    while child is not None:
        if child.tag == "-text":
            out.append(child.text_content or "")
        elif child.tag not in _DROPPED:
            if child.tag in _BLOCKS:
                out.append("\n")
            _selectolax_text(child, out)
        child = child.next


def _selectolax_grids(tree: Any) -> list[Grid]:
    grids = []
    for table in tree.css("table"):
        rows = [
            [
                (cell.text(), _span(cell.attributes.get("rowspan")), _span(cell.attributes.get("colspan")))
                for cell in row.iter()
                if cell.tag in ("td", "th")
            ]
            for row in table.css("tr")
        ]
        grids.append(_spread(rows))
    return grids


def selectolax_read(page: bytes) -> object:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415

    tree = LexborHTMLParser(page.decode("utf-8", "replace"))
    out: list[str] = []
    _selectolax_text(tree.body, out)
    return " ".join("".join(out).split()), _selectolax_grids(tree)


def selectolax_grids(page: bytes) -> list[Grid]:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415

    return _selectolax_grids(LexborHTMLParser(page.decode("utf-8", "replace")))


def selectolax_parse(page: bytes) -> object:
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415

    return LexborHTMLParser(page.decode("utf-8", "replace"))


def _lxml_tree(page: bytes) -> Any:
    from lxml import html  # noqa: PLC0415

    return html.document_fromstring(
        page.decode("utf-8", "replace").encode(), parser=html.HTMLParser(encoding="utf-8")
    )


def _lxml_grids(tree: Any) -> list[Grid]:
    return [
        _spread(
            [
                [
                    (cell.text_content(), _span(cell.get("rowspan")), _span(cell.get("colspan")))
                    for cell in row.iterchildren("td", "th")
                ]
                for row in table.iter("tr")
            ]
        )
        for table in tree.iter("table")
    ]


def lxml_read(page: bytes) -> object:
    tree = _lxml_tree(page)
    out: list[str] = []
    for node in tree.iter():
        if isinstance(node.tag, str) and node.tag not in _DROPPED:
            if node.tag in _BLOCKS:
                out.append("\n")
            out.append(node.text or "")
        out.append(node.tail or "")
    return " ".join("".join(out).split()), _lxml_grids(tree)


def lxml_grids(page: bytes) -> list[Grid]:
    return _lxml_grids(_lxml_tree(page))


def _soup(page: bytes) -> Any:
    from bs4 import BeautifulSoup  # noqa: PLC0415

    return BeautifulSoup(page, "lxml", from_encoding="utf-8")


def _soup_grids(soup: Any) -> list[Grid]:
    return [
        _spread(
            [
                [
                    (cell.get_text(), _span(cell.get("rowspan")), _span(cell.get("colspan")))
                    for cell in row.find_all(["td", "th"], recursive=False)
                ]
                for row in table.find_all("tr")
            ]
        )
        for table in soup.find_all("table")
    ]


def soup_read(page: bytes) -> object:
    soup = _soup(page)
    return soup.get_text(" ", strip=True), _soup_grids(soup)


def soup_grids(page: bytes) -> list[Grid]:
    return _soup_grids(_soup(page))


def markdown_read(page: bytes) -> object:
    from html_to_markdown import convert  # noqa: PLC0415

    return convert(page.decode("utf-8", "replace"))


def markdown_grids(page: bytes) -> list[Grid]:
    """The pipe tables of the Markdown it gives."""
    made = markdown_read(page)
    text = made if isinstance(made, str) else getattr(made, "content", None) or made["content"]  # type: ignore[index]
    grids: list[Grid] = [[]]
    for line in str(text).splitlines():
        if line.lstrip().startswith("|"):
            cells = [re.sub(r"\\(.)", r"\1", c).strip() for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
            if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                grids[-1].append(cells)
        elif grids[-1]:
            grids.append([])
    return [grid for grid in grids if grid]


def pandas_grids(page: bytes) -> list[Grid]:
    import pandas  # noqa: PLC0415

    try:
        frames = pandas.read_html(io.StringIO(page.decode("utf-8", "replace")), header=None)
    except ValueError:  # no tables found
        return []
    grids = []
    for frame in frames:
        depth = frame.columns.nlevels
        named = [[str(c if depth == 1 else c[level]) for c in frame.columns] for level in range(depth)]
        head = named if not all(str(c).isdigit() for c in frame.columns) else []
        body = [["" if pandas.isna(cell) else str(cell) for cell in row] for row in frame.to_numpy().tolist()]
        grids.append(head + body)
    return grids


@cache
def _docling() -> Any:
    from docling.datamodel.base_models import InputFormat  # noqa: PLC0415
    from docling.document_converter import DocumentConverter  # noqa: PLC0415

    return DocumentConverter(allowed_formats=[InputFormat.HTML])


def docling_read(page: bytes) -> Any:
    from docling.datamodel.base_models import DocumentStream  # noqa: PLC0415

    return _docling().convert(DocumentStream(name="page.html", stream=io.BytesIO(page))).document


def docling_grids(page: bytes) -> list[Grid]:
    return [[[cell.text for cell in row] for row in table.data.grid] for table in docling_read(page).tables]


PEERS = [
    Peer("lexbor, parsing only", selectolax_parse, None),
    Peer("selectolax walk", selectolax_read, selectolax_grids),
    Peer("lxml walk", lxml_read, lxml_grids, "lxml"),
    Peer("BeautifulSoup", soup_read, soup_grids, "bs4"),
    Peer("html-to-markdown", markdown_read, markdown_grids, "html_to_markdown"),
    Peer("docling", docling_read, docling_grids, "docling"),
    Peer("pandas, tables only", pandas_grids, pandas_grids, "pandas"),
]
