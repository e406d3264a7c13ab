"""`ragtune pipeline start`, and status and logs of what runs in the account: by a deployment's file.

ragtune pipeline start model --value Preset=kullm --value Model=s3://… --config config/prod.toml
ragtune pipeline status --config config/prod.toml
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import typer

from ragtune.cli.options import Config
from ragtune.cli.screen import out, table
from ragtune.deployment import AwsSettings, load_deployment
from ragtune.errors import BadInput
from ragtune.wiring import pipeline_runs

KINDS = ("data", "model")
DEV = Path("config/dev.toml")


def start_command(
    kind: Annotated[Literal["data", "model"], typer.Argument(help="Which pipeline.")],
    value: Annotated[list[str], typer.Option(help="Name=value of a parameter; may be given again.")],
    config: Config = DEV,
) -> None:
    """Start a pipeline in the account; the same values again, soon after, start no second one.

    Example: `ragtune pipeline start model --value Preset=kullm --config config/prod.toml`
    """
    aws = load_deployment(config).aws
    values = dict(_pair(one) for one in value)
    asked = "\n".join([kind, *(f"{name}={values[name]}" for name in sorted(values))])
    token = hashlib.sha256(asked.encode()).hexdigest()
    execution = pipeline_runs(aws, kind).start(values, token=token)
    out.print(f"  started {execution}", markup=False)


def show_runs(aws: AwsSettings) -> None:
    """The newest executions of both pipelines with their steps."""
    for kind in KINDS:
        runs = pipeline_runs(aws, kind)
        for execution, state in runs.executions(most=3):
            rows = [[one.name, one.state, one.seconds, one.reason] for one in runs.steps(execution)]
            name = f"\n{kind} {execution.rpartition('/')[2]}, {state}"
            table(name, ("step", "state", "seconds", "reason"), rows)


def show_log(aws: AwsSettings, step: str) -> None:
    """The end of what a step said last."""
    for kind in KINDS:
        runs = pipeline_runs(aws, kind)
        for execution, _ in runs.executions(most=3):
            jobs = [one.job for one in runs.steps(execution) if one.name == step and one.job]
            if jobs:
                out.print("\n".join(runs.log(jobs[0])), markup=False)
                return
    raise BadInput(f"step {step!r}: none of the last executions has run it; see ragtune pipeline status")


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise BadInput(f"--value: {text!r} is not of the form Name=value")
    return name, value
