"""`ragtune model list`, `promote`, `rollback`, `start` and `stop`: which tuned model serves, here or in AWS.

    ragtune model promote tuned 2                                       the registry of this machine
    ragtune model promote ragtune-prod 2 --config config/prod.toml      the account of that deployment

Here the settings name what the link points to, adapter = ".ragtune/registry/tuned/current/model", and a
server that runs keeps its weights until it is started anew. There a state machine changes the endpoint.
"""

from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.options import LOCAL, Config, Json
from ragtune.cli.screen import out, table
from ragtune.deployment import load_deployment
from ragtune.errors import BadInput
from ragtune.evaluation.matrix import OVERALL
from ragtune.promotion import Models
from ragtune.records import encode, to_json
from ragtune.registry import Package, Registry
from ragtune.settings import load_settings
from ragtune.wiring import model_packages

Name = Annotated[str, typer.Argument(help="Of the model in the registry; in an account the deployment's.")]
_COLUMNS = ("model", "version", "state", "preset", "made", "judged")


def register(group: typer.Typer) -> None:
    """Add the commands to those of `ragtune model`."""
    group.command("list")(list_command)
    group.command("promote")(promote_command)
    group.command("rollback")(rollback_command)
    group.command("start")(start_command)
    group.command("stop")(stop_command)


def list_command(json: Json = False, config: Config = LOCAL) -> None:
    """List every version of every model with its state and how it was judged against the one in service
    then; with --json also what it was made from.

    Example: `ragtune model list`
    """
    if account := _account(config):
        _list_account(account, json=json)
        return
    registry = _registry(config)
    found = [(one, state) for name in registry.names() for one, state in registry.packages(name)]
    if json:
        out.print(to_json([{**encode(one), "state": state} for one, state in found]), markup=False)
        return
    rows = [
        [one.name, one.version, state, one.preset, one.made_at[:16], _judged(one)] for one, state in found
    ]
    table("models", _COLUMNS, rows)


def _list_account(account: Models, *, json: bool) -> None:
    found, change = account.versions(), account.last_change()
    if json:
        out.print(to_json({"versions": encode(found), "last_change": encode(change)}), markup=False)
        return
    # The gate judged each before it was registered: what lost is not there.
    rows = [[one.name, one.version, one.state, one.preset, one.made_at[:16], "passed"] for one in found]
    table("models", _COLUMNS, rows)
    if change:
        out.print(f"  last change of what serves: {change.state}, started {change.started}", markup=False)


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
    if account := _account(config, name):
        promoted = account.promote(version)
        _say_started(f"version {promoted.version} is to serve", config)
        return
    _say(_registry(config).promote(name, version), config)


def rollback_command(name: Name, config: Config = LOCAL) -> None:
    """Let the version that served before serve again.

    Example: `ragtune model rollback tuned`
    """
    if account := _account(config, name):
        _say_started(f"version {account.rollback().version} is to serve again", config)
        return
    _say(_registry(config).rollback(name), config)


def start_command(name: Name, config: Config = LOCAL) -> None:
    """Start the endpoint in an account that was stopped, with the version that it had.

    Example: `ragtune model start ragtune-prod --config config/prod.toml`
    """
    _say_started(f"version {_endpoint(config, name).serve(on=True).version} is to serve again", config)


def stop_command(name: Name, config: Config = LOCAL) -> None:
    """Stop the endpoint in an account, so that it costs nothing; questions are answered by quoting meanwhile.

    Example: `ragtune model stop ragtune-prod --config config/prod.toml`
    """
    _say_started(f"version {_endpoint(config, name).serve(on=False).version} is to stop", config)


def _account(config: Path, name: str = "") -> Models | None:
    """That of a deployment file; None for one of this machine. Raises BadInput for another name."""
    if not load_settings(config).aws:
        return None
    aws = load_deployment(config).aws
    if name not in ("", aws.name):
        raise BadInput(f"model {name!r}: not registered; {config} has {aws.name!r}")
    return model_packages(aws)


def _endpoint(config: Path, name: str) -> Models:
    account = _account(config, name)
    if account is None:
        raise BadInput(f"{config}: serves on this machine; start `ragtune model serve NAME`, or end it")
    return account


def _say_started(what: str, config: Path) -> None:
    out.print(f"  {what}: it takes minutes, see ragtune model list --config {config}", markup=False)


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
