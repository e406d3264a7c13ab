"""`ragtune train` tunes an adapter; `ragtune model serve` answers with it over HTTP.

Both are processes of their own (`training.train`, `inference.server`), the same that run on SageMaker.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ragtune.cli import registered
from ragtune.cli.options import LOCAL, Config
from ragtune.cli.processes import Start, events, ping, servers
from ragtune.cli.screen import out, progress
from ragtune.errors import BadInput, Busy
from ragtune.settings import ModelSettings, Settings, load_settings
from ragtune.wiring import weights_of


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("train")(train_command)
    model = typer.Typer(
        help="Serve models; list, promote and roll back registered ones.", no_args_is_help=True
    )
    model.command("serve")(serve_command)
    registered.register(model)
    app.add_typer(model, name="model")


def train_command(
    recipe: Annotated[Path, typer.Option(help="The run's values, one TOML file.")],
    data: Annotated[Path, typer.Option(help="Folder with train.jsonl and validation.jsonl.")],
    model: Annotated[Path, typer.Option(help="Folder of the base model.")],
    output: Annotated[Path, typer.Option(help="Folder for the adapter, log and checkpoints.")],
) -> None:
    """Tune a LoRA adapter; a killed run goes on from its last checkpoint.

    Example: `ragtune train --recipe training/recipes/sample.toml --data .ragtune/demo/samples/tuned
    --model samples/model --output .ragtune/demo/runs/tuned`
    """
    train(recipe, data, model, output)


def train(recipe: Path, data: Path, model: Path, output: Path) -> None:
    """Run the job with a progress bar: the adapter is written to `adapter`, the log `metrics/log.jsonl`."""
    folders = {"--train": data, "--model": model, "--output": output / "adapter"}
    folders["--metrics"] = output / "metrics"
    folders["--checkpoints"] = output / "checkpoints"
    arguments = ["--recipe", str(recipe), *(str(part) for pair in folders.items() for part in pair)]
    score = ""
    with progress(f"tuning {output.name}", None) as advance:
        for event in events("training.train", arguments, output / "train.log"):
            if event["event"] == "step":
                advance(event["step"], total=event["of"], note=f"loss {event['loss']:.3f}{score}")
            elif event["event"] == "validation":
                score = f", validation {event['score']:.2f}"
            elif event["event"] == "done":
                out.print(f"  {output.name}: {_done(event)}{score}", markup=False)


def _done(event: dict[str, object]) -> str:
    shown = {key: value for key, value in event.items() if key != "event" and isinstance(value, int | float)}
    return ", ".join(f"{key} {value:.4g}" for key, value in shown.items())


def serve_command(
    name: Annotated[str, typer.Argument(help="A model of the settings that has a folder.")],
    config: Config = LOCAL,
) -> None:
    """Serve one model of the settings in the contract of the SageMaker container, until Ctrl-C.

    Example: `ragtune model serve base --config config/demo.toml`
    """
    settings = load_settings(config)
    if name not in settings.models:
        known = ", ".join(settings.models) or "the settings, which name no model"
        raise BadInput(f"model {name!r}: none of {known}")
    model = settings.models[name]
    with servers([start(name, model, settings.state / "logs")]) as processes:
        out.print(f"  {name}: {model.url}   (end with Ctrl-C)", markup=False)
        processes[0].wait()


@contextmanager
def running(settings: Settings, names: Iterable[str]) -> Iterator[list[str]]:
    """Those of the models up; yields the names of those that had to be started, and ends them.

    Raises Busy when a server with other weights answers in the place of one of them.
    """
    wanted = {name: settings.models[name] for name in names}
    starts = {name: one for name, one in wanted.items() if one.folder and not _is_up(name, one)}
    with servers([start(name, one, settings.state / "logs") for name, one in starts.items()]):
        yield list(starts)


def _is_up(name: str, model: ModelSettings) -> bool:
    served = ping(model.url)
    if served is None:
        return False
    expected = weights_of(model)
    if served != expected:
        raise Busy(f"{model.url}: serves other weights than models.{name} names; end that server")
    return True


def start(name: str, model: ModelSettings, logs: Path) -> Start:
    """The process that serves `model` at its URL."""
    if model.folder is None:
        raise BadInput(f"models.{name}.folder: missing; name the folder of its weights to serve it here")
    arguments = ["--model", str(model.folder), "--port", str(urlsplit(model.url).port)]
    if model.adapter:
        arguments += ["--adapter", str(model.adapter)]
    return Start(
        module="inference.server", arguments=tuple(arguments), url=model.url, log=logs / f"{name}.log"
    )
