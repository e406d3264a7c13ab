"""What the base is trained on: documents drawn anew at every step, of which no two state the same facts.

recite   lines "X의 월 요금은 V입니다.", then the same lines in another order; only the values carry loss, and
         mostly all lines have one attribute, so that nothing but the product tells which value is right
read     the product's own prompt: a question, one to five chunks as retrieval finds them, the answer; then
         further questions about the same chunks
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ragtune.particles import closed, with_particle
from ragtune.presets import Template
from samples.base.questions import reworded
from samples.base.worlds import Fact, World, encode
from samples.facts import Facts

Ids = list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of training. Shares are 0–1, `kinds` are weights."""

    recite: float
    absent: float
    max_chunks: int
    questions: int
    kinds: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Token ids, and whether each carries loss."""

    ids: Ids
    labelled: list[bool]

    def add(self, ids: Sequence[int], *, labelled: bool) -> None:
        self.ids.extend(ids)
        self.labelled.extend([labelled] * len(ids))


class Author:
    """Writes documents from `worlds`; the same `rng` state gives the same ones."""

    def __init__(self, worlds: Sequence[World], facts: Facts, tokenizer: Any, template: Template) -> None:
        self.worlds = worlds
        self.facts = facts
        self.tokenizer = tokenizer
        self.end = int(tokenizer.eos_token_id)
        head, middle, tail = _parts(template.with_passages, "{question}", "{passages}")
        self.head, self.middle, self.tail = (encode(tokenizer, part) for part in (head, middle, tail))
        self.numbers = [encode(tokenizer, f"[{number}]") for number in range(1, 12)]
        self.gap = encode(tokenizer, "\n\n")
        self.pools = _pools(facts, tokenizer)

    def recite(self, rng: Random) -> Document:
        products = rng.sample([product.name for product in self.facts.product], rng.randint(2, 6))
        one = rng.choice(sorted(self.facts.pools)) if rng.random() < 0.7 else ""
        attributes = [one or rng.choice(sorted(self.facts.pools)) for _ in products]
        lines = [
            (f"{p}의 {with_particle(a, '은', '는')} ", rng.choice(self.facts.pools[a]))
            for p, a in zip(products, attributes, strict=True)
        ]
        document = Document(ids=[], labelled=[])
        for labelled in (False, True):
            for stem, value in lines:
                document.add(encode(self.tokenizer, stem), labelled=False)
                document.add(encode(self.tokenizer, value), labelled=labelled)
                document.add(encode(self.tokenizer, "입니다.\n"), labelled=False)
            rng.shuffle(lines)
        return document

    def read(self, rng: Random, stage: Stage, count: int) -> Document:
        """Questions about `count` chunks."""
        world = rng.choice(self.worlds)
        first = self._asked(world, rng, stage)
        absent = rng.random() < stage.absent
        shown = self._found(world, first, rng, count, absent=absent)
        document = Document(ids=[], labelled=[])
        self._ask(document, first, set(shown), rng, self._passages(world, shown))
        others = [self._other(world, shown, rng, stage) for _ in range(rng.randint(0, stage.questions - 1))]
        for fact in others:
            self._ask(document, fact, set(shown), rng, [])
        swap = self._swap(rng)
        document.ids[:] = [swap.get(token, token) for token in document.ids]
        return document

    def _ask(self, document: Document, fact: Fact, shown: set[int], rng: Random, passages: Ids) -> None:
        answered = fact.answered_by(shown)
        if not answered and fact.bearing & shown:
            return  # it may be answered in other words: neither answer would be right
        question = reworded(rng.choice(fact.questions), fact, rng)
        asked = self.head + encode(self.tokenizer, question) + passages + self.tail
        document.add(asked, labelled=False)
        answer = fact.answer if answered else fact.absent
        document.add([*answer, self.end], labelled=True)

    def _passages(self, world: World, shown: list[int]) -> Ids:
        ids = list(self.middle)
        for place, chunk in enumerate(shown):
            ids += (self.gap if place else []) + self.numbers[place] + list(world.chunks[chunk])
        return ids

    def _asked(self, world: World, rng: Random, stage: Stage) -> Fact:
        kinds = {kind: weight for kind, weight in stage.kinds.items() if world.facts[kind]}
        kind = rng.choices(list(kinds), list(kinds.values()))[0]
        return rng.choice(world.facts[kind])

    def _other(self, world: World, shown: list[int], rng: Random, stage: Stage) -> Fact:
        """A further question: mostly one that the chunks shown answer."""
        fact = self._asked(world, rng, stage)
        if rng.random() < stage.absent:
            return fact
        for _ in range(200):
            if fact.answered_by(set(shown)):
                break
            fact = self._asked(world, rng, stage)
        return fact

    def _found(self, world: World, fact: Fact, rng: Random, count: int, *, absent: bool) -> list[int]:
        """Chunk numbers as a search for the fact would return them: its own, those of its product, those of
        its attribute, and others."""
        subjects = world.by_subject.get(rng.choice(fact.subjects)) or range(len(world.chunks))
        attributes = world.by_attribute.get(fact.attribute) or range(len(world.chunks))
        shown = [] if absent else _bearing(fact, rng, count)
        for _ in range(60):
            if len(shown) >= count:
                break
            near = rng.choices((subjects, attributes, range(len(world.chunks))), (0.4, 0.4, 0.2))[0]
            chunk = rng.choice(near)
            if chunk not in shown and not (absent and chunk in fact.bearing):
                shown.append(chunk)
        rng.shuffle(shown)
        return shown

    def _swap(self, rng: Random) -> dict[int, int]:
        """Every token of a pool exchanged for another of the same pool."""
        swap: dict[int, int] = {}
        for pool in self.pools:
            others = pool[:]
            rng.shuffle(others)
            swap.update(zip(pool, others, strict=True))
        return swap


def _bearing(fact: Fact, rng: Random, count: int) -> list[int]:
    """One chunk that bears the answer; where several may do so together, sometimes those."""
    if fact.parts and len(fact.parts) <= count and all(fact.parts) and rng.random() < 0.5:
        return list(dict.fromkeys(rng.choice(sorted(part)) for part in fact.parts))
    return [rng.choice(sorted(fact.golds))]


def _parts(text: str, *marks: str) -> list[str]:
    parts = []
    for mark in marks:
        before, text = text.split(mark)
        parts.append(before)
    return [*parts, text]


def fixed_parts(template: Template) -> list[str]:
    """The texts around question and passages, which are one token each."""
    parts = _parts(template.with_passages, "{question}", "{passages}")
    return [*parts, *_parts(template.without_passages, "{question}")]


def _pools(facts: Facts, tokenizer: Any) -> list[Ids]:
    """Tokens that may stand for each other: a pool's values; products whose names take the same particles."""
    sounds: dict[bool, list[str]] = {}
    for product in facts.product:
        sounds.setdefault(closed(product.name), []).append(product.name)
    words = [*facts.pools.values(), *sounds.values()]
    return [[int(tokenizer.convert_tokens_to_ids(word)) for word in pool] for pool in words]
