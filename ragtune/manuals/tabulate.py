"""A `<table>` to a Table: grid, header rows and columns, caption, unit.

Header rows come from `<thead>` and rows of `<th>`, header columns from `<th scope=row>`; where a page marks
nothing, from what the cells look like. A table used for layout is no table: `is_layout`.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from ragtune.documents import Table
from ragtune.manuals.grid import MAX_COLSPAN, MAX_ROWSPAN, Cell, expand

Capture = Callable[[LexborNode], str]  # the text of an element, its images and links registered on the way
_UNIT = re.compile(r"[(\[<〈【]?\s*단위\s*[:：]\s*([^)\]>〉】]{1,40}?)\s*(?:[)\]>〉】]|$)")
_NUMBER = re.compile(r"^[-+△▲]?\s*[\d,.]+")
_DIGITS = re.compile(r"[ \t\n\f\r]*\+?([0-9]{1,9})")
_MAX_HEADER_ROWS = 4
_MAX_HEADER_CHARS = 40  # a header cell where nothing is marked


@dataclass(slots=True)
class Rows:
    """A table's own rows, by row group; footers last, as the standard says. Nested tables are not in it."""

    groups: list[list[LexborNode]] = field(default_factory=list)
    head: int = 0  # rows of `<thead>`
    caption: LexborNode | None = None


def rows_of(table: LexborNode) -> Rows:
    """The rows of `table` in order of the table model."""
    found = Rows()
    feet: list[list[LexborNode]] = []
    for part in _children(table):
        if part.tag == "caption":
            found.caption = found.caption or part
        elif part.tag in ("thead", "tbody", "tfoot"):
            group = [row for row in _children(part) if row.tag == "tr"]
            found.head += len(group) if part.tag == "thead" and not found.groups else 0
            (feet if part.tag == "tfoot" else found.groups).append(group)
    found.groups += feet
    return found


def is_layout(table: LexborNode, rows: Rows, attributes: dict[str, str | None]) -> bool:
    """A table that only places things on the page: its cells are read as running text."""
    if attributes.get("role") in ("presentation", "none"):
        return True
    if found_header(table) or rows.caption:
        return False
    cells = [cell for group in rows.groups for row in group for cell in _children(row)]
    holds_blocks = table.css_first("h1, h2, h3, h4, h5, h6, table table") is not None
    return len(cells) <= 1 or (holds_blocks and len(cells) <= 6)


def found_header(table: LexborNode) -> bool:
    return table.css_first("th, thead") is not None


def tabulate(rows: Rows, capture: Capture) -> Table:
    """Raises TooManyCells when spans would blow the grid up."""
    caption = capture(rows.caption) if rows.caption else ""
    nodes = [[[n for n in _children(row) if n.tag in ("td", "th")] for row in group] for group in rows.groups]
    marked = any(node.tag == "th" for group in nodes for row in group for node in row)
    cells = [[[_cell(node, capture, marked) for node in row] for row in group] for group in nodes]
    return table_of(cells, head=rows.head, caption=caption)


def table_of(cells: Sequence[Sequence[Sequence[Cell]]], *, head: int = 0, caption: str = "") -> Table:
    """The Table of row groups of cells, of whatever file: `head` rows are known to be headers.

    Raises TooManyCells when spans would blow the grid up.
    """
    flat = [cell for group in cells for row in group for cell in row]
    if not any(cell.header for cell in flat):
        _mark_by_look(flat)
    slots = expand(cells)
    if _alternates(slots):
        slots = [
            row[x : x + 2] for row in slots for x in range(0, len(row), 2) if row[x].text or row[x + 1].text
        ]
    grid = tuple(tuple(cell.text for cell in row) for row in slots)
    header_rows = _header_rows(slots, head)
    unit = unit_of(caption)
    return Table(
        grid=grid,
        header_rows=header_rows,
        header_columns=_header_columns(slots, header_rows) if grid and len(grid) > header_rows else 0,
        caption=" ".join(caption.split()),
        unit=unit,
    )


def unit_of(text: str) -> str:
    """The unit of "(단위: 천원)"; "" if the text names none.

    >>> unit_of("표 1. 월 요금 (단위 : 원)")
    '원'
    """
    found = _UNIT.search(text)
    return found.group(1).strip() if found else ""


def _children(node: LexborNode) -> list[LexborNode]:
    found, child = [], node.child
    while child is not None:
        if (child.tag or "-")[0] != "-":
            found.append(child)
        child = child.next
    return found


def _cell(node: LexborNode, capture: Capture, marked: bool) -> Cell:
    attributes = node.attributes
    return Cell(
        capture(node),
        header=node.tag == "th",
        rowspan=_span(attributes.get("rowspan"), 0, MAX_ROWSPAN),
        colspan=_span(attributes.get("colspan"), 1, MAX_COLSPAN),
        scope=(attributes.get("scope") or "").lower(),
        look="" if marked else _look(node, attributes),
    )


def _look(node: LexborNode, attributes: dict[str, str | None]) -> str:
    first = node.child
    while first is not None and (first.tag or "-")[0] == "-" and not (first.text_content or "").strip():
        first = first.next
    bold = (
        first is not None and first.tag in ("b", "strong") and len(first.text()) >= len(node.text().strip())
    )
    return " ".join(
        (attributes.get("class") or "", attributes.get("bgcolor") or "", "bold" if bold else "")
    ).strip()


def _mark_by_look(cells: list[Cell]) -> None:
    """Where no cell is a `<th>`, those that look otherwise than most may be headers."""
    looks = Counter(cell.look for cell in cells)
    if len(looks) != 2:
        return
    (_, most), (header, few) = looks.most_common()
    if most == few:  # keys and values side by side: the plain ones are the values
        header = next((look for look in looks if look), "")
    for cell in cells:
        cell.header = cell.look == header


def _alternates(slots: list[list[Cell]]) -> bool:
    """Rows of key, value, key, value: read as rows of one key and one value."""
    width = len(slots[0]) if slots else 0
    if width < 4 or width % 2:
        return False
    keys = [cell for row in slots for cell in row[0::2] if cell.text]
    values = [cell for row in slots for cell in row[1::2] if cell.text]
    spanning = any(row[x] is row[x + 1] for row in slots for x in range(width - 1))
    return not spanning and bool(keys) and all(c.header for c in keys) and not any(c.header for c in values)


def _span(value: str | None, low: int, high: int) -> int:
    """The standard's rules for parsing non-negative integers: leading digits count, anything else is 1."""
    if not value:
        return 1
    digits = _DIGITS.match(value)
    number = int(digits.group(1)) if digits else 1
    return min(number, high) if number >= low else 1


def _header_rows(slots: list[list[Cell]], head: int) -> int:
    if not slots:
        return 0
    if head:
        head = min(head, len(slots))
        return head if any(cell.text for row in slots[:head] for cell in row) else 0
    count = 0
    for row in slots[:_MAX_HEADER_ROWS]:
        marked = [cell for cell in row if cell.text]
        if not marked or not all(cell.header and not cell.scope.startswith("row") for cell in marked):
            break
        count += 1
    if count:
        return count if count < len(slots) else 1
    unmarked = not any(cell.header for row in slots for cell in row)
    return 1 if unmarked and _looks_like_header(slots) else 0


def _looks_like_header(slots: list[list[Cell]]) -> bool:
    """Where nothing is marked: the first row is a header when its cells are short, distinct words."""
    first = [cell.text for cell in slots[0]]
    if len(slots) < 2 or len(first) < 2 or not all(first[1:]) or len(set(first)) < len(first):
        return False
    if any(len(text) > _MAX_HEADER_CHARS or _NUMBER.match(text) for text in first):
        return False
    if len(first) == 2:  # two columns are more often key and value than header and rows
        return first[0] in ("구분", "항목", "분류", "상품", "내용", "종류", "이름", "명칭")
    return True


def _header_columns(slots: list[list[Cell]], header_rows: int) -> int:
    body, width = slots[header_rows:], len(slots[0])
    marked = _marked_columns(body, width)
    if marked:
        return marked
    texts = [[cell.text for cell in row] for row in body if len({id(cell) for cell in row}) > 1 or width == 1]
    if width < 2 or not texts:
        return 0
    for count in range(1, min(3, width - 1) + 1):
        column = [row[count - 1] for row in texts]
        if any(not text or _NUMBER.match(text) or len(text) > 2 * _MAX_HEADER_CHARS for text in column):
            return count - 1
        if len({tuple(row[:count]) for row in texts}) == len(texts):
            return count
    return 1


def _marked_columns(body: list[list[Cell]], width: int) -> int:
    """Leading columns whose cells are all `<th>`; one of them in a row of nothing else marks a title row."""
    count = 0
    rows = [row for row in body if not all(cell.header for cell in row)]
    while rows and count < width - 1 and all(row[count].header or not row[count].text for row in rows):
        count += 1
    return count if any(row[x].header for row in rows for x in range(count)) else 0
