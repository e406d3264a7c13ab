"""Training and validation data that share neither a document nor a fact, and a ladder of nested sizes.

Pages that state a common fact (a product's page, the tariff table, the comparison) hang together and stay on
one side. `validation` asks about pages that training never saw; `paraphrases` asks about facts that training
DID see, in wordings it did not: it tells whether a fact was learnt or a sentence. A held-out wording of a
fact that is trained in no other goes nowhere: `withheld`.

    parts = split(accepted, seed=1, validation_share=0.1)
    steps = ladder(parts.train, seed=1)     # {1000: (...), 2500: (...), ...}; each holds the one before
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ragtune.instructions.build import underlying
from ragtune.instructions.records import Instruction
from ragtune.instructions.wordings import HELD_OUT
from ragtune.settings import within

LADDER = (1_000, 2_500, 5_000, 10_000, 25_000, 35_000, 70_000)  # R13


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    train: tuple[Instruction, ...]
    validation: tuple[Instruction, ...]
    paraphrases: tuple[Instruction, ...]
    withheld: tuple[Instruction, ...]


def split(instructions: Sequence[Instruction], *, seed: int, validation_share: float = 0.1) -> Split:
    """Split into groups of pages without a common fact; deterministic, whatever the instructions' order.

    `validation_share` (0–0.5) is the aim for validation's share of the instructions. It is empty at 0, and
    where all pages hang together. Raises ValueError when it is outside.
    """
    within("validation_share", validation_share, 0, 0.5)
    groups = _groups(instructions)
    unseen = _chosen(groups, instructions, seed, validation_share)
    validation = [one for one in instructions if groups[one.document_id] in unseen]
    seen = [one for one in instructions if groups[one.document_id] not in unseen]
    train = [one for one in seen if not one.wording.startswith(HELD_OUT)]
    learnt = {fact for one in train for fact in underlying(one.fact)}
    held_out = [one for one in seen if one.wording.startswith(HELD_OUT)]
    known = [learnt.issuperset(underlying(one.fact)) for one in held_out]
    return Split(
        train=tuple(train),
        validation=tuple(validation),
        paraphrases=tuple(one for one, is_known in zip(held_out, known, strict=True) if is_known),
        withheld=tuple(one for one, is_known in zip(held_out, known, strict=True) if not is_known),
    )


def documents_of(instruction: Instruction) -> set[str]:
    """Ids of every document that bears it: its own, and those of its chunks."""
    return {instruction.document_id, *(name.rpartition(":")[0] for name in instruction.chunk_ids)}


def ladder(
    instructions: Iterable[Instruction], *, seed: int, steps: Sequence[int] = LADDER
) -> dict[int, tuple[Instruction, ...]]:
    """The first n of one seeded order, for every step up to the first that takes all there are."""
    ordered = sorted(instructions, key=lambda one: _place(seed, one.id))
    sizes = [size for size in sorted(steps) if size < len(ordered)]
    return {size: tuple(ordered[:size]) for size in (*sizes, len(ordered))}


def _groups(instructions: Iterable[Instruction]) -> dict[str, str]:
    """Document id -> the name of its group: documents joined by a fact, or by an instruction they share."""
    above: dict[str, str] = {}

    def root(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for one in instructions:
        for name in (*sorted(documents_of(one)), *(f"fact {fact}" for fact in underlying(one.fact))):
            first, second = sorted((root(one.document_id), root(name)))
            above[second] = first
    return {name: root(name) for name in above if not name.startswith("fact ")}


def _chosen(
    groups: Mapping[str, str], instructions: Iterable[Instruction], seed: int, share: float
) -> set[str]:
    """Groups in a seeded order, as long as they fit the share (half as much again at most)."""
    sizes = Counter(groups[one.document_id] for one in instructions)
    room = 1.5 * share * sizes.total()
    chosen = set()
    for name in sorted(sizes, key=lambda name: _place(seed, name)):
        if sizes[name] <= room:
            chosen.add(name)
            room -= sizes[name]
        if room <= 0.5 * share * sizes.total():
            break
    return chosen


def _place(seed: int, name: str) -> str:
    """A seeded order that adding or removing others does not change."""
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
