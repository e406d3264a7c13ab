"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path, typer.Option("--config", envvar="RAGTUNE_CONFIG", help="The deployment's settings file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
LOCAL = Path("config/local.toml")
