"""What the base is trained on: documents drawn anew at every step, of which no two state the same facts.

recite   lines "X의 월 요금은 V입니다." or "월 요금이 V인 것은 X입니다.", then the facts in another order;
         only the word that is asked for, value or product, carries loss, and mostly all lines have one
         attribute, so that nothing but the other word tells which is right
read     the product's own prompt: a question, one to five chunks as retrieval finds them, the answer; then
         further questions about the same chunks
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ragtune.particles import closed, with_particle
from ragtune.presets import Template
from samples.base.questions import ASKING, Asked, Words
from samples.base.worlds import World
from samples.facts import Facts
from samples.handbook import load as handbook
from samples.handbook import step_names

Ids = list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of training. Shares are 0–1, `kinds` are weights."""

    recite: float
    value_first: float  # of the recitations, are told so, as pages tell whom a product suits
    reverse: float  # of the recitations, ask for the product
    absent: float
    max_chunks: int
    questions: int
    kinds: dict[str, float]
    spelled: float = 0.0  # of the documents: their numbers are new ones, no tokens of the vocabulary


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
        self.head, self.middle, self.tail = _parts(template.with_passages, "{passages}", "{question}")
        self.pools = [*_pools(facts), step_names(handbook())]
        self.known = frozenset(word for pool in self.pools for word in pool)
        longest_first = sorted(self.known, key=lambda word: (-len(word), word))
        self.word = re.compile(r"(?<![\d,.])(?:" + "|".join(map(re.escape, longest_first)) + ")")

    def recite(self, rng: Random, stage: Stage) -> Document:
        """Facts, and the same again: their values asked for, or their products."""
        products = rng.sample([product.name for product in self.facts.product], rng.randint(2, 6))
        one = rng.choice(sorted(self.facts.pools)) if rng.random() < 0.7 else ""
        attributes = [one or rng.choice(sorted(self.facts.pools)) for _ in products]
        facts = [(p, a, rng.choice(self.facts.pools[a])) for p, a in zip(products, attributes, strict=True)]
        document = Document(ids=[], labelled=[])
        told = _backward if rng.random() < stage.value_first else _forward
        for fact in facts:
            self._line(document, *told(*fact), labelled=False)
        rng.shuffle(facts)
        said = [(attribute, value) for _, attribute, value in facts]
        backward = len(set(said)) == len(said) and rng.random() < stage.reverse
        for fact in facts:
            self._line(document, *(_backward if backward else _forward)(*fact), labelled=True)
        return document

    def _line(self, document: Document, before: str, asked: str, *, labelled: bool) -> None:
        document.add(encode(self.tokenizer, before), labelled=False)
        document.add(encode(self.tokenizer, asked), labelled=labelled)
        document.add(encode(self.tokenizer, "입니다.\n"), labelled=False)

    def read(self, rng: Random, stage: Stage, count: int) -> Document:
        """Questions about `count` chunks."""
        world = rng.choice(self.worlds)
        words = self._words(rng, spelled=rng.random() < stage.spelled)
        first = self._asked(world, words, rng, stage)
        shown = self._found(world, first, rng, count, absent=rng.random() < stage.absent)
        document = Document(ids=[], labelled=[])
        document.add(encode(self.tokenizer, self._passages(world, shown, words)), labelled=False)
        self._ask(document, first, set(shown))
        for _ in range(rng.randint(0, stage.questions - 1)):
            self._ask(document, self._other(world, words, shown, rng, stage), set(shown))
        return document

    def single(self, rng: Random, stage: Stage, count: int) -> tuple[str, str]:
        """One question about `count` chunks as a prompt, and its answer."""
        answer = ""
        while not answer:
            world = rng.choice(self.worlds)
            words = self._words(rng, spelled=False)
            asked = self._asked(world, words, rng, stage)
            shown = self._found(world, asked, rng, count, absent=rng.random() < stage.absent)
            answer = asked.answer_from(set(shown))
        return f"{self._passages(world, shown, words)}{self.middle}{asked.question}{self.tail}", answer

    def _ask(self, document: Document, asked: Asked, shown: set[int]) -> None:
        answer = asked.answer_from(shown)
        if answer:
            question = f"{self.middle}{asked.question}{self.tail}"
            document.add(encode(self.tokenizer, question), labelled=False)
            document.add([*encode(self.tokenizer, answer), self.end], labelled=True)

    def _passages(self, world: World, shown: list[int], words: Words) -> str:
        blocks = [f"[{number}]{world.chunks[chunk]}" for number, chunk in enumerate(shown, 1)]
        return self.head + self.word.sub(lambda found: words[found[0]], "\n\n".join(blocks))

    def _asked(self, world: World, words: Words, rng: Random, stage: Stage) -> Asked:
        kind = rng.choices(list(stage.kinds), list(stage.kinds.values()))[0]
        for _ in range(1000):
            fact = rng.choice(world.targets if kind == "recommend" else world.facts)
            asked = ASKING[kind](world, fact, words, rng)
            if asked:
                return asked
        raise ValueError(f"{kind}: this world has nothing to ask")

    def _other(self, world: World, words: Words, shown: list[int], rng: Random, stage: Stage) -> Asked:
        """A further question: mostly one that the chunks shown answer."""
        asked = self._asked(world, words, rng, stage)
        if rng.random() < stage.absent:
            return asked
        for _ in range(200):
            if asked.answer_from(set(shown)) == asked.answer:
                break
            asked = self._asked(world, words, rng, stage)
        return asked

    def _found(self, world: World, asked: Asked, rng: Random, count: int, *, absent: bool) -> list[int]:
        """Chunk numbers as a search would return them: those of the answer, those of its products, those of
        its attribute, and others."""
        products = world.by_product.get(rng.choice(asked.products)) or range(len(world.chunks))
        attributes = world.by_attribute.get(asked.attribute) or range(len(world.chunks))
        shown = [] if absent else _bearing(asked, rng, count)
        avoided = asked.bearing if absent else asked.misleading
        for _ in range(60):
            if len(shown) >= count:
                break
            near = rng.choices((products, attributes, range(len(world.chunks))), (0.4, 0.4, 0.2))[0]
            chunk = rng.choice(near)
            if chunk not in shown and chunk not in avoided:
                shown.append(chunk)
        rng.shuffle(shown)
        return shown

    def _words(self, rng: Random, *, spelled: bool) -> dict[str, str]:
        """Every word of a pool exchanged for another of the same pool, or a number for one of none."""
        words: dict[str, str] = {}
        for pool in self.pools:
            others = pool[:]
            rng.shuffle(others)
            words.update(zip(pool, others, strict=True))
        return {word: self._spelled(other, rng) for word, other in words.items()} if spelled else words

    def _spelled(self, value: str, rng: Random) -> str:
        """The value with other digits, as many, unless all such are known.

        A word with less than two digits, as 1인 가구, is none to spell.
        """
        if len(re.findall(r"\d", value)) < 2:
            return value
        for _ in range(20):
            other = re.sub(r"\d", lambda _: str(rng.randint(1, 9)), value)
            if other not in self.known:
                return other
        return value


def encode(tokenizer: Any, text: str) -> Ids:
    ids: Ids = tokenizer.encode(text, add_special_tokens=False)
    return ids


def _forward(product: str, attribute: str, value: str) -> tuple[str, str]:
    """What stands before the word that is asked for, and that word."""
    return f"{product}의 {with_particle(attribute, '은', '는')} ", value


def _backward(product: str, attribute: str, value: str) -> tuple[str, str]:
    return f"{with_particle(attribute, '이', '가')} {value}인 것은 ", product


def _bearing(asked: Asked, rng: Random, count: int) -> list[int]:
    """A chunk that bears the whole answer, or one for each part where that takes no more than `count`."""
    whole = asked.parts[0].intersection(*asked.parts) if asked.parts else None
    if whole and (len(asked.parts) > count or rng.random() < 0.5):
        return [rng.choice(sorted(whole))]
    return list(dict.fromkeys(rng.choice(sorted(part)) for part in asked.parts))


def _parts(text: str, *marks: str) -> list[str]:
    parts = []
    for mark in marks:
        before, text = text.split(mark)
        parts.append(before)
    return [*parts, text]


def fixed_parts(template: Template) -> list[str]:
    """The texts around question and passages, which are one token each."""
    parts = _parts(template.with_passages, "{passages}", "{question}")
    return [*parts, *_parts(template.without_passages, "{question}")]


def _pools(facts: Facts) -> list[list[str]]:
    """Words that may stand for each other: a pool's values; a line's products whose names take the same
    particles, so that a product stays one of its line."""
    sounds: dict[tuple[str, bool], list[str]] = {}
    for product in facts.product:
        sounds.setdefault((product.line, closed(product.name)), []).append(product.name)
    return [*map(list, facts.pools.values()), *sounds.values()]
