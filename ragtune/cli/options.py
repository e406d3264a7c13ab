"""Options that several commands share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ragtune.ports import Access

Config = Annotated[
    Path, typer.Option("--config", envvar="RAGTUNE_CONFIG", help="The deployment's settings file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
LOCAL = Path("config/local.toml")
Labels = Annotated[str, typer.Option(help="Access labels to ask with, with commas between.")]


def access_of(labels: str) -> Access:
    """Those labels, today."""
    return Access(labels=frozenset(labels.split(",")), day=datetime.now(UTC).date().isoformat())
