"""Which retrieved passage bears which sentence of an answer, checked after generation.

A sentence is borne by a passage that holds every number of it and most of its words. A `[n]` that the
model wrote is kept only where passage n bears the sentence it ends; a citation can therefore name nothing
but a passage that was retrieved for this caller.

>>> from ragtune.documents import Chunk
>>> chunk = Chunk(document_id="d_1", version=1, ordinal=0, title="기가라이트", path=("요금",),
...               text="기가라이트의 월 요금은 33,000원입니다.", source="file:///giga.html")
>>> checked = check("월 요금은 33,000원입니다. [1][7]", [Passage(chunk=chunk, score=1.0)])
>>> checked.text, checked.citations[0].quote, checked.unsupported
('월 요금은 33,000원입니다. [1]', '기가라이트의 월 요금은 33,000원입니다.', ())
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ragtune.documents import Citation, Passage
from ragtune.values import stands

_MARKER = re.compile(r"\[\s*(\d+)\s*\]")
# A sentence ends at . ! ? (not inside a number) with the markers that follow it, or at the line's end.
_SENTENCE = re.compile(r"[^\n]*?(?<![.!?。])[.!?。]++(?=[\s\[]|$)(?:[^\S\n]*\[\s*\d+\s*\])*|[^\n]+")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:[A-Za-z]+|%|㎡)?")
_TEN_THOUSANDS = re.compile(r"(\d{1,9})만(?:\s*(\d)천|\s*(\d[\d,]{2,4}))?")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_LISTING = re.compile(r"^\s*(?:\d{1,2}[.)]|[①-⑳-])\s*")  # a step's number is no value
_ABSENT = re.compile(
    r"(?:문서|자료)(?:에서|에는|에)?\s*(?:그\s*)?(?:내용을\s*)?(?:찾을\s*수\s*없|없(?:음|습니다|어))"
)
_MIN_SHARE = 0.5  # of a sentence's letter pairs that its passage has to hold
_MAX_QUOTE_CHARS = 300
_MAX_NUMBER_CHARS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An answer after the check. `unsupported` are its sentences that no passage bears."""

    text: str
    citations: tuple[Citation, ...]
    unsupported: tuple[str, ...]


def check(text: str, passages: Sequence[Passage]) -> Checked:
    """`text` without markers that don't hold, and a citation for each passage that bears a part of it.

    Citations come in the order in which the answer needs them, one for a passage.
    """
    quotes: dict[int, str] = {}
    unsupported: list[str] = []

    def verified(found: re.Match[str]) -> str:
        sentence = found[0]
        bare = _without_markers(sentence)
        marked = [int(number) for number in _MARKER.findall(sentence) if len(number) < 4]
        bearing = _bearing(bare, passages, marked)
        if not bearing and _claims(bare):
            unsupported.append(bare.strip())
        for number in bearing:
            quotes.setdefault(number, quote(bare, passages[number - 1].chunk.text))
        kept = [number for number in dict.fromkeys(marked) if number in bearing]
        return bare + (" " if kept else "") + "".join(f"[{number}]" for number in kept)

    clean = _SENTENCE.sub(verified, text).strip()
    citations = tuple(_citation(number, passages[number - 1], words) for number, words in quotes.items())
    return Checked(text=clean, citations=citations, unsupported=tuple(unsupported))


def abstains(text: str) -> bool:
    """Whether an answer says that the documents do not hold it.

    >>> abstains("기가라이트의 월 요금은 문서에 없음.")
    True
    """
    return _ABSENT.search(text) is not None


def numbers(sentence: str) -> list[str]:
    """The numbers a sentence states, with a Latin unit; 3만 3천 as 33000.

    >>> numbers("1) 3만 3천원에 500Mbps, 1.5배")
    ['33000', '500Mbps', '1.5']
    """
    sentence = _LISTING.sub("", sentence)
    return _NUMBER.findall(_TEN_THOUSANDS.sub(_in_digits, sentence))


def bears(passage: Passage, sentence: str) -> float:
    """How well a passage bears a sentence: 0 when it lacks one of its numbers or too many of its words,
    else the share (0–1) of its letter pairs that the passage holds."""
    held = passage.chunk.searchable
    if not all(_holds(held, number) for number in numbers(sentence)):
        return 0.0
    share = _share(_pairs(sentence), _pairs(held))
    return share if share >= _MIN_SHARE else 0.0


def _holds(text: str, number: str) -> bool:
    # Longer ones are no values: they are not worth a pattern, which would take long to make.
    return stands(text, number) if len(number) <= _MAX_NUMBER_CHARS else number in text


def quote(sentence: str, text: str) -> str:
    """The words of `text`, verbatim, that bear `sentence` best: one of its sentences or lines."""
    pairs, wanted = _pairs(sentence), numbers(sentence)
    lines = [found[0].strip() for found in _SENTENCE.finditer(text) if found[0].strip()]
    if not lines:
        return ""
    best = max(lines, key=lambda line: (sum(_holds(line, n) for n in wanted), _share(pairs, _pairs(line))))
    return best[:_MAX_QUOTE_CHARS]


def _bearing(sentence: str, passages: Sequence[Passage], marked: Sequence[int]) -> list[int]:
    """1-based places of the passages that bear it: the marked ones among them, else the best one."""
    if not _claims(sentence) or abstains(sentence):
        return []
    shares = {place: bears(passage, sentence) for place, passage in enumerate(passages, 1)}
    chosen = [place for place in dict.fromkeys(marked) if shares.get(place, 0.0) > 0]
    if chosen:
        return chosen
    best = max(shares, key=lambda place: (shares[place], -place), default=0)
    return [best] if best and shares[best] > 0 else []


def _claims(sentence: str) -> bool:
    """Whether a sentence says anything that could be checked."""
    return len(_pairs(sentence)) > 1 or bool(numbers(sentence))


def _without_markers(text: str) -> str:
    while (bare := re.sub(r"[^\S\n]*" + _MARKER.pattern, "", text)) != text:
        text = bare  # again: taking a marker out of [[9]1] leaves another
    return text


def _in_digits(found: re.Match[str]) -> str:
    thousands = int(found[2] or 0) * 1000 + int((found[3] or "0").replace(",", ""))
    return str(int(found[1]) * 10_000 + thousands)


def _pairs(text: str) -> set[str]:
    words = _WORD.findall(text.casefold())
    return {word[place : place + 2] for word in words for place in range(max(1, len(word) - 1))}


def _share(wanted: set[str], held: set[str]) -> float:
    return len(wanted & held) / len(wanted) if wanted else 0.0


def _citation(number: int, passage: Passage, words: str) -> Citation:
    chunk = passage.chunk
    return Citation(
        passage=number,
        document_id=chunk.document_id,
        version=chunk.version,
        title=chunk.title,
        path=chunk.path,
        link=chunk.link,
        quote=words,
        attachments=chunk.attachments,
    )
