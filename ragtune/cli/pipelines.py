"""`ragtune pipeline` starts and follows the data and the model pipeline.

ragtune pipeline data samples/manuals --questions samples/questions     pages to a queue for reviewers
ragtune pipeline model tuned --preset sample --recipe training/recipes/sample.toml      to a registered model
ragtune pipeline status                                                 steps, seconds, what went wrong
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from ragtune.cli import runs
from ragtune.cli.jobs import Execution, LocalRun, content, executions, now
from ragtune.cli.options import LOCAL, Config
from ragtune.cli.screen import facts, out, table
from ragtune.deployment import load_deployment
from ragtune.errors import BadInput
from ragtune.evaluation.gate import Verdict
from ragtune.pipeline_definition import PLACEHOLDERS, Compute, Placement, definition, to_text
from ragtune.pipelines import Pipeline, data_pipeline, model_pipeline
from ragtune.presets import Preset, load_preset
from ragtune.records import digest, from_json, read_toml
from ragtune.registry import Package, Registry, require_name
from ragtune.settings import Settings, load_settings

Questions = Annotated[Path, typer.Option(help="Folder of question files; none of them is trained on.")]
LOG_LINES = 40


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    group = typer.Typer(help="Run the data and the model pipeline.", no_args_is_help=True)
    group.command("data")(data_command)
    group.command("model")(model_command)
    group.command("status")(status_command)
    group.command("logs")(logs_command)
    group.command("definition")(definition_command)
    group.command("start")(runs.start_command)
    app.add_typer(group, name="pipeline")


def data_command(
    documents: Annotated[Path, typer.Argument(help="A folder with pages.")],
    questions: Questions,
    seed: Annotated[int, typer.Option(help="Of wordings and split.")] = 1,
    validation_share: Annotated[float, typer.Option(help="Share kept from training, 0–0.5.")] = 0.1,
    teacher: Annotated[
        str, typer.Option(help="A model that writes instructions, too: its folder, or http://127.0.0.1:PORT.")
    ] = "",
    teacher_preset: Annotated[str, typer.Option(help="Of the teacher.")] = "",
    teaching_limit: Annotated[int, typer.Option(help="Ask the teacher at most so often.")] = 2000,
    licence: Annotated[str, typer.Option(help="Who decided that the teacher's fits, when, why.")] = "",
    config: Config = LOCAL,
) -> None:
    """Prepare pages, derive instructions, filter them, and leave a queue for reviewers.

    Example: `ragtune pipeline data samples/manuals --questions samples/questions`
    """
    settings = load_settings(config)
    pipeline, own_given, own_values = _taught(teacher, teacher_preset, teaching_limit, licence)
    given = {"documents": documents, "questions": questions, "config": _config(settings, config)}
    values = {
        "source_name": documents.resolve().name,
        "seed": str(seed),
        "validation_share": str(validation_share),
    }
    execution = _execution("data", "documents", given | own_given, values | own_values)
    run = LocalRun(pipeline, _root(settings), execution)
    run.run()
    queue = run.output("review") / "queue.json"
    out.print(f"  {queue.read_text(encoding='utf-8').strip()}", markup=False)
    out.print(f"  people decide now: {queue.with_suffix('.jsonl')}", markup=False)


def _taught(
    teacher: str, preset: str, limit: int, licence: str
) -> tuple[Pipeline, dict[str, Path], dict[str, str]]:
    """The data pipeline with or without a teacher, and what it is given for one.

    Raises BadInput without its preset, SettingsError while nobody decided on its licence.
    """
    if not teacher:
        return data_pipeline(), {}, {}
    if not preset:
        raise BadInput("--teacher-preset: missing; it says how this teacher is prompted")
    load_preset(preset, accept_non_commercial=bool(licence)).licensed(licence)
    values = {"teacher_preset": preset, "teaching_limit": str(limit)}
    if teacher.startswith("http"):
        return data_pipeline("server"), {}, values | {"teacher_url": teacher}
    return data_pipeline("weights"), {"teacher": Path(teacher)}, values


def model_command(
    name: Annotated[str, typer.Argument(help="Name of the model in the registry.")],
    preset: Annotated[str, typer.Option(help="Of the base model.")],
    recipe: Annotated[Path, typer.Option(help="The run's values, one TOML file.")],
    questions: Questions,
    instructions: Annotated[
        Path | None, typer.Option(help="The reviewed set; by default that of the last data pipeline.")
    ] = None,
    digest: Annotated[str, typer.Option(help="Of the reviewed set: refuse another one.")] = "",
    index: Annotated[
        Path | None, typer.Option(help="Index snapshot; by default that of the last data pipeline.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="The base model's; by default the preset's.")] = None,
    licence: Annotated[str, typer.Option(help="Who decided that it fits your use, when, why.")] = "",
    share: Annotated[float, typer.Option(help="Train on that share of the recipe's rows.")] = 1.0,
    limit: Annotated[int, typer.Option(help="Ask at most so many questions; 0: all.")] = 0,
    config: Config = LOCAL,
) -> None:
    """Tune, merge if need be, evaluate beside the model in service, judge and register.

    Example: `ragtune pipeline model tuned --preset sample --recipe training/recipes/sample.toml
    --questions samples/questions`
    """
    require_name(name)
    settings = load_settings(config)
    chosen = load_preset(preset, accept_non_commercial=bool(licence))
    decided = chosen.licensed(licence)
    registry = Registry(settings.state / "registry")
    found = instructions or last_data(settings, "screen")
    given = {
        "instructions": found,
        "index": index or last_data(settings, "prepare"),
        "model": _base(chosen, model),
        "recipe": copied(settings, recipe, "recipe.toml"),
        "config": _config(settings, config),
        "questions": questions,
        "reference": _in_service(settings, registry, name),
    }
    values = {
        "preset": preset,
        "share": str(share),
        "limit": str(limit),
        "digest_instructions": digest or content(found),
    }
    pipeline = model_pipeline(merged=not chosen.lora.runtime)
    run = LocalRun(pipeline, _root(settings), _execution("model", name, given, values))
    run.run()
    _register(registry, _package(name, chosen, decided, run), run, chosen)


def _register(registry: Registry, package: Package, run: LocalRun, preset: Preset) -> None:
    """What the gate let pass becomes a candidate; people decide whether it serves."""
    made = registry.register(package, *_made(run, preset))
    run.mark_registered()
    out.print(f"  registered {made.name} version {made.version}: a candidate", markup=False)
    out.print(f"  let it serve: ragtune model promote {made.name} {made.version}", markup=False)


def status_command(config: Config = LOCAL) -> None:
    """List the executions and their steps, the newest first; those of an account by its deployment file.

    Example: `ragtune pipeline status`
    """
    if load_settings(config).aws:
        runs.show_runs(load_deployment(config).aws)
        return
    for folder, one in executions(_root(load_settings(config))):
        rows = [[name, step.state, step.seconds, step.reason] for name, step in one.steps.items()]
        table(
            f"\n{one.kind} {one.name} {folder.name}, {one.started}",
            ("step", "state", "seconds", "reason"),
            rows,
        )


def logs_command(
    step: Annotated[str, typer.Argument(help="A step of the newest execution that has it.")],
    config: Config = LOCAL,
) -> None:
    """Show the end of what a step said.

    Example: `ragtune pipeline logs train`
    """
    if load_settings(config).aws:
        runs.show_log(load_deployment(config).aws, step)
        return
    for folder, _ in executions(_root(load_settings(config))):
        logs = [
            path
            for path in (folder / step / "job.log", folder / step / "output/data/log.jsonl")
            if path.exists()
        ]
        if logs:
            for path in logs:
                facts({str(path): ""})
                out.print("\n".join(path.read_text(encoding="utf-8").splitlines()[-LOG_LINES:]), markup=False)
            return
    raise BadInput(f"step {step!r}: no execution has run it; see ragtune pipeline status")


def definition_command(
    kind: Annotated[Literal["data", "model"], typer.Argument(help="Which pipeline.")],
    preset: Annotated[
        str, typer.Option(help="Of the base model: it decides merging and instances.")
    ] = "kullm",
    placement: Annotated[
        Path | None, typer.Option(help="TOML with role, images, bucket, …; placeholders without.")
    ] = None,
) -> None:
    """Print the pipeline as SageMaker takes it: the same steps that run here, as isolated training jobs.

    Example: `ragtune pipeline definition model --preset kullm`
    """
    chosen = load_preset(preset, accept_non_commercial=True)
    pipeline = data_pipeline() if kind == "data" else model_pipeline(merged=not chosen.lora.runtime)
    where = _placement(placement) if placement else PLACEHOLDERS
    if chosen.instances.training != "local" and not placement:
        where = replace(where, gpu=Compute(instance=chosen.instances.training))
    out.print(to_text(definition(pipeline, where)), markup=False, end="")


def _placement(path: Path) -> Placement:
    return read_toml(Placement, path)


def _root(settings: Settings) -> Path:
    return settings.state / "pipelines"


def _execution(kind: str, name: str, given: dict[str, Path], values: dict[str, str]) -> Execution:
    return Execution(kind=kind, name=name, given=given, values=values, started=now())


def last_data(settings: Settings, step: str) -> Path:
    """What a step of the newest data pipeline left. Raises BadInput when none has run."""
    for folder, one in executions(_root(settings)):
        if one.kind == "data" and one.steps[step].state == "done":
            return folder / step / "model"
    raise BadInput("no data pipeline has run here; run `ragtune pipeline data FOLDER`, or name the folders")


def _base(preset: Preset, model: Path | None) -> Path:
    folder = model or Path(preset.model)
    if not folder.is_dir():
        raise BadInput(f"{folder}: is no folder; name the base model's with --model")
    preset.shape_of(folder)
    return folder


def _in_service(settings: Settings, registry: Registry, name: str) -> Path:
    """The weights in service; an empty folder before the first promotion."""
    now_serving = registry.current(name)
    if now_serving:
        return registry.folder(name, now_serving.version) / "model"
    empty = _root(settings) / "given" / "nothing"
    empty.mkdir(parents=True, exist_ok=True)
    return empty


def _config(settings: Settings, config: Path) -> Path:
    return copied(settings, config, "settings.toml")


def copied(settings: Settings, source: Path | str, name: str) -> Path:
    """A folder that holds this one file, or text, under the name that jobs know."""
    try:
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    except OSError as error:
        raise BadInput(f"{source}: can't be read ({error.strerror}); name an existing file") from None
    folder = _root(settings) / "given" / digest([name, text])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def _made(run: LocalRun, preset: Preset) -> tuple[Path, Path]:
    """Model and evaluation that go into the registry."""
    return run.output("train" if preset.lora.runtime else "merge"), run.output("gate")


def _package(name: str, preset: Preset, decided: str, run: LocalRun) -> Package:
    path = run.output("gate") / "verdict.json"
    return Package(
        name=name,
        version=0,
        made_at=now(),
        preset=preset.name,
        licence=decided or preset.licence,
        form="adapter" if preset.lora.runtime else "merged",
        made_from=run.digests(),
        verdict=from_json(Verdict, path.read_text(encoding="utf-8"), str(path)),
        files={},
        execution=run.folder.name,
    )
