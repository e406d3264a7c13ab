"""Does a model use its documents? Probes in which the passages are right, changed, or lack the answer.

closed_book      no passages, held-out wordings of facts that were trained: is the fact learnt?
with_passage     the right passage among those that retrieval returns
changed_passage  the same, every value redrawn: does the answer follow the document?   `stale`: the old value
absent           what retrieval returns without the passages that bear the answer: does it abstain?

    made = cases(paraphrases, retrieve, n=200, seed=1)
    probe(generator, preset, made).with_passage      # Interval(share=0.97, low=0.94, high=0.99, n=200)

A model is anything that generates, so a served base, a plainly tuned and a retrieval-aware tuned one are
probed alike, on the same cases. An answer is right when it is the whole expected answer.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ragtune.citations import abstains
from ragtune.documents import Passage
from ragtune.evaluation.intervals import Interval
from ragtune.instructions.build import bears
from ragtune.instructions.counterfactual import (
    Pools,
    attribute,
    changed_instruction,
    changed_passages,
    pools,
    redrawn,
)
from ragtune.instructions.filters import squeeze
from ragtune.instructions.records import Instruction
from ragtune.ports import Generator
from ragtune.presets import Preset
from ragtune.prompts import render
from ragtune.stopping import until
from ragtune.values import stands

Retrieve = Callable[[str], Sequence[Passage]]
_MARKER = re.compile(r"\[\s*\d+\s*\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with its passages, right, changed and lacking the answer."""

    instruction: Instruction
    passages: tuple[Passage, ...]
    changed_answer: Instruction
    changed_passages: tuple[Passage, ...]
    lacking: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """`not_retrieved` questions were left out: none of the passages bore the answer."""

    cases: tuple[Case, ...]
    not_retrieved: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Shares of right answers; `stale` and `absent` as above."""

    closed_book: Interval
    with_passage: Interval
    changed_passage: Interval
    stale: Interval
    absent: Interval


def cases(
    instructions: Iterable[Instruction],
    retrieve: Retrieve,
    *,
    n: int,
    seed: int,
    pool: Pools | None = None,
) -> Cases:
    """Up to `n` cases from instructions that ask for one value, drawn by `seed`.

    `pool` holds the values an attribute may be changed to; by default those of the instructions.
    """
    rng = random.Random(seed)
    asked = [one for one in instructions if one.kind == "value" and len(one.values) == 1]
    pool = pool if pool is not None else pools(asked)
    rng.shuffle(asked)
    made: list[Case] = []
    missed = 0
    for one in asked:
        if len(made) == n:
            break
        passages = tuple(retrieve(one.question))
        if not any(_bears(passage, one) for passage in passages):
            missed += 1
            continue
        case = _case(one, passages, redrawn(pool, rng, asked=attribute(one.fact)))
        if case:
            made.append(case)
    return Cases(cases=tuple(made), not_retrieved=missed, seed=seed)


def probe(generator: Generator, preset: Preset, made: Cases) -> Probe:
    """Ask one model every case in every way. Raises ModelUnavailable when it does not answer."""
    closed, right, changed, stale, absent = [], [], [], [], []
    for case in made.cases:
        one = case.instruction
        closed.append(_same(_said(generator, preset, one.question, ()), one.output))
        right.append(_same(_said(generator, preset, one.question, case.passages), one.output))
        said = _said(generator, preset, one.question, case.changed_passages)
        changed.append(_same(said, case.changed_answer.output))
        stale.append(float(stands(said, one.values[0])))
        if case.lacking:  # a prompt without any passage would be the closed book
            absent.append(float(abstains(_said(generator, preset, one.question, case.lacking))))
    return Probe(
        closed_book=Interval.of(closed),
        with_passage=Interval.of(right),
        changed_passage=Interval.of(changed),
        stale=Interval.of(stale),
        absent=Interval.of(absent),
    )


def _case(one: Instruction, passages: tuple[Passage, ...], new: dict[str, str]) -> Case | None:
    """None where the value has no other to change to."""
    value = one.values[0]
    if new.get(value, value) == value:
        return None
    lacking = tuple(_lacking(passages, one))
    return Case(
        instruction=one,
        passages=passages,
        changed_answer=changed_instruction(one, new),
        changed_passages=changed_passages(passages, new),
        lacking=lacking,
    )


def _lacking(passages: Iterable[Passage], one: Instruction) -> Iterator[Passage]:
    """Those that don't speak of subject and attribute together, nor of subject and value."""
    subject, _, name = one.fact.rpartition("|")
    for passage in passages:
        text = passage.chunk.searchable
        if not (subject in text and (name in text or stands(text, one.values[0]))):
            yield passage


def _bears(passage: Passage, one: Instruction) -> bool:
    subject = one.fact.rpartition("|")[0]
    return passage.chunk.id in one.chunk_ids or bears(passage.chunk, one.values, subject)


def _said(generator: Generator, preset: Preset, question: str, passages: Sequence[Passage]) -> str:
    prompt = render(question, passages, preset)
    return "".join(until(generator.generate(prompt), prompt.stop))


def _same(said: str, expected: str) -> float:
    return float(squeeze(_MARKER.sub("", said)) == squeeze(expected))
