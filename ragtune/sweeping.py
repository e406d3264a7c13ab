"""What a sweep costs at most in an account, what each of its cells is started with, and what came out of one.

bound = most_usd(pipeline, deployment.aws.training, load_prices("ap-northeast-2"))    # of one cell
require_affordable(grid, bound)
outcome(cell, log, answers, seconds)        # Outcome(loss=0.41, validation=0.71, answers=…)
"""

import json
from collections.abc import Mapping
from typing import Any

from ragtune.cost import Prices
from ragtune.errors import BadInput
from ragtune.evaluation.gate import Scored
from ragtune.evaluation.grid import Cell, Grid, Outcome
from ragtune.evaluation.intervals import Interval
from ragtune.pipeline_definition import parameter_name
from ragtune.pipelines import Pipeline
from ragtune.records import from_json
from ragtune.staging import Upload
from ragtune.training_settings import TrainingSettings

LAST = 3  # of the logged losses, averaged: the last step alone may be a few rows of one kind


def most_usd(pipeline: Pipeline, settings: TrainingSettings, prices: Prices) -> float:
    """US dollars of one execution whose every job runs to its time limit, without what spot saves."""
    total = 0.0
    for step in pipeline.steps:
        compute = settings.tuning if step.compute == "gpu" else settings.cpu
        hosts = compute.hosts if step.together else 1
        total += compute.hours * hosts * prices.price("training_instance_hour", compute.instance)
    return total


def require_affordable(grid: Grid, per_cell: float) -> float:
    """The bound of the whole grid, US dollars. Raises BadInput when it is above what the grid allows."""
    whole = per_cell * len(grid.cells)
    if whole > grid.max_usd:
        raise BadInput(
            f"max_usd: {grid.max_usd:,.2f}, but {len(grid.cells)} runs cost up to {whole:,.2f} by their time "
            f"limits ({per_cell:,.2f} each); ask for fewer, lower `hours` in the deployment, or raise max_usd"
        )
    return whole


def parameters(grid: Grid, cell: Cell, given: Mapping[str, Upload]) -> dict[str, str]:
    """The parameters of a cell's execution: where its channels lie, and its values."""
    values = {name: one.uri for name, one in given.items()} | {
        "preset": grid.preset,
        "share": str(grid.share_of(cell)),
        "limit": str(grid.limit),
        "digest_instructions": given["instructions"].digest,
    }
    return {parameter_name(name): value for name, value in values.items()}


def outcome(cell: Cell, log: str, answers: str, seconds: float, where: str = "answers") -> Outcome:
    """From the texts of a run's log.jsonl and its candidate.jsonl. Raises BadInput for other texts."""
    try:
        events: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
        losses = [float(event["loss"]) for event in events if event["event"] == "step"]
        scores = [float(event["score"]) for event in events if event["event"] == "validation"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{where}: its log is none of a tuning run ({error!r})") from None
    scored = [from_json(Scored, line, where) for line in answers.splitlines()]
    if not losses or not scored:
        raise BadInput(f"{where}: logged no loss, or has no answer; look at the run")
    return Outcome(
        cell=cell,
        loss=sum(losses[-LAST:]) / len(losses[-LAST:]),
        validation=max(scores, default=0.0),
        answers=Interval.of([one.score for one in scored]),
        seconds=round(seconds, 1),
    )
