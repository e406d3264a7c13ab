"""`ragtune sweep FILE`: a grid of base models × epochs × data sizes, as one table and one plot.

ragtune sweep sweeps/sizes.toml --questions samples/questions
base   epochs  instructions    loss  validation  answers  95 %         seconds
model       1         1,000   0.412        0.71     0.64  0.52–0.75       31.0
"""

import re
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.account_sweep import Account, run_in_account
from ragtune.cli.jobs import Execution, LocalRun, content, now
from ragtune.cli.options import LOCAL, Config
from ragtune.cli.pipelines import Questions, copied, last_data
from ragtune.cli.screen import err, out, table
from ragtune.deployment import load_deployment
from ragtune.errors import BadInput
from ragtune.evaluation.grid import Cell, Grid, Outcome, figure, load_grid, warnings
from ragtune.instructions.ledger import read
from ragtune.instructions.split import ladder
from ragtune.pipelines import sweep_pipeline
from ragtune.presets import load_preset
from ragtune.records import to_json
from ragtune.seal import sha256
from ragtune.settings import Settings, load_settings
from ragtune.shape import read_shape
from ragtune.sweeping import outcome
from ragtune.wiring import open_staging, pipeline_runs

CSS = Path(__file__).parents[1] / "evaluation" / "report.css"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sweep")(sweep_command)


def sweep_command(
    file: Annotated[Path, typer.Argument(help="The grid, one TOML file.")],
    questions: Questions,
    bucket: Annotated[str, typer.Option(help="s3://bucket/staged of an account, for its inputs.")] = "",
    wheels: Annotated[Path, typer.Option(help="Folder of the account's wheels.")] = Path("wheels"),
    licence: Annotated[str, typer.Option(help="Who decided that the bases' licence fits, when, why.")] = "",
    config: Config = LOCAL,
) -> None:
    """Train and evaluate every cell of a grid; what is done already is not done again.

    Here, or with a deployment's file in its account: one pipeline execution a cell, within max_runs and
    max_usd of the grid; the same command again collects what is done.

    Example: `ragtune sweep training/sweeps/sample.toml --questions samples/questions`
    """
    grid, settings = load_grid(file), load_settings(config)
    folder = settings.state / "sweeps" / grid.name
    account = _account(config, bucket, folder, wheels, licence) if settings.aws else None
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
    own = {
        cell: {
            "instructions": sets[cell.size],
            "recipe": copied(settings, _with_epochs(grid.recipe, cell.epochs), "recipe.toml"),
        }
        for cell in grid.cells
    }
    if account:
        outcomes = run_in_account(grid, account, given, own)
    else:
        outcomes = [_run(grid, cell, settings, {**given, **own[cell]}) for cell in grid.cells]
    _keep(folder, grid, outcomes)
    for warning in told:
        err.print(f"  not comparable: {warning}", markup=False, style="yellow")


def _account(config: Path, bucket: str, folder: Path, wheels: Path, licence: str) -> Account:
    if not bucket:
        raise BadInput("--bucket: missing; name s3://bucket/staged, as for `ragtune stage`")
    aws = load_deployment(config).aws
    return Account(
        aws=aws,
        runs=pipeline_runs(aws, "sweep"),
        store=open_staging(bucket),
        folder=folder,
        wheels=wheels,
        licence=licence,
    )


def _keep(folder: Path, grid: Grid, outcomes: list[Outcome]) -> None:
    """Table and plot of what there is."""
    if not outcomes:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "outcomes.json").write_text(to_json(outcomes) + "\n", encoding="utf-8")
    drawn = figure(outcomes, CSS.read_text(encoding="utf-8"), grid.name)
    (folder / "sweep.svg").write_text(drawn, encoding="utf-8")
    _show(outcomes)
    out.print(f"  the plot: {folder / 'sweep.svg'}", markup=False)


def _run(grid: Grid, cell: Cell, settings: Settings, given: dict[str, Path]) -> Outcome:
    """One cell, through the model pipeline's own jobs."""
    values = {
        "preset": grid.preset,
        "share": str(grid.share_of(cell)),
        "limit": str(grid.limit),
        "digest_instructions": content(given["instructions"]),
    }
    given = {**given, "model": cell.base}
    execution = Execution(kind="sweep", name=grid.name, given=given, values=values, started=now())
    pipeline = sweep_pipeline(merged=not load_preset(grid.preset).lora.runtime)
    run = LocalRun(pipeline, settings.state / "pipelines", execution)
    out.print(f"  {cell.base.name}, {cell.epochs} epochs, {cell.size:,} instructions", markup=False)
    start = time.perf_counter()
    run.run()
    seconds = time.perf_counter() - start
    log = (run.output("train") / "log.jsonl").read_text(encoding="utf-8")
    answers = (run.output("evaluate") / "candidate.jsonl").read_text(encoding="utf-8")
    return outcome(cell, log, answers, seconds, str(run.folder))


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
    (empty / "nothing.txt").write_text(
        "the base is compared with itself\n", encoding="utf-8"
    )  # S3 keeps no empty folder
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
