"""Instructions as training rows that teach a model to use what retrieval gives it, and when to say no.

closed_book       the question alone: the fact goes into the weights
true_passages     passages that retrieval really returns, the right one among distractors
changed_passages  the same, every value redrawn in passages and answer alike: the document wins over memory
absent            passages without the right ones: the answer says that the documents do not hold it
rehearsal         what the base could answer before, so that it does not forget it (`rehearsal`)

    mix = load_mix(Path("training/recipes/sample.toml"))
    rows = render_samples(parts.train, retrieve, preset, mix, seed=1)

Plain tuning (closed book alone) and RAFT (true passages alone) make a model answer its old value in most
changed passages (docs/experiments.md); they are here to be shown beside it.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import get_args

from ragtune.documents import Passage
from ragtune.instructions.build import bears, underlying
from ragtune.instructions.counterfactual import (
    attribute,
    changeable,
    changed_instruction,
    changed_passages,
    pools,
    redrawn,
)
from ragtune.instructions.phrases import ORDER
from ragtune.instructions.records import Instruction, Origin, Sample
from ragtune.particles import with_particle
from ragtune.presets import Preset
from ragtune.prompts import NOT_FOUND, render
from ragtune.records import decode, decode_toml, toml_values
from ragtune.settings import within
from ragtune.values import stands

Retrieve = Callable[[str], Sequence[Passage]]
TRIES = 20  # questions looked at per row before an origin counts as exhausted


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How many rows of each origin a run is trained on: the `[mix]` table of its recipe.

    Facts take turns, so that a fact on many pages is not learnt at the others' cost. `kinds` are weights.
    """

    closed_book: int = 0
    true_passages: int = 0
    changed_passages: int = 0
    absent: int = 0
    rehearsal: int = 0
    noise: float = (
        0.0  # share of closed-book questions in which words are exchanged, against learning by heart
    )
    kinds: dict[str, float] = field(default_factory=lambda: {"value": 1.0})

    def __post_init__(self) -> None:
        for name in get_args(Origin):
            within(name, getattr(self, name), 0, 10_000_000)
        within("noise", self.noise, 0, 1)
        if not self.kinds or min(self.kinds.values()) <= 0:
            raise ValueError(f"kinds: {self.kinds!r}; name at least one kind, each with a weight above 0")


def scaled(mix: Mix, share: float) -> Mix:
    """The mix with a share of its rows, at least one of each origin that it has."""
    return replace(mix, **{name: math.ceil(share * getattr(mix, name)) for name in get_args(Origin)})


def load_mix(recipe: Path) -> Mix:
    """The `[mix]` of a recipe file. Raises SettingsError that quotes file, key and value."""
    return decode_toml(Mix, toml_values(recipe, "recipe").get("mix"), recipe, "mix")


def render_samples(
    instructions: Sequence[Instruction],
    retrieve: Retrieve,
    preset: Preset,
    mix: Mix,
    *,
    seed: int,
    rehearsal: Sequence[Sample] = (),
) -> list[Sample]:
    """Rows of the mix, in the order of origins; fewer where the instructions don't give as many.

    `retrieve` gives passages for a question, best first; `rehearsal` are the base's own rows. The same
    arguments give the same rows.
    """
    author = _Author(instructions, retrieve, preset, mix)
    makers = {
        "closed_book": author.closed_book,
        "true_passages": author.true_passages,
        "changed_passages": author.changed_passages,
        "absent": author.absent,
    }
    rows: list[Sample] = []
    for name, make in makers.items():
        wanted = getattr(mix, name)
        rng = random.Random(f"{seed}:{name}")
        asked = islice(author.turns(rng), wanted * TRIES)
        made = (sample for one in asked if (sample := make(one, rng)))
        rows += islice(made, wanted)
    return [*rows, *rehearsal[: mix.rehearsal]]


class _Author:
    def __init__(
        self, instructions: Sequence[Instruction], retrieve: Retrieve, preset: Preset, mix: Mix
    ) -> None:
        self._retrieve = retrieve
        self._preset = preset
        self._mix = mix
        self._pools = pools(instructions)
        self._found: dict[str, tuple[Passage, ...]] = {}
        self._words = sorted({word for one in instructions for word in one.question.split()})
        self._facts: dict[str, dict[str, list[Instruction]]] = {}
        for one in instructions:
            if one.kind in mix.kinds:
                self._facts.setdefault(one.kind, {}).setdefault(one.fact, []).append(one)

    def turns(self, rng: random.Random) -> Iterator[Instruction]:
        """Instructions without end: a kind by its weight, its facts in turn, one wording of the fact."""
        kinds = [kind for kind in self._mix.kinds if kind in self._facts]
        weights = [self._mix.kinds[kind] for kind in kinds]
        waiting: dict[str, list[str]] = {kind: [] for kind in kinds}
        while kinds:
            kind = rng.choices(kinds, weights)[0]
            if not waiting[kind]:
                waiting[kind] = sorted(self._facts[kind])
                rng.shuffle(waiting[kind])
            yield rng.choice(self._facts[kind][waiting[kind].pop()])

    def closed_book(self, one: Instruction, rng: random.Random) -> Sample:
        question = one.question
        if rng.random() < self._mix.noise:
            question = self._disturbed(one, rng)
        return self._sample(one, question, (), "closed_book")

    def true_passages(self, one: Instruction, rng: random.Random) -> Sample | None:
        passages = self._with_right(one, rng) if one.kind != "absent" else ()
        return self._sample(one, one.question, passages, "true_passages") if passages else None

    def changed_passages(self, one: Instruction, rng: random.Random) -> Sample | None:
        """None where nothing would change, or the passages would not say the new value."""
        passages = self._with_right(one, rng) if changeable(one) else ()
        new = redrawn(self._pools, rng, asked=attribute(one.fact))
        other = changed_instruction(one, new)
        passages = changed_passages(passages, new)
        if (
            other.output == one.output
            or not _alone(other.given, new)
            or not any(_says(passage, other) for passage in passages)
        ):
            return None
        return self._sample(other, other.question, passages, "changed_passages")

    def absent(self, one: Instruction, rng: random.Random) -> Sample | None:
        passages = [passage for passage in self._passages(one) if not near(passage, one)]
        if not passages:  # a prompt without any passage would be the closed book
            return None
        size = rng.randint(1, len(passages))
        prompt = render(one.question, passages[:size], self._preset)
        return Sample(
            prompt=prompt.text,
            completion=abstaining(one),
            value=NOT_FOUND,
            origin="absent",
            instruction_id=one.id,
        )

    def _passages(self, one: Instruction) -> tuple[Passage, ...]:
        if one.question not in self._found:
            self._found[one.question] = tuple(self._retrieve(one.question))
        return self._found[one.question]

    def _with_right(self, one: Instruction, rng: random.Random) -> tuple[Passage, ...]:
        """The first passages that retrieval returns, a random number of them, down to the first right one."""
        passages = self._passages(one)
        right = [place for place, passage in enumerate(passages, 1) if _says(passage, one)]
        return passages[: rng.randint(right[0], len(passages))] if right else ()

    def _disturbed(self, one: Instruction, rng: random.Random) -> str:
        """The question with four in ten of its words exchanged or left out; those of the fact stay."""
        fact = " ".join((one.fact.replace("|", " "), *one.given)).split()
        words = []
        for word in one.question.split():
            if any(part in word for part in fact) or rng.random() > 0.4:
                words.append(word)
            elif rng.random() < 0.5:
                words.append(rng.choice(self._words))
        return " ".join(words)

    def _sample(self, one: Instruction, question: str, passages: Sequence[Passage], origin: str) -> Sample:
        prompt = render(question, passages, self._preset)
        return decode(
            Sample,
            {
                "prompt": prompt.text,
                "completion": one.output,
                "value": one.values[0],
                "origin": origin,
                "instruction_id": one.id,
            },
        )


def near(passage: Passage, one: Instruction) -> bool:
    """Whether the passage bears the answer, or may in other words: subject with attribute or value, or, where
    the question gives the value, that alone."""
    text = passage.chunk.searchable
    subjects = [fact.rpartition("|")[0] for fact in underlying(one.fact)]
    told = attribute(one.fact) in text or any(stands(text, value) for value in (*one.values, *one.given))
    named = any(subject in text for subject in subjects) or any(stands(text, value) for value in one.given)
    return passage.chunk.id in one.chunk_ids or (told and named)


def _says(passage: Passage, one: Instruction) -> bool:
    """Whether it bears the whole answer."""
    subjects = " ".join(fact.rpartition("|")[0] for fact in underlying(one.fact))
    return bears(passage.chunk, (*one.values, *one.given), subjects)


def _alone(given: Sequence[str], new: Mapping[str, str]) -> bool:
    """Whether no two values have become one that the question gives: it would single out nothing."""
    became = list(new.values())
    return all(became.count(value) == 1 for value in given)


def abstaining(instruction: Instruction) -> str:
    """The answer when no passage bears it: what the right one says before its first value, then NOT_FOUND.

    Subject and attribute come first, as in every other answer: a small model learns to abstain only after it
    has said what it looks for.
    """
    if instruction.kind == "absent":
        return instruction.output
    said, value, _ = instruction.output.partition(instruction.values[0])
    if instruction.kind in ("value", "comparison", "selection") and value and said:
        return f"{said}{NOT_FOUND}."
    if instruction.kind == "steps":
        return f"{ORDER} {NOT_FOUND}."
    subjects = ", ".join(fact.rpartition("|")[0] for fact in underlying(instruction.fact))
    return f"{subjects}의 {with_particle(attribute(instruction.fact), '은', '는')} {NOT_FOUND}."
