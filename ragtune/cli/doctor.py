"""`ragtune doctor`: what this machine and this deployment lack, and what to do about it.

ok    Python 3.11.7
ok    extra `korean`
lack  model tuned at http://127.0.0.1:8803 does not answer; run `ragtune model serve tuned`
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Literal

import typer

from ragtune.cli.options import LOCAL, Config
from ragtune.cli.processes import ping
from ragtune.cli.screen import out
from ragtune.deployment import Deployment, load_deployment
from ragtune.errors import RagtuneError
from ragtune.settings import Settings, load_settings
from ragtune.wiring import open_search, preflight

EXTRAS = {"training": "torch", "korean": "kiwipiepy"}
ENOUGH_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; `remedy` is "" when nothing is to be done."""

    what: str
    remedy: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor_command)


def doctor_command(
    target: Annotated[
        Literal["local", "aws"], typer.Option(help="This machine, or the account that it deploys to.")
    ] = "local",
    deployed: Annotated[
        bool, typer.Option("--deployed", help="With --target aws: ask each function, too.")
    ] = False,
    config: Config = LOCAL,
) -> None:
    """Check this machine and the settings, or an AWS account; ends with 1 when something is lacking.

    Example: `ragtune doctor --target aws --config config/dev.toml`
    """
    if target == "aws":
        findings = list(account(load_deployment(config), deployed=deployed))
    else:
        settings = load_settings(config)
        findings = [*machine(settings), *index(settings), *models(settings)]
    for finding in findings:
        mark = "lack" if finding.remedy else "ok  "
        out.print(f"  {mark}  {finding.what}{'; ' if finding.remedy else ''}{finding.remedy}", markup=False)
    if any(finding.remedy for finding in findings):
        raise typer.Exit(1)


def account(deployment: Deployment, *, deployed: bool) -> Iterator[Finding]:
    """What the account lacks, by read-only calls; with `deployed`, whether the functions reach the index."""
    looked = preflight(deployment)
    for what, remedy in (*looked.findings(), *(looked.deployed() if deployed else ())):
        yield Finding(what=what, remedy=remedy)


def machine(settings: Settings) -> Iterator[Finding]:
    """Python, extras, disk."""
    yield Finding(what=f"Python {sys.version.split()[0]}")
    for extra, package in EXTRAS.items():
        remedy = "" if find_spec(package) else f"pip install 'ragtune[{extra}]', or `make setup`"
        yield Finding(what=f"extra `{extra}`", remedy=remedy)
    place = next(folder for folder in settings.state.absolute().parents if folder.exists())
    free = shutil.disk_usage(place).free
    remedy = "" if free > ENOUGH_BYTES else f"free some space below {place}"
    yield Finding(what=f"{free / 1e9:.1f} GB free for {settings.state}", remedy=remedy)


def index(settings: Settings) -> Iterator[Finding]:
    """Whether the index opens, and holds anything."""
    try:
        with open_search(settings) as search:
            count = sum(not head.deleted for head in search.index.heads())
    except RagtuneError as error:
        yield Finding(what=f"index {settings.index.url}", remedy=str(error))
        return
    remedy = "" if count else "run `ragtune ingest FOLDER`"
    yield Finding(what=f"index {settings.index.url}: {count} pages", remedy=remedy)


def models(settings: Settings) -> Iterator[Finding]:
    """Whether each model's files are there, and its server answers or can be started here."""
    for name, model in settings.models.items():
        for folder in filter(None, (model.folder, model.adapter)):
            remedy = "" if folder.is_dir() else "make it with `ragtune train` or `make demo`"
            yield Finding(what=f"model {name}: {folder}", remedy=remedy)
        if not model.folder:
            remedy = "" if ping(model.url) is not None else "start that server, or correct its url"
            yield Finding(what=f"model {name} at {model.url}", remedy=remedy)
