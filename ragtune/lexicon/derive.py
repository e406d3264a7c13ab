"""What a document says about words: abbreviations in brackets, glossary tables, the spellings of its names.

derive(document)
Derived(groups=(("개인종합자산관리계좌", "ISA"),), names=("ISA 가입 안내", "가입 대상"))

Only what the text itself shows is taken: an abbreviation's syllables stand in the long form in their order,
English sounds like the word before it, an acronym stands behind a compound, or a marker (일명) or a table's
header says so. What several documents say differently is left out when the lexicon is loaded.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ragtune.analysis import content_length, is_question_word
from ragtune.documents import Document, Section, Table
from ragtune.lexicon.spelling import sounds_like

_MOST_GROUPS = 60  # of one document
_MOST_NAMES = 300
_NAME_CHARS = 30
_BRACKET = re.compile(r"(?P<before>[^()\[\]\n:;,]{2,60})[(\[]\s*(?P<inside>[^()\[\]\n]{2,40}?)\s*[)\]]")
_MARK = re.compile(
    r"^(?P<mark>이하|약칭|약어로?|줄여서|줄임말|일명|다른 이름|다른 말로?|옛 이름|영문명?|영어로?)"
    r"\s*[:은는]?\s*"
)
_SAYS_SO = ("일명", "다른", "옛")
_TAIL = re.compile(r"\s*(?:(?:이라고?|라고?)\s*(?:한다|함|합니다|부른다|부릅니다))$")
_QUOTES = "\"'“”‘’「」『』<>《》〈〉 "
_ACRONYM = re.compile(r"[A-Z][a-z]?(?:[A-Z&\-]|[a-z](?=[A-Z])){1,7}\d{0,2}s?")
_MEASURE = re.compile(r"[kKMGT]?(?:Wh?|B|bps|Hz|Pa|cal|VA?|Ah)|[A-Z]{2}-?\d*[a-z]?/.*")
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z0-9\-]*(?: [A-Za-z0-9\-]+){0,5}")
_HANGUL = re.compile(r"[가-힣]{2,12}")
_NOUN = re.compile(r"[가-힣A-Za-z0-9][가-힣A-Za-z0-9\-·]*")
_MOST_NOUNS = 4
_NUMBERING = re.compile(r"^\s*(?:[○●▶■□◆※*\-•]|\d+(?:[.\-]\d+)*[.)]|[가-하][.)]|제\s?\d+[장조절]\s)\s*")
_TERM_HEADERS = frozenset(
    (
        "용어", "이름", "명칭", "상품명", "상품", "서비스", "서비스명", "정식명칭", "정식이름", "본말",
        "한글", "한글명", "우리말", "표준어", "원어",
    )
)  # fmt: skip
_OTHER_HEADERS = frozenset(
    (
        "약어", "약칭", "줄임말", "준말", "영문", "영문명", "영어", "영문약어", "다른이름", "다른말",
        "별칭", "별명", "동의어", "같은말", "비슷한말", "유의어", "옛이름", "이전이름", "구명칭",
        "흔히쓰는말", "고객이쓰는말",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What one document gives: groups of words for the same, and names as they are spelt."""

    groups: tuple[tuple[str, ...], ...] = ()
    names: tuple[str, ...] = ()


def derive(document: Document) -> Derived:
    """The document's groups and names, each once, in its order."""
    groups = dict.fromkeys(_groups(document))
    names = dict.fromkeys(_names(document))
    return Derived(groups=tuple(groups)[:_MOST_GROUPS], names=tuple(names)[:_MOST_NAMES])


def _groups(document: Document) -> Iterator[tuple[str, ...]]:
    for text in _texts(document):
        for match in _BRACKET.finditer(unicodedata.normalize("NFKC", text)):
            pair = _pair(match["before"], match["inside"])
            if pair:
                yield pair
    for table in _tables(document):
        yield from _glossary(table)


def _texts(document: Document) -> Iterator[str]:
    yield document.title
    for section in document.sections:
        yield from section.path[-1:]
        for block in section.blocks:
            if isinstance(block, Table):
                yield from (cell for row in block.grid for cell in row)
            elif block.kind != "code":
                yield block.text


def _tables(document: Document) -> Iterator[Table]:
    return (block for section in document.sections for block in section.blocks if isinstance(block, Table))


def _pair(before: str, inside: str) -> tuple[str, str] | None:
    """The long form and the other one, or None where nothing proves that they are the same."""
    mark = _MARK.match(inside)
    other = _TAIL.sub("", inside[mark.end() :] if mark else inside).strip(_QUOTES)
    nouns = _nouns(before)
    if not nouns or not other:
        return None
    if _ACRONYM.fullmatch(other):
        return _acronym(nouns, other)
    if _HANGUL.fullmatch(other):
        if mark and mark["mark"].startswith(_SAYS_SO):
            return " ".join(nouns), other
        return _abbreviation(nouns, other)
    last = nouns[-1]
    return (last, other) if _ENGLISH.fullmatch(other) and sounds_like(last, other) else None


def _nouns(before: str) -> list[str]:
    """The last words before a bracket that no particle or ending follows, at most four."""
    kept: list[str] = []
    words = before.split()
    if before != before.rstrip() and len(before) - len(before.rstrip()) > 1:
        return []
    for word in reversed(words[-_MOST_NOUNS:]):
        bare = word.strip(_QUOTES)
        ends = content_length(bare) != len(bare) if _HANGUL.fullmatch(bare) else not _NOUN.fullmatch(bare)
        if len(bare) < 2 or ends or is_question_word(bare):
            break
        kept.append(bare)
    return kept[::-1]


def _acronym(nouns: list[str], acronym: str) -> tuple[str, str] | None:
    """Latin words need the acronym's initials; of Hangul words, a long last one stands for itself."""
    if nouns[-1].isascii():
        return _initials([word for word in nouns if word.isascii()], acronym)
    if not _HANGUL.fullmatch(nouns[-1]) or _MEASURE.fullmatch(acronym):
        return None
    long = nouns[-1] if len(nouns[-1]) > 3 else " ".join(nouns[-2:])
    return (long, acronym) if len(long) > 3 else None


def _initials(words: list[str], acronym: str) -> tuple[str, str] | None:
    """The shortest run of last words whose initials, and more of whose letters, make the acronym."""
    wanted = re.sub(r"[^A-Z]", "", acronym.upper())
    for count in range(1, len(words) + 1):
        own = [word.upper() for word in words[-count:]]
        initials = "".join(word[0] for word in own)
        if wanted[0] == initials[0] and _stands_in(initials, wanted) and _stands_in(wanted, "".join(own)):
            return " ".join(words[-count:]), acronym
    return None


def _abbreviation(nouns: list[str], short: str) -> tuple[str, str] | None:
    """The shortest run of last words in which the abbreviation's syllables stand in their order, the first at
    the beginning."""
    for count in range(1, len(nouns) + 1):
        words = nouns[-count:]
        whole = "".join(words)
        if whole[0] == short[0] and len(whole) >= len(short) + 2 and _stands_in(short, whole):
            return " ".join(words), short
    return None


def _stands_in(short: str, whole: str) -> bool:
    letters = iter(whole)
    return all(letter in letters for letter in short)


def _glossary(table: Table) -> Iterator[tuple[str, ...]]:
    if not table.header_rows or not table.grid:
        return
    heads = ["".join(cell.split()) for cell in table.grid[table.header_rows - 1]]
    terms = [place for place, head in enumerate(heads) if head in _TERM_HEADERS]
    others = [place for place, head in enumerate(heads) if head in _OTHER_HEADERS]
    if not terms or not others:
        return
    for row in table.grid[table.header_rows :]:
        forms = [row[terms[0]].strip()]
        for place in others:
            forms += [part.strip() for part in re.split(r"[,/、·\n]", row[place])]
        kept = tuple(dict.fromkeys(form for form in forms if 1 < len(form) <= _NAME_CHARS))
        if len(kept) > 1 and forms[0] in kept:
            yield kept


def _names(document: Document) -> Iterator[str]:
    yield from _named(document.title)
    for section in document.sections:
        for heading in section.path[-1:]:
            yield from _named(heading)
        yield from _table_names(section)


def _table_names(section: Section) -> Iterator[str]:
    for block in section.blocks:
        if isinstance(block, Table):
            head = (cell for row in block.grid[: block.header_rows] for cell in row)
            side = (cell for row in block.grid[block.header_rows :] for cell in row[: block.header_columns])
            for cell in (*head, *side):
                yield from _named(cell)


def _named(text: str) -> Iterable[str]:
    """The text as a name, and its words, where it is short enough to be one."""
    name = " ".join(_NUMBERING.sub("", unicodedata.normalize("NFKC", text)).split())
    if not 1 < len(name) <= _NAME_CHARS or not any(char.isalpha() for char in name) or name[-1] in ".?!":
        return
    if len(name.split()) <= _MOST_NOUNS:
        yield name
    for word in _NOUN.findall(name):
        if len(word) > 2 and (word[0] < "가" or content_length(word) == len(word)):
            yield word
