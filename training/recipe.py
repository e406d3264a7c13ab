"""One TOML file holds every value of a training run; each is checked when it is loaded.

seed = 1
learning_rate = 5e-3
[batch]
tokens = 2048
[lora]
rank = 16
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ragtune.instructions.retrieval_aware import Mix
from ragtune.records import read_toml
from ragtune.settings import within


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A micro-batch holds rows of about one length: at most `tokens` with padding, at most `rows`.

    `accumulate` micro-batches make a step; their loss is the mean over all labelled tokens of the step.
    """

    tokens: int = 2048
    rows: int = 64
    accumulate: int = 1
    max_tokens: int = 2048  # of one row; longer rows are left out and counted
    max_completion_tokens: int = 2048  # likewise: answers that the model is too small to learn

    def __post_init__(self) -> None:
        within("tokens", self.tokens, 16, 1_000_000)
        within("rows", self.rows, 1, 4096)
        within("accumulate", self.accumulate, 1, 1024)
        within("max_tokens", self.max_tokens, 16, 131_072)
        within("max_completion_tokens", self.max_completion_tokens, 1, 131_072)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """The adapter. `targets` are module names, or all-linear."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: tuple[str, ...] = ("all-linear",)
    rslora: bool = False  # scale by alpha / sqrt(rank); Kalajdzievski 2023
    dora: bool = False  # magnitude and direction apart; Liu 2024
    b_rate: float = 1.0  # times learning_rate, for the matrices B; LoRA+, Hayou 2024

    def __post_init__(self) -> None:
        within("rank", self.rank, 1, 512)
        within("alpha", self.alpha, 1, 1024)
        within("dropout", self.dropout, 0, 0.9)
        within("b_rate", self.b_rate, 1, 100)
        if not self.targets:
            raise ValueError("targets: empty; name modules, or all-linear")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The share of validation rows whose greedy answer contains the value.

    Training stops once the score reaches `target`, or when `patience` validations in a row brought nothing;
    the adapter of the best score, the last of equals, is the one that is kept.
    """

    every: int = 50  # steps
    rows: int = 64
    max_new_tokens: int = 48
    target: float = 1.0
    patience: int = 5

    def __post_init__(self) -> None:
        within("every", self.every, 1, 1_000_000)
        within("rows", self.rows, 0, 100_000)
        within("max_new_tokens", self.max_new_tokens, 1, 4096)
        within("target", self.target, 0, 1.01)
        within("patience", self.patience, 1, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Every value of a run. `mix` says what its samples were rendered from (ragtune train does that).

    `shard` divides the layers of a base that is too large for one card among those of the job; a 4-bit base
    (`method = "qlora"`) is whole on each. `batch.accumulate` micro-batches go round the cards.
    """

    mix: Mix
    method: Literal["lora", "qlora"] = "lora"
    shard: bool = False
    seed: int = 1
    epochs: int = 1
    max_steps: int = 100_000
    learning_rate: float = 2e-4
    warmup_steps: int = 20
    decay_share: float = 1.0  # the last share of the steps, over which the rate falls linearly
    final_rate: float = 0.1  # of learning_rate, at the end of that fall
    averaging: float = 0.0  # decay of the weights' moving average, which is validated and kept; 0: none
    weight_decay: float = 0.0
    clip: float = 1.0  # norm of a step's gradient
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 where a GPU has it
    gradient_checkpointing: bool = False
    checkpoint_every: int = 100  # steps
    batch: Batch = field(default_factory=Batch)
    lora: Lora = field(default_factory=Lora)
    validation: Validation = field(default_factory=Validation)

    def __post_init__(self) -> None:
        within("seed", self.seed, 0, 2**31)
        within("epochs", self.epochs, 1, 1000)
        within("max_steps", self.max_steps, 1, 10_000_000)
        within("learning_rate", self.learning_rate, 1e-7, 1)
        within("warmup_steps", self.warmup_steps, 0, 1_000_000)
        within("decay_share", self.decay_share, 0, 1)
        within("final_rate", self.final_rate, 0, 1)
        within("averaging", self.averaging, 0, 0.99999)
        within("weight_decay", self.weight_decay, 0, 1)
        within("clip", self.clip, 1e-3, 1000)
        within("checkpoint_every", self.checkpoint_every, 1, 1_000_000)
        if self.shard and self.four_bits:
            raise ValueError(
                'shard: a 4-bit base is whole on each card; set it to false, or method to "lora"'
            )

    @property
    def four_bits(self) -> bool:
        """Whether the base is held in nf4."""
        return self.method == "qlora"


def load_recipe(path: Path) -> Recipe:
    """The recipe at `path`. Raises SettingsError that quotes file, key and value."""
    return read_toml(Recipe, path, "recipe")
