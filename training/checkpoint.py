"""Checkpoints that continue a run exactly: killed and resumed, it ends with the adapter, bit for bit, of one
that was left alone.

    checkpoints/step-000100/{state.pt,run.json,digests.json}   the latest two; each appears whole or not

One that is not what was written (cut short by a full disk, a copy that broke off) is passed over: the run
continues from the one before, to the same adapter.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ragtune.errors import BadInput, ManifestMismatch
from ragtune.records import from_json, to_json
from ragtune.seal import require_sealed, seal
from training.cards import Cards

KEPT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a run is. `run` is the digest of everything that decides its course."""

    run: str
    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best_score: float = -1.0
    best_step: int = 0
    since_best: int = 0  # validations


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What changes while a run goes on; `average` is that of the steps (see `averaging`), `best` are the
    weights of the best validation."""

    weights: Mapping[str, nn.Parameter]
    optimizer: Optimizer
    average: dict[str, Tensor]
    best: dict[str, Tensor]


def save(folder: Path, position: Position, state: State, cards: Cards) -> None:
    """Write beside, then rename: a kill at any moment leaves whole checkpoints only.

    Adapter and optimizer are the same on every card, only what dropout draws next is each one's own.
    """
    drawn = cards.gathered(_random())
    if cards.first:
        _write(folder, position, state, drawn)


def _write(folder: Path, position: Position, state: State, drawn: list[dict[str, Tensor]]) -> None:
    target = folder / f"step-{position.step:06d}"
    partial = folder / f"{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    contents = {
        "weights": {name: weight.detach() for name, weight in state.weights.items()},
        "average": state.average,
        "best": state.best,
        "optimizer": state.optimizer.state_dict(),
        "random": drawn,  # by rank
    }
    torch.save(contents, partial / "state.pt")
    (partial / "run.json").write_text(to_json(position), encoding="utf-8")
    seal(partial)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
    for old in _saved(folder)[:-KEPT]:
        shutil.rmtree(old)


def restore(folder: Path, run: str, state: State, cards: Cards) -> Position:
    """Load the latest whole checkpoint into `state`; the start when there is none.

    Raises ManifestMismatch when the checkpoint belongs to another run, or another host holds another one.
    """
    position = _read(folder, run, state, cards.rank)
    steps = sorted(set(cards.gathered(position.step)))
    if len(steps) > 1:
        raise ManifestMismatch(
            f"{folder}: hosts hold checkpoints of steps {steps}; give all of them the same"
        )
    return position


def _read(folder: Path, run: str, state: State, rank: int) -> Position:
    found = [path for path in _saved(folder) if _whole(path)]
    if not found:
        return Position(run=run)
    position = from_json(Position, (found[-1] / "run.json").read_text(encoding="utf-8"), str(found[-1]))
    if position.run != run:
        raise ManifestMismatch(
            f"{found[-1]} belongs to a run with other samples, base model, recipe or number of cards; "
            f"remove {folder}, or name another folder"
        )
    contents = torch.load(found[-1] / "state.pt", weights_only=True, map_location="cpu")
    with torch.no_grad():
        for name, weight in state.weights.items():
            weight.copy_(contents["weights"][name])
    for kept, read in ((state.average, contents["average"]), (state.best, contents["best"])):
        kept.update({name: held.to(state.weights[name].device) for name, held in read.items()})
    state.optimizer.load_state_dict(contents["optimizer"])
    _draw_from(contents["random"][rank])
    return position


def _random() -> dict[str, Tensor]:
    """The state of what this process draws, on the CPU and on its card."""
    found = {"cpu": torch.get_rng_state()}
    return found | ({"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else {})


def _draw_from(state: Mapping[str, Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"])


def clear(folder: Path) -> None:
    """Remove the checkpoints of a run that is done."""
    for path in _saved(folder):
        shutil.rmtree(path)


def _whole(path: Path) -> bool:
    try:
        require_sealed(path)
    except (BadInput, ManifestMismatch) as damage:
        sys.stderr.write(f"passed over: {damage}\n")
        return False
    return True


def _saved(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".partial")
