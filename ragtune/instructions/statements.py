"""What a page states: subject, attribute and value, read from its tables, definitions, lists and prose.

    table row          | 나들이알뜰 | 월 요금 12,100원 |   -> 나들이알뜰 · 월 요금 · 12,100원
    definition, list   ▶ 설치비 : 18,000원                -> (the page's product) · 설치비 · 18,000원
    prose              빛길라이트의 월 요금은 22,000원입니다. -> 빛길라이트 · 월 요금 · 22,000원

Nothing here knows the samples: which axis of a table names the subjects is read from the table itself, the
axis whose lines hold values of one shape ("12,100원", "4,000원") names the attributes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ragtune.documents import Document, Section, Table, Text
from ragtune.tables import counted

MAX_VALUE_CHARS = 80
_SYMBOLS = re.compile(r"^[\s○●◎□■▶▷►◆◇☞→*·•※\-–—]+")
_NUMBERING = re.compile(
    r"^(?:[A-Za-z]-)?(?:\d{1,2}|[가나다라마바사아자차카타파하])(?:[.)]|-[\dA-Za-z가-하]+[.)]?)*\s+|^\d{1,2}[.)]\s*"
)
_PAIR = re.compile(r"^([^:：.]{2,25}?)\s*[:：]\s*(\S.*)$")
_PROSE = re.compile(
    r"(?P<s>[가-힣A-Za-z0-9+ ]{2,30}?)의 (?P<a>[가-힣A-Za-z ]{2,20}?)[은는] "
    r"(?P<v>(?:[^.,!?]|[.,](?=\d)){1,40}?)(?:입니다|이며|이고)"
)
_NAME_KEYS = ("상품명", "서비스명", "요금제명", "제품명", "상품", "명칭")
# Words that say what kind of page it is, not what it is about.
_PAGE_WORDS = re.compile(
    "안내|안내서|상세|개요|소개|설명|설명서|상품설명서|매뉴얼|가이드|정보|제원|상품|요금|요금표|업무|처리|기준|및|계약|"
    "조건|페이지|문서|표|비교|전체|보기|한눈에"
)
_CONTENT = frozenset(("내용", "값", "설명", "상세", "상세 내용", "세부 내용", "안내"))
_ASIDE = re.compile(
    r"^(?:첨부|그림|사진|참고|참조|주|주의|문의|출처|작성|개정|담당|예|예시|단위)\d*$|파일$|구성도$"
)
_EMPTY = frozenset(("", "-", "–", "—", "·", "x", "X", "○", "O", "●", "해당 없음", "해당없음", "N/A"))
_GENERIC = re.compile(
    r"^(?:구분|항목|내용|기타|합계|소계|계|비고|기본|전체|공통|일반|기준|\d+\s*(?:단계|순위|등급|종|호|번|차|유형)|[\d\s.,%년월일개세차회~이상하만원]+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One fact of a page. `section` is the ordinal of the section, `table` of the table in it (-1: prose)."""

    subject: str
    attribute: str
    value: str
    section: int
    table: int = -1

    @property
    def fact(self) -> str:
        return f"{self.subject}|{self.attribute}"


def page_subject(document: Document) -> str:
    """What the page is about: the name its text gives, or else its title without words like 안내.

    >>> page_subject(Document(source="a.html", version=1, title="빛길라이트 요금 안내"))
    '빛길라이트'
    """
    for section in document.sections:
        for block in section.blocks:
            found = _pair(block) if isinstance(block, Text) else None
            if found and found[0] in _NAME_KEYS:
                return re.sub(r"\s*\([^)]*\)$", "", found[1])
    return without_page_words(document.title)


def without_page_words(title: str) -> str:
    """A heading without numbering, symbols and the words at its end that only say what kind of page it is."""
    words = bare(title).split()
    while len(words) > 1 and _PAGE_WORDS.fullmatch(words[-1].strip("()")):
        words.pop()
    return " ".join(words)


def bare(text: str) -> str:
    """A line without the symbols and numbering it begins with."""
    return _NUMBERING.sub("", _SYMBOLS.sub("", text)).strip()


def statements(document: Document) -> list[Statement]:
    """Every statement of the page, in reading order; one fact with two values on a page names its section."""
    subject = page_subject(document)
    found = [
        statement
        for ordinal, section in enumerate(document.sections)
        for statement in _of_section(section, ordinal, subject)
        if _sound(statement)
    ]
    values: dict[str, set[str]] = {}
    for statement in found:
        values.setdefault(statement.fact, set()).add(statement.value)
    return [
        _with_heading(statement, document) if len(values[statement.fact]) > 1 else statement
        for statement in found
    ]


def table_statements(table: Table, ordinal: int, place: int, subject: str) -> list[Statement]:
    """The statements of one table; `subject` is that of a table of keys and values."""
    if not table.grid:
        return []
    if table.header_rows == 0:
        return _key_values(table, ordinal, place, subject)
    columns = _naming_columns(table)
    rows = table.grid[table.header_rows :]
    above = [_path([row[x] for row in table.grid[: table.header_rows]]) for x in range(len(table.grid[0]))]
    left = [_path(list(row[:columns])) for row in rows]
    subjects, attributes = _shortest(left), _shortest(above[columns:])
    cells = [row[columns:] for row in rows]
    if len(attributes) == 1 and attributes[0] in _CONTENT:  # 항목 | 내용: keys and values with a header
        grid = tuple((name, *line) for name, line in zip(subjects, cells, strict=True))
        return _key_values(Table(grid=grid), ordinal, place, subject)
    if len(cells) > 1 and _alike(cells) > _alike(list(zip(*cells, strict=True))):
        subjects, attributes, cells = attributes, subjects, list(zip(*cells, strict=True))
    found = []
    for name, line in zip(subjects, cells, strict=True):
        for header, cell in zip(attributes, line, strict=True):
            attribute, value = counted(header, cell, table.unit)
            owner = _qualified(name, subject)
            found.append(
                Statement(subject=owner, attribute=attribute, value=value, section=ordinal, table=place)
            )
    return found


def _of_section(section: Section, ordinal: int, subject: str) -> Iterator[Statement]:
    for place, block in enumerate(section.blocks):
        if isinstance(block, Table):
            yield from table_statements(block, ordinal, place, subject)
            continue
        pair = _pair(block)
        if pair:
            yield Statement(subject=subject, attribute=pair[0], value=pair[1], section=ordinal)
            continue
        for found in _PROSE.finditer(block.text):
            name = bare(found["s"])
            if name == subject or name in " ".join(section.path):  # else 의 joins no subject and attribute
                value = found["v"].strip()
                yield Statement(subject=name, attribute=found["a"].strip(), value=value, section=ordinal)


def _pair(block: Text) -> tuple[str, str] | None:
    """Key and value of `▶ 설치비 : 18,000원`."""
    found = _PAIR.match(bare(block.text))
    return (found[1].strip(), found[2].strip().rstrip(".")) if found else None


def _key_values(table: Table, ordinal: int, place: int, subject: str) -> list[Statement]:
    """Rows of key, value (, key, value …)."""
    width = len(table.grid[0])
    if width % 2:
        return []
    pairs = [(row[x], row[x + 1]) for row in table.grid for x in range(0, width, 2)]
    named = next((value for key, value in pairs if key in _NAME_KEYS), subject)
    return [
        Statement(subject=named, attribute=bare(key), value=value, section=ordinal, table=place)
        for key, value in pairs
        if key not in _NAME_KEYS
    ]


def _naming_columns(table: Table) -> int:
    """How many columns at the left it takes to name a row: more than are headers, where rows share those."""
    rows = table.grid[table.header_rows :]
    columns = max(1, table.header_columns)
    while columns < len(table.grid[0]) - 1 and len({row[:columns] for row in rows}) < len(rows):
        if any(row[columns][:1].isdigit() for row in rows):
            break
        columns += 1
    return columns


def _path(texts: list[str]) -> tuple[str, ...]:
    """The distinct header texts of a line, from the outside in."""
    return tuple(dict.fromkeys(bare(text) for text in texts if text.strip()))


def _shortest(paths: list[tuple[str, ...]]) -> list[str]:
    """The innermost header where it is the only one of its name, else the whole path."""
    last = [path[-1] if path else "" for path in paths]
    return [name if last.count(name) == 1 else " ".join(path) for name, path in zip(last, paths, strict=True)]


def _alike(lines: list[tuple[str, ...]]) -> float:
    """The share of lines (of two cells or more) whose cells have one shape: all equal but for digits."""
    shapes = [{re.sub(r"\d[\d,.]*", "0", cell) for cell in line} for line in lines if len(line) > 1]
    return sum(len(shape) == 1 for shape in shapes) / len(shapes) if shapes else 0.0


def _qualified(name: str, subject: str) -> str:
    """A row called 합계 or 12개월 means nothing without its page."""
    if name in _NAME_KEYS or not name:
        return subject
    return f"{subject} {name}" if _GENERIC.match(name) and subject != name else name


def _with_heading(statement: Statement, document: Document) -> Statement:
    path = document.sections[statement.section].path
    heading = without_page_words(path[-1]) if path else ""
    if not heading or heading in statement.subject:
        return statement
    return replace(statement, subject=f"{statement.subject} {heading}")


def _sound(statement: Statement) -> bool:
    value, attribute = statement.value.strip(), statement.attribute
    if value in _EMPTY or len(value) > MAX_VALUE_CHARS or "\n" in value:
        return False
    if attribute in _NAME_KEYS or _ASIDE.search(attribute):
        return False
    return 1 < len(attribute) <= 30 and 1 < len(statement.subject) <= 40
