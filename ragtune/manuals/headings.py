"""Headings to readable section paths: symbols (○, ▶, ①) and numbering (A-1-가) get words from their context.

A heading `A-1-가` above "신청 자격: 만 19세 이상" becomes `A-1-가 신청 자격`; a heading `○` above a table
becomes the table's caption; a bare number without any text below takes its parent's words.
"""

import re
from dataclasses import dataclass, field

from ragtune.documents import Section, Table, Text

_MARKS = "○●◎◯◇◆◈□■▢▣△▲▽▼▷▶▸►◁◀☆★※◦•·∙ㆍ⊙☞☛➔➜→✓✔❖❍⦁⁃＊∘◻◼▪▫♦♣♠♧"
_BULLET = re.compile(rf"^(?:\s|[{_MARKS}]|[-–—*ㅇ](?=\s|$))+")  # "-v" and "ㅇ씨" open with no bullet
_CIRCLED = r"\u2160-\u217b\u2460-\u24ff\u3200-\u321e\u3260-\u327b"  # Ⅰ–ⅻ, ①–⓿, ㈀–㈞, ㉠–㉻
_STEP = rf"(?:[A-Za-z]|\d{{1,3}}|[IVXivx]{{1,5}}|[가나다라마바사아자차카타파하]|[{_CIRCLED}])"
_NUMBERING = re.compile(
    rf"^[(\[<〈【]?{_STEP}(?:[-.·]\s*{_STEP})*[.)\]>〉】]{{0,2}}$|^제\s*\d{{1,3}}\s*[장절조항관편]$"
)
_OUTER_MARKS = "■□▣◆◇❖"
_INNER_MARKS = "○●◎▶▷►☞"
_MAX_UNMARKED = 30  # characters of a heading that is written as a paragraph
_SENTENCE = re.compile(r"[.!?>]|[:：]\s*\S|[다요음함임됨]$")
_MAX_LEAD = 30  # characters taken from the text below
MAX_NAME = 200  # characters of a title or heading: each section below it carries them

Path = tuple[str, ...]


@dataclass(slots=True)
class Heading:
    """A heading as written, and what stands below it until the next one."""

    level: int  # 1–6; 0 for what stands before the first heading
    text: str
    anchor: str = ""
    blocks: list[Text | Table] = field(default_factory=list)


def is_symbolic(text: str) -> bool:
    """True for a heading that says nothing by itself: "○", "▶", "①", "1.", "가.", "A-1-가".

    >>> [is_symbolic(text) for text in ("○", "A-1-가", "제2조", "요금", "1. 요금", "5G")]
    [True, True, True, False, False, False]
    """
    bare = _BULLET.sub("", text).strip()
    return not bare or bool(_NUMBERING.match(bare))


def with_unmarked(headings: list[Heading]) -> tuple[list[Heading], list[list[int]]]:
    """`headings` with those that a page writes as plain paragraphs: `■ 주요 기능` above other lines.

    And for each heading given, where its blocks went: the ordinal among those found, block by block, and of
    what comes behind its last block.
    """
    found: list[Heading] = []
    places: list[list[int]] = []
    for heading in headings:
        found.append(Heading(heading.level, heading.text, heading.anchor))
        places.append([])
        if len(heading.text) > MAX_NAME:  # its name is cut, its words are not
            found[-1].blocks.append(Text(text=heading.text))
        for place, block in enumerate(heading.blocks):
            below = heading.blocks[place + 1] if place + 1 < len(heading.blocks) else None
            level = _unmarked_level(block, below)
            if level and isinstance(block, Text):
                found.append(Heading(level, block.text))
            else:
                found[-1].blocks.append(block)
            places[-1].append(len(found) - 1)
        places[-1].append(len(found) - 1)
    return found, places


def _unmarked_level(block: Text | Table, below: Text | Table | None) -> int:
    """7 or 8 for a paragraph that is a heading by its looks, below all marked ones; else 0."""
    if not isinstance(block, Text) or block.kind != "paragraph" or below is None:
        return 0
    if len(block.text) > _MAX_UNMARKED or _SENTENCE.search(block.text):
        return 0
    mark = block.text[0]
    if mark not in _OUTER_MARKS + _INNER_MARKS or (isinstance(below, Text) and below.text[0] == mark):
        return 0
    return 7 if mark in _OUTER_MARKS else 8


def sections(headings: list[Heading], title: str) -> tuple[Section, ...]:
    """A section for each heading, with the path from the page's title (left out) to it."""
    open_: list[tuple[int, str]] = []  # (level, name) from the outermost heading to the current one
    numbered: dict[tuple[str, ...], tuple[str, ...]] = {}  # numbering -> its path
    found = []
    for place, heading in enumerate(headings):
        while open_ and open_[-1][0] >= heading.level:
            open_.pop()
        path = tuple(name for _, name in open_ if name)
        if heading.level:
            name = _name(heading, headings[place + 1 : place + 2], path)
            name = "" if name == title and not path else name
            open_.append((heading.level, name))
            path = _below_number(heading.text, path, numbered)
            path = (*path, name) if name and name not in path[-1:] else path
            numbered[_steps(heading.text)] = path
        found.append(Section(path=path, anchor=heading.anchor, blocks=tuple(heading.blocks)))
    return tuple(found)


def _name(heading: Heading, following: list[Heading], path: tuple[str, ...]) -> str:
    bare = _BULLET.sub("", heading.text).strip() or ""
    if not is_symbolic(heading.text):
        return cut(bare)
    words = _lead(heading, following) or (path[-1] if path and bare else "")
    return f"{bare} {words}".strip()


def cut(name: str) -> str:
    """`name` in at most MAX_NAME characters."""
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1].rstrip() + "…"


def _lead(heading: Heading, following: list[Heading]) -> str:
    for block in heading.blocks[:1]:
        return shorten(block.caption or " ".join(block.grid[0]) if isinstance(block, Table) else block.text)
    deeper = [h.text for h in following if h.level > heading.level and not is_symbolic(h.text)]
    return shorten(deeper[0]) if deeper else ""


def shorten(text: str) -> str:
    """The words a text leads with: up to its first colon, or its first sentence, or 30 characters.

    >>> shorten("○ 신청 자격 : 만 19세 이상")
    '신청 자격'
    """
    text = " ".join(_BULLET.sub("", text).split())
    lead = re.split(r"\s*[:：]\s|\s*[:：]$|(?<=[다요음함임됨])\.(?:\s|$)", text, maxsplit=1)[0]
    if len(lead) <= _MAX_LEAD:
        return lead
    cut = lead[: _MAX_LEAD + 1].rsplit(" ", 1)[0]
    return cut[:_MAX_LEAD] + "…"


def _steps(text: str) -> tuple[str, ...]:
    bare = _BULLET.sub("", text).strip()
    return tuple(re.split(r"[-.·]\s*", bare.strip("()[]<>.〈〉【】"))) if _NUMBERING.match(bare) else ()


def _below_number(
    text: str, path: tuple[str, ...], numbered: dict[tuple[str, ...], tuple[str, ...]]
) -> tuple[str, ...]:
    """The path of `A-1` for `A-1-가`, when both are headings of one level."""
    above = numbered.get(_steps(text)[:-1]) if len(_steps(text)) > 1 else None
    return above if above and above[: len(path)] == path else path
