"""`ragtune model list`, `promote` and `rollback`: which tuned model serves.

The settings name what the link points to: adapter = ".ragtune/registry/tuned/current/model". A server that
runs keeps its weights until it is started anew.
"""

from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.options import LOCAL, Config, Json
from ragtune.cli.screen import out, table
from ragtune.evaluation.matrix import OVERALL
from ragtune.records import encode, to_json
from ragtune.registry import Package, Registry
from ragtune.settings import load_settings

Name = Annotated[str, typer.Argument(help="Name of the model in the registry.")]


def register(group: typer.Typer) -> None:
    """Add the commands to those of `ragtune model`."""
    group.command("list")(list_command)
    group.command("promote")(promote_command)
    group.command("rollback")(rollback_command)


def list_command(json: Json = False, config: Config = LOCAL) -> None:
    """List every version of every model with its state and how it was judged against the one in service
    then; with --json also what it was made from.

    Example: `ragtune model list`
    """
    registry = _registry(config)
    found = [(one, state) for name in registry.names() for one, state in registry.packages(name)]
    if json:
        out.print(to_json([{**encode(one), "state": state} for one, state in found]), markup=False)
        return
    rows = [
        [one.name, one.version, state, one.preset, one.made_at[:16], _judged(one)] for one, state in found
    ]
    table("models", ("model", "version", "state", "preset", "made", "judged"), rows)


def promote_command(
    name: Name,
    version: Annotated[
        int | None, typer.Argument(help="Of those that `ragtune model list` shows; the newest.")
    ] = None,
    config: Config = LOCAL,
) -> None:
    """Approve a version and let it serve. Refuses one whose files changed or that the gate refused.

    Example: `ragtune model promote tuned 2`
    """
    _say(_registry(config).promote(name, version), config)


def rollback_command(name: Name, config: Config = LOCAL) -> None:
    """Let the version that served before serve again.

    Example: `ragtune model rollback tuned`
    """
    _say(_registry(config).rollback(name), config)


def _registry(config: Path) -> Registry:
    return Registry(load_settings(config).state / "registry")


def _say(package: Package, config: Path) -> None:
    place = load_settings(config).state / "registry" / package.name / "current" / "model"
    out.print(
        f"  {package.name} version {package.version} serves from {place}; start its server anew", markup=False
    )


def _judged(package: Package) -> str:
    overall = [one for one in package.verdict.comparisons if one.name == OVERALL]
    return "".join(
        f"{one.difference:+.2f} ({one.low:+.2f} to {one.high:+.2f}, n = {one.n})" for one in overall
    )
