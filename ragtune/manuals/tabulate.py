"""A `<table>` to a Table: grid, header rows and columns, caption, unit.

Header rows come from `<thead>` and rows of `<th>`, header columns from `<th scope=row>`; where a page marks
nothing, from what the cells look like. A table used for layout is no table: `is_layout`.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ragtune.documents import Table
from ragtune.manuals.grid import MAX_COLSPAN, MAX_ROWSPAN, Cell, Room, expand
from ragtune.manuals.markup import Attributes, Markup

Attributed = tuple[int, int, str, str]  # rowspan, colspan, scope and look that a cell's attributes state
_CELLS = ("td", "th")
_GROUPS = ("thead", "tbody", "tfoot")
_BLOCKS = ("h1", "h2", "h3", "h4", "h5", "h6", "table")
_UNIT = re.compile(r"[(\[<〈【]?\s*단위\s*[:：]\s*([^)\]>〉】]{1,40}?)\s*(?:[)\]>〉】]|$)")
_FOR_READERS = re.compile(r"(?:표입니다|설명합니다|제공합니다|안내합니다|나타낸표|설명한표|안내표)\.?$")
_NUMBER = re.compile(r"^[-+△▲]?\s*[\d,.]+")
_DIGITS = re.compile(r"[ \t\n\f\r]*\+?([0-9]{1,9})")
_MAX_HEADER_ROWS = 4
_MAX_HEADER_CHARS = 40  # a header cell where nothing is marked


@dataclass(slots=True)
class Rows:
    """A table's own cells by row and row group, footers last as the standard says, without nested tables.

    Cells and captions are places in the page's Markup.
    """

    groups: list[list[list[int]]] = field(default_factory=list)
    head: int = 0  # rows of `<thead>`
    heading: bool = False  # while its rows are read
    captions: list[int] = field(default_factory=list)  # one, but for broken pages
    unsaid: list[str] = field(default_factory=list)  # what of them is not in the Table


def rows_of(markup: Markup, table: int, shown: Callable[[int], bool]) -> Rows:
    """The rows of `table` in order of the table model, without what is not `shown`."""
    found, feet = Rows(), Rows()
    group: list[list[int]] = []
    row: list[int] = []
    tags, ends, at = markup.tags, markup.ends, table + 1
    end = ends[table]
    while at < end:
        name, raw, _, _, _ = tags[at]
        if raw and not shown(at):
            at = ends[at]
        elif name == "td" or name == "th":  # noqa: PLR1714 - quicker, and most tags come this way
            row.append(at)
            at = ends[at]
        elif name == "tr":
            row = []  # an empty one is closed at once, and has no cells
            group.append(row)
            found.head += found.heading
        elif name in _GROUPS:
            group = []
            (feet if name == "tfoot" else found).groups.append(group)
            found.heading = name == "thead" and len(found.groups) == 1
        elif name and name[0] != "/":
            found.captions += [at] if name == "caption" else []
            at = ends[at]
        at += 1
    found.groups += feet.groups
    return found


def is_layout(markup: Markup, table: int, rows: Rows) -> bool:
    """A table that only places things on the page: its cells are read as running text."""
    if markup.attributes(markup.tags[table][1]).get("role") in ("presentation", "none"):
        return True
    if rows.captions or markup.holds(table, "th", "thead"):
        return False
    cells = sum(len(row) for group in rows.groups for row in group)
    return cells <= 1 or (cells <= 6 and markup.holds(table, *_BLOCKS))


def tabulate(markup: Markup, rows: Rows, read: Callable[[int], str], room: Room) -> Table:
    """The table of `rows`; `read` gives a cell's text. Raises TooManyCells when spans blow the grid up."""
    said = [line for at in rows.captions for line in read(at).split("\n") if line]
    marked = any(markup.tags[at][0] == "th" for group in rows.groups for row in group for at in row)
    looks: dict[str, Attributed] = {}
    cells = [[[_cell(markup, at, read, looks) for at in row] for row in group] for group in rows.groups]
    if not marked:
        _weigh(markup, rows, cells)
    table = table_of(cells, room, head=rows.head, caption=" ".join(said))
    if len(said) > 1:
        rows.unsaid = _header_lists(said, table)
        table = replace(table, caption=" ".join(line for line in said if line not in rows.unsaid))
    return table


def table_of(
    cells: Sequence[Sequence[Sequence[Cell]]], room: Room, *, head: int = 0, caption: str = ""
) -> Table:
    """The Table of row groups of cells, of whatever file: `head` rows are known to be headers.

    Raises TooManyCells when spans blow the grid up.
    """
    flat = [cell for group in cells for row in group for cell in row]
    if not any(cell.header for cell in flat):
        _mark_by_look(flat)
    slots = expand(cells, room)
    if _alternates(slots):
        slots = [
            row[x : x + 2] for row in slots for x in range(0, len(row), 2) if row[x].text or row[x + 1].text
        ]
    grid = tuple(tuple([cell.text for cell in row]) for row in slots)
    header_rows = _header_rows(slots, head)
    unit = unit_of(caption)
    return Table(
        grid=grid,
        header_rows=header_rows,
        header_columns=_header_columns(slots, header_rows) if grid and len(grid) > header_rows else 0,
        caption=caption,
        unit=unit,
    )


def _header_lists(said: list[str], table: Table) -> list[str]:
    """The lines of a caption, for screen readers, that only list the headers; not all of its lines."""
    headers = {"".join(cell.split()) for row in table.grid[: table.header_rows] for cell in row if cell}
    found = [line for line in said if _lists_headers("".join(line.split()), headers)]
    return found if len(found) < len(said) else []


def _lists_headers(line: str, headers: set[str]) -> bool:
    return (
        bool(_FOR_READERS.search(line)) and 2 * sum(header in line for header in headers) > len(headers) > 0
    )


def unit_of(text: str) -> str:
    """The unit of "(단위: 천원)"; "" if the text names none.

    >>> unit_of("표 1. 월 요금 (단위 : 원)")
    '원'
    """
    found = _UNIT.search(text)
    return found.group(1).strip() if found else ""


def _cell(markup: Markup, at: int, read: Callable[[int], str], known: dict[str, Attributed]) -> Cell:
    name, raw, text, closed, _ = markup.tags[at]
    said = " ".join(text.split()) if closed and "&" not in text else read(at)
    if not raw:
        return Cell(said, name == "th")
    stated = known.get(raw)
    if stated is None:
        stated = known[raw] = _attributed(markup.attributes(raw))
    return Cell(said, name == "th", *stated)


def _attributed(attributes: Attributes) -> Attributed:
    return (
        _span(attributes.get("rowspan"), 0, MAX_ROWSPAN),
        _span(attributes.get("colspan"), 1, MAX_COLSPAN),
        attributes.get("scope", "").lower(),
        f"{attributes.get('class', '')} {attributes.get('bgcolor', '')}".strip(),
    )


def _weigh(markup: Markup, rows: Rows, cells: list[list[list[Cell]]]) -> None:
    """Bold type is part of a cell's look."""
    tags, ends = markup.tags, markup.ends
    for group, places in zip(cells, rows.groups, strict=True):
        for cell, at in (
            (cell, at) for row in zip(group, places, strict=True) for cell, at in zip(*row, strict=True)
        ):
            end = ends[at]
            bold = (
                end > at
                and tags[at + 1][0] in ("b", "strong")
                and not tags[at][2].strip()
                and not "".join([tail for _, _, _, _, tail in tags[at + 1 : end]]).strip()
                and (ends[at + 1] + 1 == end)
            )
            cell.look = f"{cell.look} bold".strip() if bold else cell.look


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
    if not keys or not all(key.header for key in keys):
        return False
    values = [cell for row in slots for cell in row[1::2] if cell.text]
    spanning = any(row[x] is row[x + 1] for row in slots for x in range(width - 1))
    return not spanning and not any(value.header for value in values)


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
