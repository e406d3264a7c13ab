"""Random worlds: the sample manuals with values drawn anew, read and cut as ingestion reads and cuts them.

A world is kept as token ids. Because a value, a product and an attribute are one token each, exchanging
tokens within their pools turns one world into any number of others, all consistent: no fact is ever learnt.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ragtune.chunking import chunks
from ragtune.documents import Passage
from ragtune.instructions.build import build, underlying
from ragtune.instructions.counterfactual import attribute
from ragtune.instructions.records import Instruction
from ragtune.instructions.retrieval_aware import abstaining
from ragtune.manuals import read_page
from ragtune.ports import Entry
from ragtune.prompts import block
from ragtune.values import stands
from samples.facts import Facts
from samples.write import pages

MAX_CHARS = (500, 400, 300)  # of a chunk, in one world after another; a deployment may choose
KINDS = ("value", "comparison", "selection", "description", "steps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What can be asked: `golds` are the numbers of the chunks that bear the answer, `parts` those that bear
    it together, one of each, and `bearing` those that may bear a part of it in other words."""

    kind: str
    questions: tuple[str, ...]
    answer: tuple[int, ...]
    absent: tuple[int, ...]  # the answer when no passage bears it
    golds: frozenset[int]
    parts: tuple[frozenset[int], ...]
    bearing: frozenset[int]
    subjects: tuple[str, ...]
    attribute: str

    def answered_by(self, shown: set[int]) -> bool:
        """Whether the chunks shown bear the whole answer."""
        return bool(self.golds & shown) or (bool(self.parts) and all(part & shown for part in self.parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Chunks as token ids (without their number), and what they answer."""

    chunks: tuple[tuple[int, ...], ...]
    facts: dict[str, tuple[Fact, ...]]  # by kind
    by_subject: dict[str, tuple[int, ...]]  # product -> chunks that name it
    by_attribute: dict[str, tuple[int, ...]]


def entries(facts: Facts, max_chars: int = MAX_CHARS[0]) -> list[Entry]:
    """Every page for these facts, as ingestion would store it."""
    found = []
    for page in pages(facts):
        document = read_page(page.data, source=f"file:///manuals/{page.path}", version=1)
        found.append(Entry(document=document, chunks=chunks(document, max_chars=max_chars)))
    return found


def make_world(facts: Facts, tokenizer: Any, seed: int) -> World:
    """The world of a fresh random assignment."""
    assigned = facts.random_assignment(Random(seed))
    found = entries(assigned, MAX_CHARS[seed % len(MAX_CHARS)])
    everything = [chunk for entry in found for chunk in entry.chunks]
    texts = [chunk.searchable for chunk in everything]
    number = {chunk.id: place for place, chunk in enumerate(everything)}
    blocks = [block(0, Passage(chunk=chunk, score=0.0)).removeprefix("[0]") for chunk in everything]
    by_kind: dict[str, list[Fact]] = {kind: [] for kind in KINDS}
    known = {(product, attribute) for product, attribute, _ in assigned.statements()}
    for group in _grouped(build(found, seed)):
        fact = _fact(group, number, texts, tokenizer)
        superlative = "가장" in group[0].output  # comparing numbers is beyond a model of this size
        stray = fact.kind == "value" and (fact.subjects[0], fact.attribute) not in known
        if fact.golds and not superlative and not stray:
            by_kind[fact.kind].append(fact)
    return World(
        chunks=tuple(tuple(encode(tokenizer, text)) for text in blocks),
        facts={kind: tuple(facts) for kind, facts in by_kind.items()},
        by_subject=_naming(texts, [product.name for product in facts.product]),
        by_attribute=_naming(texts, list(facts.pools)),
    )


def encode(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return ids


def _grouped(instructions: Sequence[Instruction]) -> Iterator[list[Instruction]]:
    """Instructions that differ in wording alone; the same fact on several pages is one group."""
    groups: dict[tuple[str, str], list[Instruction]] = {}
    for one in instructions:
        if not one.wording.startswith("held_out"):
            groups.setdefault((one.kind, one.output), []).append(one)
    yield from groups.values()


def _fact(group: list[Instruction], number: dict[str, int], texts: list[str], tokenizer: Any) -> Fact:
    first = group[0]
    subjects = tuple(fact.rpartition("|")[0] for fact in underlying(first.fact))
    golds = frozenset(number[chunk] for one in group for chunk in one.chunk_ids)
    pairs = list(zip(subjects, first.values, strict=False))
    parts = tuple(
        frozenset(n for n, text in enumerate(texts) if subject in text and stands(text, value))
        for subject, value in pairs
    )
    return Fact(
        kind=first.kind,
        questions=tuple(dict.fromkeys(one.question for one in group)),
        answer=tuple(encode(tokenizer, first.output)),
        absent=tuple(encode(tokenizer, abstaining(first))),
        golds=golds,
        parts=parts if first.kind == "comparison" else (),
        bearing=golds.union(*parts),
        subjects=subjects,
        attribute=attribute(first.fact),
    )


def _naming(texts: list[str], names: list[str]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(n for n, text in enumerate(texts) if name in text) for name in names}
