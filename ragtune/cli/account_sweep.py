"""`ragtune sweep` in an account: one execution of its pipeline `sweep` for each cell of the grid.

ragtune sweep kullm-sizes.toml --questions questions --bucket s3://ragtune-prod-models-…/staged \\
    --wheels wheels --licence "Kim, 2026-11-20, note 41" --config config/prod.toml

Inputs are staged by content, executions are remembered, so the same command again starts nothing twice: it
collects what is done.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ragtune.cli.screen import out
from ragtune.cost import load_prices
from ragtune.deployment import AwsSettings
from ragtune.errors import BadInput
from ragtune.evaluation.grid import Cell, Grid, Outcome
from ragtune.pipelines import RunStep, sweep_pipeline
from ragtune.presets import load_preset
from ragtune.staging import Staged, Store, Upload, code_files, folder_files, model_files, wheel_files
from ragtune.sweeping import most_usd, outcome, parameters, require_affordable

ROOT = Path(__file__).parents[2]
DONE, FAILED = "Succeeded", ("Failed", "Stopped")


class Runs(Protocol):
    """Executions of the account's pipeline."""

    def start(self, values: Mapping[str, str], *, token: str) -> str: ...

    def steps(self, execution: str) -> list[RunStep]: ...

    def made(self, job: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where cells run; `folder` remembers which were started."""

    aws: AwsSettings
    runs: Runs
    store: Store
    folder: Path
    wheels: Path
    licence: str
    code: Path = ROOT  # the project's folder


def run_in_account(
    grid: Grid, account: Account, given: Mapping[str, Path], by_cell: Mapping[Cell, Mapping[str, Path]]
) -> list[Outcome]:
    """Start what was not started, and give the outcomes of the cells that are done.

    `given` are the folders of every cell, `by_cell` a cell's own. Raises BadInput above the grid's bounds and
    without pipelines in the account.
    """
    training = account.aws.training
    if training is None:
        raise BadInput("aws.training: missing in the deployment's file; without it there are no pipelines")
    if training.preset != grid.preset:
        raise BadInput(
            f"preset: {grid.preset!r}, but the account's pipelines are made for {training.preset!r}"
        )
    merged = not load_preset(grid.preset, accept_non_commercial=True).lora.runtime
    pipeline = sweep_pipeline(merged=merged)
    bound = require_affordable(grid, most_usd(pipeline, training, load_prices(account.aws.region)))
    out.print(f"  {len(grid.cells)} runs, at most ${bound:,.2f} by their time limits", markup=False)
    started = _start(grid, account, given, by_cell)
    return [
        one
        for cell, execution in started.items()
        if (one := _collected(account, cell, execution)) is not None
    ]


def _start(
    grid: Grid, account: Account, given: Mapping[str, Path], by_cell: Mapping[Cell, Mapping[str, Path]]
) -> dict[Cell, str]:
    common = {name: _bring(account, folder_files(f"sweeps/{name}", path)) for name, path in given.items()}
    common["code"] = _bring(account, code_files(account.code))
    common["wheels"] = _bring(account, wheel_files(account.wheels))
    preset = load_preset(grid.preset, accept_non_commercial=bool(account.licence))
    models = {
        base: _bring(account, model_files(base, preset, licence=account.licence)) for base in grid.bases
    }
    known = _remembered(account.folder)
    started = {}
    for cell in grid.cells:
        own = {n: _bring(account, folder_files(f"sweeps/{n}", path)) for n, path in by_cell[cell].items()}
        values = parameters(grid, cell, {**common, **own, "model": models[cell.base]})
        token = hashlib.sha256(json.dumps([grid.name, values], sort_keys=True).encode()).hexdigest()
        if token not in known:
            known[token] = account.runs.start(values, token=token)
            _remember(account.folder, known)
            out.print(f"  started {_named(cell)}: {known[token]}", markup=False)
        started[cell] = known[token]
    return started


def _bring(account: Account, staged: Staged) -> Upload:
    return account.store.put(staged)


def _collected(account: Account, cell: Cell, execution: str) -> Outcome | None:
    """None while it runs, and when it failed; both are said."""
    steps = {one.name: one for one in account.runs.steps(execution)}
    failed = [one for one in steps.values() if one.state in FAILED]
    if failed:
        out.print(f"  {_named(cell)}: {failed[0].name} failed: {failed[0].reason}", markup=False)
        return None
    last = steps.get("evaluate")
    if last is None or last.state != DONE:
        out.print(f"  {_named(cell)}: is running; the same command collects it", markup=False)
        return None
    log = account.store.text(_below(account.runs.made(steps["train"].job), "log.jsonl"))
    answers = account.store.text(_below(account.runs.made(last.job), "candidate.jsonl"))
    return outcome(cell, log, answers, sum(one.seconds for one in steps.values()), execution)


def _below(uri: str, name: str) -> str:
    return f"{uri.rstrip('/')}/{name}"


def _named(cell: Cell) -> str:
    return f"{cell.base.name}, {cell.epochs} epochs, {cell.size:,} instructions"


def _remembered(folder: Path) -> dict[str, str]:
    path = folder / "executions.json"
    if not path.exists():
        return {}
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _remember(folder: Path, known: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / "executions.new"
    new.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    new.replace(folder / "executions.json")
