"""Korean-looking pages and questions without end: the same for the same numbers, on every machine.

Words are 2–4 frequent syllables, drawn by Zipf's law out of 60,000, with particles behind half of them; a
page holds ten chunks of about 60 words in three sections.

>>> page(7).chunks[0].text[:24]
"""

import random
from bisect import bisect
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

from ragtune.documents import Chunk, Document, Section, Text
from ragtune.ports import Entry

CHUNKS_A_PAGE = 10
_WORDS = 60_000
_WORDS_A_CHUNK = (30, 90)
_SYLLABLES = "가고구기나다대도동라로리마만면모무미바보부비사서선성세수스시신아안어여연영오요용우원유은이인일자장전정제조주중지진차청초치카크타통트파포표하한해화회후"
_PARTICLES = ("", "", "", "", "은", "는", "이", "을", "에", "의", "으로", "에서", "하고", "입니다")


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    random_ = random.Random(1)
    words = ["".join(random_.choices(_SYLLABLES, k=random_.choice((2, 2, 3, 4)))) for _ in range(_WORDS)]
    return words, list(accumulate(1 / (rank + 2.7) for rank in range(_WORDS)))  # Zipf–Mandelbrot


def _words(random_: random.Random, count: int) -> Iterator[str]:
    words, weights = _vocabulary()
    for _ in range(count):
        yield words[bisect(weights, random_.random() * weights[-1])]


def page(number: int, *, labels: tuple[str, ...] = ()) -> Entry:
    """Page `number`; one in ten is for staff alone, one in ten valid to the end of 2027 only."""
    random_ = random.Random(number)
    source = f"file:///synthetic/{number}.html"
    title = " ".join(_words(random_, 3))
    heads = [" ".join(_words(random_, 2)) for _ in range(3)]
    texts = [_text(random_) for _ in range(CHUNKS_A_PAGE)]
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


def _text(random_: random.Random) -> str:
    words = _words(random_, random_.randint(*_WORDS_A_CHUNK))
    return " ".join(word + random_.choice(_PARTICLES) for word in words) + "."


def question(number: int, pages: int) -> str:
    """What one of the first `pages` pages is asked: four to seven words of one of its chunks."""
    random_ = random.Random(-1 - number)
    chunk = random_.choice(page(random_.randrange(pages)).chunks)
    words = chunk.text.rstrip(".").split()
    start = random_.randrange(len(words) - 7)
    return " ".join(words[start : start + random_.randint(4, 7)]) + " 얼마인가요?"
