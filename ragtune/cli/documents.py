"""`ragtune ingest` reads a folder of pages into the index; `ragtune index info` says what is in it.

ragtune ingest ./manuals
read 84 pages: 612 chunks, 97 tables, 41 images, 23 attachments; 2 set aside
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.options import LOCAL, Config, Json
from ragtune.cli.screen import err, facts, out, progress, table
from ragtune.ingestion import IngestReport, ingest
from ragtune.records import encode, to_json
from ragtune.settings import Settings, load_settings
from ragtune.wiring import open_search, open_source, source_folders


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("ingest")(ingest_command)
    index = typer.Typer(help="Look at the index.", no_args_is_help=True)
    index.command("info")(info_command)
    app.add_typer(index, name="index")


def ingest_command(
    folder: Annotated[Path, typer.Argument(help="A folder with pages (*.html) and the files they refer to.")],
    name: Annotated[
        str, typer.Option(help="First part of the pages' URIs; by default the folder's name.")
    ] = "",
    part: Annotated[
        bool, typer.Option("--part", help="FOLDER holds only some pages: delete none that it lacks.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="List every page set aside and warned of.")
    ] = False,
    json: Json = False,
    config: Config = LOCAL,
) -> None:
    """Read pages into the index: changed ones anew, vanished ones out, unreadable ones set aside.

    Example: `ragtune ingest ./manuals --report`
    """
    done = ingest_folder(folder, load_settings(config), name=name, part=part)
    if json:
        out.print(to_json(done), markup=False)
    else:
        show_report(done, every=report)


def ingest_folder(folder: Path, settings: Settings, *, name: str = "", part: bool = False) -> IngestReport:
    """`ingest` with a progress bar; remembers where the folder's files lie, for links and downloads."""
    source = open_source(folder, settings, name=name)
    with open_search(settings) as search, progress("reading", None) as advance:
        source_folders(settings).remember(source.prefix, folder)
        return ingest(
            source,
            search.index,
            max_chars=settings.chunking.max_chars,
            whole=not part,
            progress=_advancing(advance),
        )


def _advancing(advance: Callable[..., None]) -> Callable[[int, int, str], None]:
    return lambda done, total, uri: advance(done, total=total, note=uri.rpartition("/")[2][:30])


def show_report(report: IngestReport, *, every: bool = False) -> None:
    """What was found, as one line; what was set aside, as a table."""
    pages_s = report.read / report.seconds if report.seconds else 0
    out.print(
        f"  read {report.read} pages in {report.seconds:.1f} s ({pages_s:.0f}/s): {report.chunks} chunks, "
        f"{report.tables} tables, {report.images} images, {report.attachments} attachments; "
        f"{report.unchanged} unchanged, {len(report.deleted)} deleted, {len(report.set_aside)} set aside",
        markup=False,
    )
    shown = report.set_aside if every else report.set_aside[:5]
    for one in shown:
        err.print(f"  set aside: {one.reason}", markup=False, style="yellow")
    if len(shown) < len(report.set_aside):
        err.print(f"  … and {len(report.set_aside) - len(shown)} more: ragtune ingest --report", markup=False)
    if every:
        table("warnings", ("page", "what could not be read"), report.warnings)


def info_command(json: Json = False, config: Config = LOCAL) -> None:
    """Say what the index holds: counts, size, versions.

    Example: `ragtune index info`
    """
    with open_search(load_settings(config)) as search:
        info = search.index.info()
    if json:
        out.print(to_json(encode(dict(info))), markup=False)
    else:
        facts(info)
