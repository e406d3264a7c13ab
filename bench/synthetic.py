"""Korean-looking pages and questions without end: the same for the same numbers, on every machine.

Words are 2–4 frequent syllables, drawn by Zipf's law out of 60,000, with particles behind half of them; a
page holds ten chunks of about 60 words in three sections.

>>> len(page(7).chunks)
10
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ragtune.documents import Chunk, Document, Section, Text
from ragtune.ports import Entry, Term

CHUNKS_A_PAGE = 10
_WORDS = 60_000
_WORDS_A_CHUNK = (30, 90)
_SYLLABLES = (
    "가고구기나다대도동라로리마만면모무미바보부비사서선성세수스시신아안어여연영오요용우원유은이인일자장전정제조주중"
    "지진차청초치카크타통트파포표하한해화회후"
)
_PARTICLES = ("", "", "", "", "은", "는", "이", "을", "에", "의", "으로", "에서", "하고", "입니다")


@cache
def _vocabulary() -> tuple[list[str], NDArray[np.float64]]:
    draw = np.random.default_rng(1)
    lengths = draw.choice((2, 2, 3, 4), _WORDS)
    letters = draw.integers(len(_SYLLABLES), size=(_WORDS, 4))
    words = [
        "".join(_SYLLABLES[one] for one in row[:length])
        for row, length in zip(letters.tolist(), lengths.tolist(), strict=True)
    ]
    shares = np.cumsum(1 / (np.arange(_WORDS) + 2.7))  # Zipf–Mandelbrot
    return words, shares / shares[-1]


def _words(draw: np.random.Generator, count: int) -> list[str]:
    words, shares = _vocabulary()
    return [words[place] for place in np.searchsorted(shares, draw.random(count)).tolist()]


def page(number: int, *, labels: tuple[str, ...] = ()) -> Entry:
    """Page `number`; one in ten is for staff alone, one in ten valid to the end of 2027 only."""
    draw = np.random.default_rng(number)
    source = f"file:///synthetic/{number}.html"
    title = " ".join(_words(draw, 3))
    heads = [" ".join(_words(draw, 2)) for _ in range(3)]
    texts = [_text(draw) for _ in range(CHUNKS_A_PAGE)]
    document = Document(
        source=source,
        version=1,
        title=title,
        digest=str(number),
        labels=labels or (("staff",) if number % 10 == 3 else ("public",)),
        valid_until="2027-12-31" if number % 10 == 7 else "",
        sections=tuple(
            Section(path=(head,), blocks=tuple(Text(text=text) for text in texts[place::3]))
            for place, head in enumerate(heads)
        ),
    )
    chunks = (
        Chunk(
            document_id=document.id,
            version=1,
            ordinal=ordinal,
            title=title,
            path=(heads[ordinal * 3 // CHUNKS_A_PAGE],),
            text=text,
            source=source,
            labels=document.labels,
            valid_until=document.valid_until,
        )
        for ordinal, text in enumerate(texts)
    )
    return Entry(document=document, chunks=tuple(chunks))


def _text(draw: np.random.Generator) -> str:
    words = _words(draw, int(draw.integers(*_WORDS_A_CHUNK)))
    particles = draw.integers(len(_PARTICLES), size=len(words)).tolist()
    return " ".join(word + _PARTICLES[one] for word, one in zip(words, particles, strict=True)) + "."


def question(number: int, pages: int) -> str:
    """What one of the first `pages` pages is asked: four to seven words of one of its chunks."""
    draw = np.random.default_rng((number, pages))
    chunks = page(int(draw.integers(pages))).chunks
    words = chunks[int(draw.integers(len(chunks)))].text.rstrip(".").split()
    start = int(draw.integers(len(words) - 7))
    return " ".join(words[start : start + int(draw.integers(4, 8))]) + " 얼마인가요?"


class Words:
    """Analyzer: words as they stand between spaces, the cheapest second view there is."""

    name = "word"
    version = "1"

    def tokens(self, text: str) -> list[str]:
        """Words of `text`."""
        return text.split()

    def terms(self, question: str) -> list[Term]:
        """Every word at full weight."""
        return [Term(text=word) for word in question.split()]
