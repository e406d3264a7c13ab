"""Random worlds: the sample manuals with values drawn anew, read and cut as ingestion reads and cuts them.

Exchanging the words of a world within their pools turns it into any number of others, all consistent: no fact
is ever learnt.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from ragtune.chunking import chunks
from ragtune.documents import Passage
from ragtune.instructions.build import build
from ragtune.instructions.phrases import procedure
from ragtune.instructions.records import Instruction
from ragtune.instructions.statements import page_subject
from ragtune.instructions.wordings import HELD_OUT
from ragtune.manuals import read_page
from ragtune.ports import Entry
from ragtune.prompts import block
from ragtune.values import stands
from samples.facts import Facts
from samples.handbook import load as handbook
from samples.write import pages

STEPS = "순서"  # stands for an attribute where steps are asked for
MAX_CHARS = (500, 400, 300)  # of a chunk, in one world after another; a deployment may choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A product's value, with the numbers of the chunks that bear it and of those that may in other words."""

    product: str
    line: str  # name of the product line
    attribute: str
    value: str
    chunks: frozenset[int]
    near: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """What is done in steps, with the numbers of the chunks that bear them all and of those that bear any."""

    name: str  # as questions are listed in procedures.toml: page title › heading
    topic: str  # as a question names it
    steps: tuple[str, ...]
    chunks: frozenset[int]
    near: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Chunks as a prompt shows them (without their number), and the facts they bear."""

    chunks: tuple[str, ...]
    facts: tuple[Fact, ...]
    procedures: tuple[Procedure, ...]
    by_product: dict[str, tuple[int, ...]]  # product -> chunks that name it
    by_attribute: dict[str, tuple[int, ...]]
    beyond: tuple[str, ...]  # questions about anything but the facts

    @property
    def targets(self) -> tuple[Fact, ...]:
        """For whom each product is recommended."""
        return tuple(fact for fact in self.facts if fact.attribute == "추천 대상")

    def alike(self, fact: Fact) -> list[Fact]:
        """The facts with the same attribute and value, itself among them."""
        return [one for one in self.facts if (one.attribute, one.value) == (fact.attribute, fact.value)]


def entries(facts: Facts, max_chars: int = MAX_CHARS[0]) -> list[Entry]:
    """Every page for these facts, as ingestion would store it."""
    found = []
    for page in pages(facts):
        document = read_page(page.data, source=f"file:///manuals/{page.path}", version=1)
        found.append(Entry(document=document, chunks=chunks(document, max_chars=max_chars)))
    return found


def make_world(facts: Facts, seed: int) -> World:
    """The world of a fresh random assignment."""
    assigned = facts.random_assignment(Random(seed))
    found = entries(assigned, MAX_CHARS[seed % len(MAX_CHARS)])
    everything = [chunk for entry in found for chunk in entry.chunks]
    instructions = build(found, seed=1)
    blocks = [block(0, Passage(chunk=chunk, score=0.0)).removeprefix("[0]") for chunk in everything]
    texts = [chunk.searchable for chunk in everything]
    return World(
        chunks=tuple(blocks),
        facts=tuple(_facts(assigned, found, instructions)),
        procedures=tuple(_procedures(found)),
        by_product=_naming(texts, [product.name for product in facts.product]),
        by_attribute={**_naming(texts, list(facts.pools)), STEPS: _ordered(found)},
        beyond=tuple(_beyond(facts, instructions)),
    )


def _facts(assigned: Facts, found: Sequence[Entry], instructions: Sequence[Instruction]) -> Iterator[Fact]:
    """The facts of the file that the rules find in the pages again, or that a line states."""
    everything = [chunk for entry in found for chunk in entry.chunks]
    numbers = {chunk.id: place for place, chunk in enumerate(everything)}
    texts = [chunk.searchable for chunk in everything]
    derived: dict[str, set[int]] = {}
    for one in instructions:
        if one.kind == "value":
            derived.setdefault(one.fact, set()).update(numbers[chunk] for chunk in one.chunk_ids)
    for product, attribute, value in assigned.statements():
        near = {n for n, text in enumerate(texts) if product in text and stands(text, value)}
        stated = {n for n in near if _states(texts[n], (product, attribute, value))}
        bearing = stated | derived.get(f"{product}|{attribute}", set())
        if bearing:
            line = assigned.one_line(assigned.one(product).line).name
            yield Fact(
                product=product,
                line=line,
                attribute=attribute,
                value=value,
                chunks=frozenset(bearing),
                near=frozenset(near - bearing),
            )


def _procedures(found: Sequence[Entry]) -> Iterator[Procedure]:
    """Those of the handbook that a chunk bears whole."""
    titled = {entry.document.title: entry for entry in found}
    texts = [chunk.searchable for entry in found for chunk in entry.chunks]
    for article in handbook().article:
        subject = page_subject(titled[article.title].document)
        for part in article.part:
            steps = tuple(name for name, _ in part.steps)
            holding = {n for n, text in enumerate(texts) if any(step in text for step in steps)}
            whole = {n for n in holding if article.title in texts[n] and all(s in texts[n] for s in steps)}
            if whole:
                yield Procedure(
                    name=f"{article.title} › {part.title}",
                    topic=procedure(subject, part.title),
                    steps=steps,
                    chunks=frozenset(whole),
                    near=frozenset(holding - whole),
                )


def _beyond(facts: Facts, instructions: Sequence[Instruction]) -> Iterator[str]:
    """The questions that don't speak of both a product and an attribute."""
    products = [product.name for product in facts.product]
    for one in instructions:
        named = any(name in one.question for name in products) and any(a in one.question for a in facts.pools)
        if not named and one.kind not in ("selection", "steps") and not one.wording.startswith(HELD_OUT):
            yield one.question


def _ordered(found: Sequence[Entry]) -> tuple[int, ...]:
    """The chunks of the pages that tell a procedure."""
    telling = {article.title for article in handbook().article if any(part.steps for part in article.part)}
    titles = [entry.document.title for entry in found for _ in entry.chunks]
    return tuple(n for n, title in enumerate(titles) if title in telling)


def _states(text: str, words: Sequence[str]) -> bool:
    return any(all(word in line for word in words) for line in text.splitlines())


def _naming(texts: list[str], names: list[str]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(n for n, text in enumerate(texts) if name in text) for name in names}
