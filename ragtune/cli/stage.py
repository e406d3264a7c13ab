"""`ragtune stage` brings a base model, wheels and code into the account's bucket, for jobs without a network.

ragtune stage s3://ragtune-prod-models/staged --preset kullm --model ./kullm --licence "Kim, 2026-11-20"
models/kullm   12 files, 12 uploaded   s3://ragtune-prod-models/staged/models/kullm/4f0c9a1b2d3e4f50/
"""

from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.screen import out
from ragtune.errors import BadInput
from ragtune.presets import load_preset
from ragtune.staging import Staged, code_files, model_files, wheel_files
from ragtune.wiring import open_staging


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("stage")(stage_command)


def stage_command(
    bucket: Annotated[str, typer.Argument(help="s3://bucket/folder of the account.")],
    preset: Annotated[str, typer.Option(help="Of the base model.")] = "",
    model: Annotated[Path | None, typer.Option(help="Folder of the base model, downloaded before.")] = None,
    licence: Annotated[str, typer.Option(help="Who decided that its licence fits, when, why.")] = "",
    wheels: Annotated[Path | None, typer.Option(help="Folder of wheels with their requirements.txt.")] = None,
    code: Annotated[Path | None, typer.Option(help="The project's folder: brings the jobs' code.")] = None,
) -> None:
    """Bring up what is not there yet, each folder named by its content, verified, licences written down.

    Example: `ragtune stage s3://ragtune-prod-models/staged --code .`
    """
    wanted = _wanted(preset, model, licence, wheels, code)
    store = open_staging(bucket)
    for one in wanted:
        done = store.put(one)
        out.print(
            f"  {one.name}: {len(one.files)} files, {done.uploaded} uploaded, {done.kept} there already\n"
            f"    {done.uri}",
            markup=False,
        )


def _wanted(
    preset: str, model: Path | None, licence: str, wheels: Path | None, code: Path | None
) -> list[Staged]:
    """Everything is checked before anything is brought up."""
    found = []
    if model:
        if not preset:
            raise BadInput("--preset: missing; it says what the model is and what its licence allows")
        chosen = load_preset(preset, accept_non_commercial=bool(licence.strip()))
        found.append(model_files(model, chosen, licence=licence))
    if wheels:
        found.append(wheel_files(wheels))
    if code:
        found.append(code_files(code))
    if not found:
        raise BadInput("nothing to stage; name --model with --preset, --wheels or --code")
    return found
