"""Values changed in passages: what makes a tuned model follow its documents instead of its memory.

A mapping old value -> new value is applied to every passage and to the answer alike, so that a prompt stays
consistent: all the places that said 33,000원 say 41,000원, "33000 원" too, with the particle that fits.

>>> changed("기가라이트의 월 요금은 33,000원이고 약정은 36개월입니다.", {"33,000원": "무료", "36개월": "1년"})
'기가라이트의 월 요금은 무료이고 약정은 1년입니다.'

Draw a mapping from the values seen under the same attribute (`pools`), for the values one wants changed:

    mapping = redrawn(pools(instructions), rng, asked=attribute(instruction.fact))
    passages = changed_passages(passages, mapping)
    instruction = changed_instruction(instruction, mapping)
"""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from ragtune.documents import Passage
from ragtune.instructions.records import Instruction
from ragtune.particles import agreed
from ragtune.values import occurrences

Pools = Mapping[str, tuple[str, ...]]  # attribute -> the values seen under it, sorted


def attribute(fact: str) -> str:
    """The attribute of a fact key: "월 요금" of "기가라이트|월 요금"."""
    return fact.rpartition("|")[2]


def pools(instructions: Iterable[Instruction]) -> dict[str, tuple[str, ...]]:
    """Every value seen under each attribute, every step of any procedure under `순서`. Only from instructions
    that ask for one value or for steps."""
    seen: dict[str, set[str]] = {}
    for instruction in instructions:
        if instruction.kind == "steps" or (instruction.kind == "value" and len(instruction.values) == 1):
            seen.setdefault(attribute(instruction.fact), set()).update(instruction.values)
    return {name: tuple(sorted(values)) for name, values in sorted(seen.items())}


def changeable(instruction: Instruction) -> bool:
    """Whether question and answer stay true when values change in both: not where the answer follows from
    comparing values, as the lowest does."""
    named = instruction.kind == "selection" and bool(instruction.given)
    return named or (instruction.kind in ("value", "comparison", "steps") and bool(instruction.values))


def redrawn(pools: Pools, rng: random.Random, asked: str = "") -> dict[str, str]:
    """Another value for every value of the pools, drawn from those seen under the same attribute.

    A value seen under several attributes may turn into a value of any of them, but, where it is one of the
    `asked` attribute's, into one of that attribute. An attribute's only value keeps its place.
    """
    fellows = _fellows(tuple(pools.items()))
    drawn = {}
    for value, others in fellows.items():
        own = pools.get(asked, ())
        candidates = [other for other in own if other != value] if value in own else others
        if candidates:
            drawn[value] = rng.choice(candidates)
    return drawn


def values_in(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Those of `known` that stand whole in `text`, longest first where they overlap, in order."""
    return tuple(value for _, _, value in _spans(text, tuple(sorted(known))))


def changed(text: str, new: Mapping[str, str]) -> str:
    """`text` with every whole occurrence of a key of `new` replaced, all at once, particles agreeing."""
    spans = _spans(text, tuple(sorted(new)))
    for start, end, value in reversed(spans):
        text = text[:start] + new[value] + agreed(new[value], text[end:])
    return text


def changed_passages(passages: Sequence[Passage], new: Mapping[str, str]) -> tuple[Passage, ...]:
    """The passages, in order, with the same replacements in text, breadcrumb and title."""
    return tuple(_changed_passage(passage, new) for passage in passages)


def changed_instruction(instruction: Instruction, new: Mapping[str, str]) -> Instruction:
    """The instruction as it would have been derived from the changed document."""
    return replace(
        instruction,
        question=changed(instruction.question, new) if instruction.given else instruction.question,
        output=changed(instruction.output, new),
        values=tuple(new.get(value, value) for value in instruction.values),
        given=tuple(new.get(value, value) for value in instruction.given),
    )


def _changed_passage(passage: Passage, new: Mapping[str, str]) -> Passage:
    chunk = passage.chunk
    path = tuple(changed(step, new) for step in chunk.path)
    chunk = replace(chunk, title=changed(chunk.title, new), path=path, text=changed(chunk.text, new))
    return replace(passage, chunk=chunk)


@lru_cache(maxsize=8)
def _fellows(pools: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, tuple[str, ...]]:
    """For each value the others of its attributes; one that stands under two may turn into either's."""
    fellows: dict[str, set[str]] = {}
    for _, values in pools:
        for value in values:
            fellows.setdefault(value, set()).update(values)
    return {value: tuple(sorted(others - {value})) for value, others in sorted(fellows.items())}


@lru_cache(maxsize=20_000)
def _spans(text: str, values: tuple[str, ...]) -> tuple[tuple[int, int, str], ...]:
    """(start, end, value) of every occurrence, left to right, none inside or across another."""
    found = [(*match.span(), value) for value in values for match in occurrences(text, value)]
    found.sort(key=lambda span: (span[0], -span[1], span[2]))
    chosen: list[tuple[int, int, str]] = []
    for span in found:
        if not chosen or span[0] >= chosen[-1][1]:
            chosen.append(span)
    return tuple(chosen)
