"""Base models × epochs × data sizes: the cells of a sweep, and what came out of them (R16).

    name = "sizes"
    preset = "sample"
    recipe = "training/recipes/sample.toml"
    epochs = [1, 2]
    sizes = [1000, 2500]           # instructions, nested: the larger set holds the smaller one
    bases = ["samples/model"]

Loss and answer score stand side by side, for a low loss does not promise a good answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from ragtune.evaluation.figures import lines, ranges, sheet
from ragtune.evaluation.intervals import Interval
from ragtune.records import read_toml
from ragtune.settings import within

ALIKE = 1.1  # times the parameters: beyond it, a better base explains what training seems to


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run."""

    base: Path
    epochs: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A sweep's file. `share` scales the recipe's rows of the largest size, `limit` bounds the questions."""

    name: str
    preset: str
    recipe: Path
    bases: tuple[Path, ...]
    epochs: tuple[int, ...]
    sizes: tuple[int, ...]
    share: float = 1.0
    limit: int = 0
    max_runs: int = 24
    max_usd: float = 0.0  # of all runs in an account, by their jobs' time limits; 0: none is started there
    seed: int = 1

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}", self.name):
            raise ValueError(f"name: {self.name!r} is no name of a folder; letters, digits, - and _ only")
        for name in ("bases", "epochs", "sizes"):
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                raise ValueError(f"{name}: {list(values)} is empty, or names one twice")
        for epochs in self.epochs:
            within("epochs", epochs, 1, 10)
        for size in self.sizes:
            within("sizes", size, 1, 10_000_000)
        within("share", self.share, 1e-6, 1000)
        within("max_usd", self.max_usd, 0, 1_000_000)
        if len(self.cells) > self.max_runs:
            raise ValueError(
                f"max_runs: {self.max_runs}, but the grid has {len(self.cells)} runs; ask for fewer"
            )

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every run, bases outermost."""
        every = product(self.bases, self.epochs, sorted(self.sizes))
        return tuple(Cell(base=base, epochs=epochs, size=size) for base, epochs, size in every)

    def share_of(self, cell: Cell) -> float:
        """Of the recipe's rows: as many for each instruction, whatever the size."""
        return self.share * cell.size / max(self.sizes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run came to: its last training losses' mean, its best validation score, its answers' points."""

    cell: Cell
    loss: float
    validation: float
    answers: Interval
    seconds: float


def load_grid(path: Path) -> Grid:
    """The sweep at `path`. Raises SettingsError that quotes file, key and value."""
    return read_toml(Grid, path)


def warnings(parameters: Mapping[Path, int], vocabularies: Mapping[Path, str]) -> list[str]:
    """Why runs on different bases can't be compared as they stand.

    >>> warnings({Path("a"): 100, Path("b"): 200}, {Path("a"): "1", Path("b"): "1"})
    ['the bases differ in size (a 100, b 200 parameters): compare runs of one base only']
    """
    found = []
    sizes = sorted(parameters.items(), key=lambda one: one[1])
    if sizes and sizes[-1][1] > ALIKE * sizes[0][1]:
        told = ", ".join(f"{base} {count:,}" for base, count in sizes)
        found.append(f"the bases differ in size ({told} parameters): compare runs of one base only")
    if len(set(vocabularies.values())) > 1:
        found.append("the bases have different tokenizers: a loss is per token, so losses can't be compared")
    return found


def figure(outcomes: Sequence[Outcome], css: str, label: str) -> str:
    """Loss and answer score over the data size, a curve for each base and number of epochs, as one SVG."""
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(f"{one.cell.base.name} · {one.cell.epochs} ep.", []).append(one)
    losses = {name: [(float(one.cell.size), one.loss) for one in held] for name, held in groups.items()}
    answers = {name: [(float(one.cell.size), one.answers) for one in held] for name, held in groups.items()}
    return sheet(
        [
            lines(losses, label="training loss", x_label="instructions — training loss"),
            ranges(answers, label="answer score", x_label="instructions — share of the points, 95 %"),
        ],
        css,
        label=label,
    )
