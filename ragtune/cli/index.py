"""`ragtune index`: what the index holds, and another one made by new settings in its place.

ragtune index info
ragtune index rebuild      by the settings as they are now, beside the one that serves
ragtune index switch       the rebuilt one serves; the other is kept
ragtune index rollback     after the settings were set back: the kept one serves again, up to date
ragtune index discard      remove what does not serve
ragtune index snapshot PLACE       keep what serves now: in a folder, or under a name on OpenSearch
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated

import typer

from ragtune.cli.models import running
from ragtune.cli.options import LOCAL, Config, Json
from ragtune.cli.screen import facts, out, progress
from ragtune.manifest import made_with
from ragtune.ports import CatchUp, Generation, Generations, Index, Stored
from ragtune.rebuilding import Recasting, catch_up
from ragtune.records import encode, to_json
from ragtune.settings import Settings, load_settings
from ragtune.wiring import open_generations, open_preparation, source_of


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    index = typer.Typer(help="Look at the index, rebuild it, switch, roll back.", no_args_is_help=True)
    for name, command in (
        ("info", info_command),
        ("rebuild", rebuild_command),
        ("switch", switch_command),
        ("rollback", rollback_command),
        ("discard", discard_command),
        ("snapshot", snapshot_command),
    ):
        index.command(name)(command)
    app.add_typer(index, name="index")


def info_command(json: Json = False, config: Config = LOCAL) -> None:
    """Say what the index holds: counts, size, versions; and which others are kept.

    Example: `ragtune index info`
    """
    kept = open_generations(load_settings(config)).kept()
    info = dict(kept["serving"].info)
    info.update((role, f"{one.name}, made with {made_with(one.info)}") for role, one in kept.items())
    if json:
        out.print(to_json(encode(info)), markup=False)
    else:
        facts(info)


def rebuild_command(config: Config = LOCAL) -> None:
    """Build an index by the present settings beside the one that serves, which goes on.

    Pages are cut anew from what is stored; where the way to read them has changed they are read again, as far
    as they are at hand and unchanged. Killed, it goes on where it was.

    Example: `ragtune index rebuild`
    """
    settings = load_settings(config)
    generations = open_generations(settings)
    with _catching_up(settings, generations) as bring:
        built = generations.rebuild(bring)
    out.print(f"  built {_told(built)}; `ragtune index switch` makes it serve", markup=False)


def switch_command(config: Config = LOCAL) -> None:
    """Make the rebuilt index serve, with all that was written meanwhile; keep the other for a rollback.

    Example: `ragtune index switch`
    """
    _turn(load_settings(config), lambda generations: generations.switch)


def rollback_command(config: Config = LOCAL) -> None:
    """Make the index serve that served before, with all that was written since. Set its settings back first.

    Example: `ragtune index rollback`
    """
    _turn(load_settings(config), lambda generations: generations.rollback)


def discard_command(config: Config = LOCAL) -> None:
    """Remove the indexes that do not serve; nothing can be rolled back then.

    Example: `ragtune index discard`
    """
    removed = open_generations(load_settings(config)).discard()
    out.print(f"  removed {', '.join(removed) or 'nothing'}", markup=False)


def snapshot_command(
    place: Annotated[
        str, typer.Argument(help="A folder that is not there yet; on OpenSearch, a name in the repository.")
    ],
    config: Config = LOCAL,
) -> None:
    """Keep the serving index as it is now, while writers go on.

    A folder is an index of its own, which `index.url` may name; what is in a cluster's repository comes back
    as docs/operations.md says.

    Example: `ragtune index snapshot backups/2026-11-22`
    """
    kept = open_generations(load_settings(config)).snapshot(place)
    out.print(f"  kept at {kept}", markup=False)


def _turn(settings: Settings, step: Callable[[Generations], Callable[[CatchUp], Generation]]) -> None:
    generations = open_generations(settings)
    with _catching_up(settings, generations) as bring:
        serving = step(generations)(bring)
    out.print(f"  serving {_told(serving)}; processes with other settings must be restarted", markup=False)


@contextmanager
def _catching_up(settings: Settings, generations: Generations) -> Iterator[CatchUp]:
    """How documents go from one index to another under these settings."""
    teller = settings.tables.verbalizer
    with ExitStack() as stack:
        stack.enter_context(running(settings, [teller] if teller else []))
        preparation = stack.enter_context(open_preparation(settings))
        advance = stack.enter_context(progress("copying", None))

        def bring(old: Stored, new: Index) -> None:
            anew = made_with(new.info()).get("parser") != made_with(kept["serving"].info).get("parser")
            recasting = Recasting(preparation=preparation, source_of=source_of(settings) if anew else None)
            catch_up(old, new, recasting.entry, advance.page)
            if recasting.as_stored:
                said = "were not read again (not at hand, or changed): ingest them once it serves"
                out.print(f"  {len(recasting.as_stored)} pages {said}", markup=False)

        kept = generations.kept()
        yield bring


def _told(one: Generation) -> str:
    counts = ", ".join(f"{one.info[what]} {what}" for what in ("documents", "chunks", "tombstones"))
    return f"{one.name}: {counts}"
