"""Random callers over pages with random labels and dates: each sees what it may, all of it, and nothing else.

    python -m tests.contracts.leaks --queries 100000        # make soak, embedded; OpenSearch: --engine

Pages change their labels and dates in between, and some are deleted.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ragtune.documents import Chunk
from ragtune.ports import Access, Entry, Index, Leg, Near
from ragtune.retrieval import visible
from tests.contracts.directions import Directions
from tests.contracts.engines import opened
from tests.contracts.entries import entry, word

EMBEDDER = Directions(16)
PAGES = 240
# Spaces, quotes, prefixes of each other, other cases, normal forms and nothing at all.
LABELS = (
    "public",
    "publi",
    "Public",
    "staff",
    "staff public",
    "내부",
    "내부",
    '"내부"',
    "a_b",
    "a b",
    "*",
    "",
)
_DAYS = ("", "2026-01-01", "2026-06-30", "2026-07-01", "2026-12-31")
_ACCESS_DAYS = ("2025-12-31", *_DAYS[1:], "2026-11-22", "2027-01-01")
_WORDS = {1: "가나", 2: "다라", 3: "마바", 7: "사아"}  # each stands in the pages whose number its key divides
_CHANGE_EVERY = 400  # queries
_A_PART = 10_000  # queries of one index


def page(number: int, random_: random.Random, version: int) -> Entry:
    """Page `number` with labels and dates drawn anew."""
    words = " ".join(text for step, text in _WORDS.items() if number % step == 0)
    labels = tuple(random_.sample(LABELS, random_.choice((0, 1, 1, 1, 2, 3))))
    dates = (random_.choice(_DAYS), random_.choice(_DAYS))
    texts = [f"{words} 위약금" * random_.randint(1, 3) for _ in range(random_.randint(1, 2))]
    return entry(f"쪽{number}", texts, version=version, labels=labels, valid=dates)


def violations(index: Index, queries: int, seed: int) -> Iterator[str]:
    """A sentence for each of the random queries that gave something else than what the caller may see."""
    random_ = random.Random(seed)
    pages: dict[int, tuple[Chunk, ...]] = {}
    for done in range(queries):
        if done % _CHANGE_EVERY == 0:
            _change(index, pages, random_, version=done + 1, every=done == 0)
        step, access = random_.choice(list(_WORDS)), _caller(random_)
        limit = random_.choice((1, 5, 20, 50, 500))
        seen = {number for number, chunks in pages.items() if chunks and visible(chunks[0], access)}
        allowed = {chunk.id for number in seen for chunk in pages[number]}
        matching = {chunk.id for number in seen if number % step == 0 for chunk in pages[number]}
        legs: list[Leg | Near] = [
            Leg(field="bigram", terms=(word(_WORDS[step]),)),
            Near(vector=EMBEDDER.embed_question(_WORDS[step])),
        ]
        lexical, dense = ([hit.chunk_id for hit in hits] for hits in index.search(legs, access, limit))
        for name, hits, wanted in (("bigram", lexical, matching), ("dense", dense, allowed)):
            if not set(hits) <= wanted or len(hits) != min(limit, len(wanted)) or len(set(hits)) != len(hits):
                yield f"query {done} of seed {seed}, {name} leg, {access}, limit {limit}: {hits}"


def _change(
    index: Index, pages: dict[int, tuple[Chunk, ...]], random_: random.Random, version: int, *, every: bool
) -> None:
    numbers = range(PAGES) if every else random_.sample(range(PAGES), 8)
    made = {number: page(number, random_, version) for number in numbers}
    list(index.put(made.values()))
    pages.update((number, one.chunks) for number, one in made.items())
    if not every:
        index.delete(made[numbers[0]].document.source, version)
        pages[numbers[0]] = ()


def _caller(random_: random.Random) -> Access:
    labels = frozenset(random_.sample(LABELS, random_.choice((0, 1, 1, 2, 4, len(LABELS)))))
    return Access(labels=labels, day=random_.choice(_ACCESS_DAYS))


def main(arguments: list[str]) -> int:
    """Ask, say how it went; 1 when anybody saw what they must not."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.contracts.leaks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--engine", choices=("embedded", "opensearch"), default="embedded")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args(arguments)
    wrong: list[str] = []
    for part in range(0, given.queries, _A_PART):
        with (
            tempfile.TemporaryDirectory() as folder,
            opened(given.engine, Path(folder), embedder=EMBEDDER) as index,
        ):
            wrong += violations(index, min(_A_PART, given.queries - part), given.seed + part)
        told = f"{min(part + _A_PART, given.queries)} queries from seed {given.seed} on {given.engine}"
        sys.stdout.write(f"{told}: {len(wrong)} wrong {wrong[:3] or ''}\n")
        sys.stdout.flush()
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
