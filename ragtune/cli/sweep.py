"""`ragtune sweep FILE`: a grid of base models × epochs × data sizes, as one table and one plot.

ragtune sweep sweeps/sizes.toml --questions samples/questions
base   epochs  instructions    loss  validation  answers  95 %         seconds
model       1         1,000   0.412        0.71     0.64  0.52–0.75       31.0
"""

import json
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ragtune.cli.jobs import Execution, LocalRun, content, now
from ragtune.cli.options import LOCAL, Config
from ragtune.cli.pipelines import Questions, copied, last_data
from ragtune.cli.screen import err, out, table
from ragtune.errors import BadInput
from ragtune.evaluation.gate import Scored
from ragtune.evaluation.grid import Cell, Grid, Outcome, figure, load_grid, warnings
from ragtune.evaluation.intervals import Interval
from ragtune.instructions.ledger import read
from ragtune.instructions.split import ladder
from ragtune.pipelines import Pipeline, model_pipeline
from ragtune.presets import load_preset
from ragtune.records import from_json, to_json
from ragtune.seal import sha256
from ragtune.settings import Settings, load_settings
from ragtune.shape import read_shape

CSS = Path(__file__).parents[1] / "evaluation" / "report.css"
LAST = 3  # of the logged losses, averaged: the last step alone may be a few rows of one kind
MADE = ("render", "train", "merge", "evaluate")  # a cell is measured, not judged or registered


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sweep")(sweep_command)


def sweep_command(
    file: Annotated[Path, typer.Argument(help="The grid, one TOML file.")],
    questions: Questions,
    config: Config = LOCAL,
) -> None:
    """Train and evaluate every cell of a grid; what is done already is not done again.

    Example: `ragtune sweep training/sweeps/sample.toml --questions samples/questions`
    """
    grid, settings = load_grid(file), load_settings(config)
    told = warnings(
        {base: read_shape(base).parameters for base in grid.bases},
        {base: sha256(base / "tokenizer.json") for base in grid.bases},
    )
    given = {
        "index": last_data(settings, "prepare"),
        "config": copied(settings, config, "settings.toml"),
        "questions": questions,
        "reference": _nothing(settings),
    }
    sets = _ladder(settings, grid, last_data(settings, "screen"))
    outcomes = [_run(grid, cell, settings, {**given, "instructions": sets[cell.size]}) for cell in grid.cells]
    folder = settings.state / "sweeps" / grid.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "outcomes.json").write_text(to_json(outcomes) + "\n", encoding="utf-8")
    drawn = figure(outcomes, CSS.read_text(encoding="utf-8"), grid.name)
    (folder / "sweep.svg").write_text(drawn, encoding="utf-8")
    _show(outcomes)
    for warning in told:
        err.print(f"  not comparable: {warning}", markup=False, style="yellow")
    out.print(f"  the plot: {folder / 'sweep.svg'}", markup=False)


def _run(grid: Grid, cell: Cell, settings: Settings, given: dict[str, Path]) -> Outcome:
    """One cell, through the model pipeline's own jobs."""
    pipeline = _measured(model_pipeline(merged=not load_preset(grid.preset).lora.runtime))
    recipe = _with_epochs(grid.recipe, cell.epochs)
    given = {**given, "model": cell.base, "recipe": copied(settings, recipe, "recipe.toml")}
    values = {
        "preset": grid.preset,
        "share": str(grid.share_of(cell)),
        "limit": str(grid.limit),
        "digest_instructions": content(given["instructions"]),
    }
    execution = Execution(kind="sweep", name=grid.name, given=given, values=values, started=now())
    run = LocalRun(pipeline, settings.state / "pipelines", execution)
    out.print(f"  {cell.base.name}, {cell.epochs} epochs, {cell.size:,} instructions", markup=False)
    start = time.perf_counter()
    run.run()
    return _outcome(cell, run.folder, time.perf_counter() - start)


def _measured(pipeline: Pipeline) -> Pipeline:
    return replace(pipeline, steps=tuple(step for step in pipeline.steps if step.name in MADE))


def _outcome(cell: Cell, folder: Path, seconds: float) -> Outcome:
    lines = (folder / "train" / "output" / "data" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    losses = [event["loss"] for event in events if event["event"] == "step"]
    scores = [event["score"] for event in events if event["event"] == "validation"]
    path = folder / "evaluate" / "model" / "candidate.jsonl"
    answers = [from_json(Scored, line, str(path)) for line in path.read_text(encoding="utf-8").splitlines()]
    return Outcome(
        cell=cell,
        loss=sum(losses[-LAST:]) / len(losses[-LAST:]),
        validation=max(scores, default=0.0),
        answers=Interval.of([one.score for one in answers]),
        seconds=round(seconds, 1),
    )


def _ladder(settings: Settings, grid: Grid, found: Path) -> dict[int, Path]:
    """Size -> a set with the first so many instructions of one seeded order: each holds the smaller ones."""
    train = read(found, "train")
    largest = max(grid.sizes)
    if largest > len(train):
        raise BadInput(f"sizes: {largest:,}, but {found} holds {len(train):,} instructions; ask for fewer")
    steps = ladder(train, seed=grid.seed, steps=grid.sizes)
    folders = {}
    for size in grid.sizes:
        folder = settings.state / "sweeps" / grid.name / "sets" / str(size)
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{to_json(one)}\n" for one in steps[size])
        (folder / "train.jsonl").write_text(text, encoding="utf-8")
        shutil.copyfile(found / "paraphrases.jsonl", folder / "paraphrases.jsonl")
        folders[size] = folder
    return folders


def _with_epochs(recipe: Path, epochs: int) -> str:
    """The recipe's text with another number of epochs: the one value that a cell changes in it."""
    try:
        text = recipe.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"recipe: {recipe} can't be read ({error.strerror}); name an existing one") from None
    kept = re.sub(r"(?m)^epochs\s*=.*\n", "", text)
    return f"epochs = {epochs}\n{kept}"


def _nothing(settings: Settings) -> Path:
    empty = settings.state / "pipelines" / "given" / "nothing"
    empty.mkdir(parents=True, exist_ok=True)
    return empty


def _show(outcomes: list[Outcome]) -> None:
    rows = [
        [
            one.cell.base.name,
            one.cell.epochs,
            one.cell.size,
            one.loss,
            one.validation,
            one.answers.share,
            f"{one.answers.low:.2f}–{one.answers.high:.2f}",
            one.seconds,
        ]
        for one in outcomes
    ]
    columns = ("base", "epochs", "instructions", "loss", "validation", "answers", "95 %", "seconds")
    table("\nloss and answer score", columns, rows)
