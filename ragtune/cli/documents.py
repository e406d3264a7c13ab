"""`ragtune ingest` reads a folder of pages into the index.

ragtune ingest ./manuals
read 84 pages: 612 chunks, 97 tables, 41 images, 23 attachments; 2 set aside
ragtune ingest --report           what is set aside or not searched, and why
ragtune ingest --retry            those pages again, and no others
"""

from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.models import running
from ragtune.cli.options import LOCAL, Config, Json
from ragtune.cli.screen import err, out, progress, table
from ragtune.errors import BadInput
from ragtune.ingestion import IngestReport, ingest, ingest_pages
from ragtune.lexicon import refresh
from ragtune.records import to_json
from ragtune.settings import Settings, load_settings
from ragtune.wiring import (
    lexicon_file,
    open_preparation,
    open_search,
    open_source,
    set_aside_list,
    source_folders,
)

Folder = Annotated[
    Path | None, typer.Argument(help="A folder with pages (*.html) and the files they refer to.")
]
Pages = Annotated[
    list[str] | None, typer.Option("--page", help="Read this page of FOLDER alone, anew; may be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("ingest")(ingest_command)


def ingest_command(
    folder: Folder = None,
    name: Annotated[
        str, typer.Option(help="First part of the pages' URIs; by default the folder's name.")
    ] = "",
    part: Annotated[
        bool, typer.Option("--part", help="FOLDER holds only some pages: delete none that it lacks.")
    ] = False,
    page: Pages = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try again what was set aside or not searched; needs no FOLDER.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="List every page set aside and warned of; alone, read nothing.")
    ] = False,
    json: Json = False,
    config: Config = LOCAL,
) -> None:
    """Read pages into the index: changed ones anew, vanished ones out, unreadable ones set aside.

    Example: `ragtune ingest ./manuals --report`
    """
    settings = load_settings(config)
    if retry:
        done = retry_troubles(settings)
    elif folder:
        done = [ingest_folder(folder, settings, name=name, part=part, pages=page or ())]
    elif report:
        _show_troubles(settings, json=json)
        return
    else:
        raise BadInput("FOLDER: missing; name a folder with pages, or say --retry or --report")
    for one in done:
        if json:
            out.print(to_json(one), markup=False)
        else:
            show_report(one, every=report)


def ingest_folder(
    folder: Path, settings: Settings, *, name: str = "", part: bool = False, pages: Collection[str] = ()
) -> IngestReport:
    """`ingest` with a progress bar; remembers where the folder's files lie, for links and downloads.

    `pages` are URIs, or paths below the folder.
    """
    source = open_source(folder, settings, name=name)
    only = [page if page.startswith(source.prefix) else source.prefix + page for page in pages]
    teller = settings.tables.verbalizer
    with ExitStack() as stack:
        stack.enter_context(running(settings, [teller] if teller else []))
        search = stack.enter_context(open_search(settings))
        preparation = stack.enter_context(open_preparation(settings))
        advance = stack.enter_context(progress("reading", None))
        source_folders(settings).remember(source.prefix, folder)
        told = advance.page
        if only:
            done = ingest_pages(source, search.index, preparation, only, anew=True, progress=told)
        else:
            done = ingest(source, search.index, preparation, whole=not part, progress=told)
        refresh(lexicon_file(settings), search.index)
    set_aside_list(settings).update(source.prefix, done, whole=not (part or only))
    return done


def retry_troubles(settings: Settings) -> list[IngestReport]:
    """Read the pages in trouble again, folder by folder; nothing else is looked at."""
    folders = source_folders(settings)
    places: dict[tuple[Path, str], list[str]] = {}
    for uri in set_aside_list(settings).troubles():
        place = folders.folder(uri)
        if place is None:
            err.print(f"  {uri} is not there any more; ingest its folder again", markup=False)
        else:
            places.setdefault(place, []).append(uri)
    if not places:
        out.print("  nothing to try again", markup=False)
    return [ingest_folder(folder, settings, name=name, pages=uris) for (folder, name), uris in places.items()]


def _show_troubles(settings: Settings, *, json: bool) -> None:
    troubles = set_aside_list(settings).troubles()
    if json:
        out.print(to_json(troubles), markup=False)
        return
    rows = [
        (uri, "withdrawn" if one.withdrawn else "set aside" if one.reason else "read", said)
        for uri, one in troubles.items()
        for said in (one.reason, *one.warnings)
        if said
    ]
    if rows:
        table("pages in trouble", ("page", "state", "reason"), rows)
    else:
        out.print("  every page was read as a whole", markup=False)


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
