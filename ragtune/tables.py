"""A table as Korean sentences, one for each data row, in which no cell, number or unit is lost.

>>> grid = (("상품", "속도", "월 요금(원)"), ("기가라이트", "500Mbps", "33,000"))
>>> sentences(Table(grid=grid, header_rows=1, header_columns=1))
['기가라이트의 속도는 500Mbps, 월 요금은 33,000원입니다.']
>>> sentences(Table(grid=(("약정 기간", "3년"),), header_columns=1), subject="기가라이트")
['기가라이트의 약정 기간은 3년입니다.']
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from ragtune.documents import Table
from ragtune.particles import with_particle

_NUMBER = re.compile(r"^[-+△▲]?\d[\d,]*(?:\.\d+)?$")
_UNIT_WORDS = (
    r"(?:(?:천|만|백만|천만|억|십억|백억)?(?:원|명|개|건|달러)|%|퍼센트|분|초|시간|일|주|개월|월|년|회|번|대|호|채널|"
    r"권|장|점|곳|가구|세대|회선|팩|kg|g|t|km|m|cm|mm|㎡|㎥|[KMGT]?bps|[KMGT]B|Hz|[kMG]Hz|W|kW|V|A|℃)"
)
_HEADER_UNIT = re.compile(
    rf"^(.+?)\s*[(\[]\s*(?:단위\s*[:：]\s*)?({_UNIT_WORDS}(?:/{_UNIT_WORDS})?)\s*[)\]]$"
)
_SIMPLE_UNIT = re.compile(rf"^{_UNIT_WORDS}$")
_UNCOUNTED = re.compile(r"번호|코드|순위|순번|연번|전화|연도|년도|일자|날짜|^(?:No|NO|no)\.?$")
_SENTENCE_END = re.compile(r"(?:[다요까][.]?|[.!?])$")
_COUNTED = re.compile(r"^(?:[약월연총최대소\s]*)[-+△▲]?\d[\d,.]*\s*([^\d\s,.(]*)")
_NONE = frozenset("-–—")
_LINE_END = re.compile(r"([.,:;!?])\n")
_GENERIC = re.compile(
    r"(?:정보|조건|안내|요금표?|개요|사항|기준|내용|제원|규격|혜택|보기|방법|절차|비교표?|현황|목록|대상|특징|기능|"
    r"설명|구성|소개|상세|기간|서류|문의|일정|참고|표|^\d+쪽|^슬라이드 \d+|^[Ss]heet ?\d+)$"
)
_INTRODUCTION = re.compile(r"\s+(?:상품\s+)?(?:정보|안내|소개|제원|상세|한눈에 보기)$")
_LONG = 60  # characters of a value from which a row reads better as a list


def sentences(table: Table, *, subject: str = "") -> list[str]:
    """One sentence for each data row that holds anything, in order.

    `{row header path}의 {column header path}은 {value}, …입니다.`; a table of keys and values speaks about
    `subject`: `{subject}의 {key}은 {value}입니다.` What sentences can't carry stands in `heading`. A table
    that a model told keeps its sentences.
    """
    if table.told:
        return list(table.told)
    body = table.grid[table.header_rows :]
    if not body and table.grid:
        return [", ".join(_distinct(cell for row in table.grid for cell in row)) + "."]
    width = _repeated(table)
    if width < _width(table):
        return _side_by_side(table, width, subject)
    across = lists_things_across(table)  # once: it looks at the whole table
    return [text for row in body if (text := _sentence(table, row, subject, across=across))]


def subject_of(title: str, path: tuple[str, ...]) -> str:
    """What a table of keys and values below these headings speaks about: the nearest one that names a thing.

    >>> subject_of("빛길라이트 상품 정보", ("계약 조건",)), subject_of("규격", ("상품별 규격", "두레박미니"))
    ('빛길라이트', '두레박미니')
    """
    named = next((name for name in reversed(path) if not _GENERIC.search(name)), title)
    return _INTRODUCTION.sub("", named) or named


def heading(table: Table) -> str:
    """The line above a table's sentences: caption, unit, and the headers no sentence shows. May be empty.

    >>> heading(Table(grid=(("상품", "요금"), ("가", "1")), header_rows=1, header_columns=1, unit="원"))
    '상품별 요금 (단위: 원)'
    """
    corner = _distinct(
        cell for row in table.grid[: table.header_rows] for cell in row[: table.header_columns]
    )
    columns = _distinct(_column(table, x) for x in range(table.header_columns, _width(table)))
    names = ", ".join(columns)
    caption = table.caption
    if corner:
        by = "·".join(corner) + "별"
        caption = (
            f"{caption} — {by} {names}" if caption and _silent(table) else caption and f"{caption} — {by}"
        )
        caption = caption or f"{by} {names}".strip()
    elif _silent(table):
        caption = f"{caption} — {names}" if caption else names
    if table.unit and table.unit not in table.caption:
        caption = f"{caption} (단위: {table.unit})".strip()
    return caption


def _repeated(table: Table) -> int:
    """How many columns stand side by side again and again, as lists do that were folded to save room.

    >>> _repeated(Table(grid=(("품목", "값", "품목", "값"), ("가", "1", "나", "2")), header_rows=1))
    2
    """
    columns, width = list(zip(*table.grid[: table.header_rows], strict=True)), _width(table)
    for size in range(2, width // 2 + 1):
        if width % size == 0 and columns == columns[:size] * (width // size) and len({*columns}) == size:
            return size
    return width


def _side_by_side(table: Table, width: int, subject: str) -> list[str]:
    """A row of a folded list tells of several things, each in its own sentence."""
    one = replace(
        table,
        grid=tuple(row[:width] for row in table.grid),
        header_columns=min(table.header_columns, width - 1),
    )
    found = []
    for row in table.grid[table.header_rows :]:
        each = [row] if len(set(row)) == 1 else [row[x : x + width] for x in range(0, len(row), width)]
        found.append(" ".join(filter(None, (_sentence(one, part, subject, across=False) for part in each))))
    return list(filter(None, found))


def _sentence(table: Table, row: tuple[str, ...], subject: str, *, across: bool) -> str:
    if len(row) > 1 and len(set(row)) == 1:
        return _flat(row[0])  # one cell across the whole table: a title or a note between rows
    about, pairs = parts(table, row)
    if not pairs:
        return f"{about}." if about else ""
    if not table.header_rows:
        return _keyed(about, [value for _, value in pairs], subject)
    if about and across:
        return _across(about, pairs)
    if any(_is_long(value) for _, value in pairs):
        listed = "; ".join(f"{name}: {value}" if name else value for name, value in pairs)
        return _ended(f"{about} — {listed}" if about else listed)
    said = ", ".join(f"{with_particle(name, '은', '는')} {value}" if name else value for name, value in pairs)
    return _closed(f"{about}의 {said}" if about else said)


def parts(table: Table, row: tuple[str, ...]) -> tuple[str, list[tuple[str, str]]]:
    """What a data row is about, and (header, value with its unit) of each cell that holds anything."""
    split = table.header_columns
    about = " ".join(_distinct(_flat(cell) for cell in row[:split]))
    values = [(_column(table, x), _flat(cell)) for x, cell in enumerate(row) if x >= split and cell]
    return about, [counted(name, value, table.unit) for name, value in values]


def lists_things_across(table: Table) -> bool:
    """True when columns are things and rows their attributes: rows are of one unit, columns are not."""
    body = [row[table.header_columns :] for row in table.grid[table.header_rows :]]
    rows = [row for row in body if len(set(row)) > 1]
    if not table.header_rows or len(rows) < 2 or _width(table) - table.header_columns < 2:
        return False
    return _alike(rows) >= 0.75 and _alike(zip(*body, strict=True)) < 0.5


def _across(attribute: str, pairs: list[tuple[str, str]]) -> str:
    """A row that holds one attribute of several things: each thing is the subject."""
    if any(_is_long(value) for _, value in pairs):
        return _ended("; ".join(f"{thing}의 {attribute}: {value}" for thing, value in pairs))
    named = with_particle(attribute, "은", "는")
    return _closed(", ".join(f"{thing}의 {named} {value}" if thing else value for thing, value in pairs))


def _alike(lines: Iterable[Iterable[str]]) -> float:
    """The share of lines whose values are all of one unit, or all without."""
    kinds = [{_kind(value) for value in line if value and value not in _NONE} for line in lines]
    return sum(len(kind) == 1 for kind in kinds) / max(1, len(kinds))


def _kind(value: str) -> str:
    found = _COUNTED.match(value)
    return (found.group(1) or "number") if found else "words"


def _keyed(key: str, values: list[str], subject: str) -> str:
    listed = ", ".join(values)
    if not key:
        return _ended(f"{subject}: {listed}" if subject else listed)
    key = f"{subject}의 {key}" if subject else key
    if any(_is_long(value) for value in values):
        return _ended(f"{key}: {listed}")
    return _closed(f"{with_particle(key, '은', '는')} {listed}")


def counted(name: str, value: str, unit: str) -> tuple[str, str]:
    """Header and value, a bare number with the unit of its column or of the table."""
    if not _NUMBER.match(value):
        return name, value
    own = _HEADER_UNIT.match(name)
    if own:
        return own.group(1), value + own.group(2)
    if unit and _SIMPLE_UNIT.match(unit) and not _UNCOUNTED.search(name):
        return name, value + unit
    return name, value


def _column(table: Table, x: int) -> str:
    return " ".join(_distinct(_flat(row[x]) for row in table.grid[: table.header_rows]))


def _silent(table: Table) -> bool:
    """True when a column has a header but no value: no sentence would show that header."""
    body = table.grid[table.header_rows :]
    columns = range(table.header_columns, _width(table))
    said = [row for row in body if not (len(row) > 1 and len(set(row)) == 1)]
    return bool(table.header_rows) and any(not any(row[x] for row in said) for x in columns)


def _width(table: Table) -> int:
    return len(table.grid[0]) if table.grid else 0


def _is_long(value: str) -> bool:
    return len(value) > _LONG or ". " in value


def _closed(said: str) -> str:
    return _ended(said) if _SENTENCE_END.search(said) else f"{said}입니다."


def _ended(said: str) -> str:
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _flat(cell: str) -> str:
    """A cell of several lines in one: a comma for each line break that no sentence ends at."""
    return _LINE_END.sub(r"\1 ", cell).replace("\n", ", ")


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
