"""`ragtune show` prints what is understood of one page, and what is left out of it and why.

ragtune show manuals/product/giga-lite.html
기가라이트 안내                    상품 › 인터넷 · ko · utf-8 · public
§ 요금 › 월 요금                   tables as grids, their header paths and sentences
left out
  nav.gnb: navigation, 312 characters  "홈 상품 요금 …"
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table as Drawn

from ragtune.cli.options import Json
from ragtune.cli.screen import facts, out
from ragtune.errors import BadInput
from ragtune.manuals.reading import explain, shown
from ragtune.records import to_json

_SEPARATOR = " › "
_BEGINNING = 60  # characters of what was left out


def register(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command("show")(show_command)


def show_command(
    page: Annotated[Path, typer.Argument(help="An HTML page.")],
    charset: Annotated[str, typer.Option(help="The charset that its server declares, if any.")] = "",
    json: Json = False,
) -> None:
    """Show what is understood of one page: sections, tables, sentences, files, and what is left out.

    Example: ragtune show samples/manuals/product/internet0.html
    """
    try:
        data, version = page.read_bytes(), page.stat().st_mtime_ns // 1_000_000
    except OSError as error:
        raise BadInput(f"{page}: can't be read ({error.strerror}); name an HTML page") from None
    found = shown(explain(data, source=page.resolve().as_uri(), version=version, charset=charset))
    if json:
        out.print(to_json(found), markup=False, soft_wrap=True)
        return
    _about(found)
    for section in found["sections"]:
        _section(section)
    _resources(found)
    _left_out(found["left_out"])


def _about(page: dict[str, Any]) -> None:
    out.print(f"[bold]{escape(page['title'])}[/]")
    facts(
        {
            "breadcrumb": _SEPARATOR.join((*page["category"], page["title"])),
            "source": page["source"],
            "language": page["language"] or "unknown",
            "charset": page["charset"],
            "access": ", ".join(page["labels"]),
            "valid": f"{page['valid_from'] or '…'} – {page['valid_until'] or '…'}",
            "links": len(page["links"]),
            "warnings": "; ".join(page["warnings"]) or "none",
        }
    )


def _section(section: dict[str, Any]) -> None:
    if not section["path"] and not section["blocks"]:
        return
    anchor = f"  [dim]#{escape(section['anchor'])}[/]" if section["anchor"] else ""
    path = escape(_SEPARATOR.join(section["path"])) or "(before the first heading)"
    out.print(f"\n[bold cyan]§ {path}[/]{anchor}")
    for block in section["blocks"]:
        if "grid" in block:
            _table(block)
        else:
            indent = "  " * (block["level"] + 1) + ("• " if block["kind"] == "list_item" else "")
            kind = "" if block["kind"] in ("paragraph", "list_item") else f" [dim]({block['kind']})[/]"
            out.print(f"{indent}{escape(block['text'])}{kind}")


def _table(block: dict[str, Any]) -> None:
    drawn = Drawn(show_header=False, title=escape(block["caption"]) or None, title_justify="left")
    for column in range(len(block["grid"][0]) if block["grid"] else 0):
        drawn.add_column(style="bold" if column < block["header_columns"] else None, overflow="fold")
    for number, row in enumerate(block["grid"]):
        header = number < block["header_rows"]
        drawn.add_row(
            *map(escape, row),
            style="bold" if header else None,
            end_section=number + 1 == block["header_rows"],
        )
    out.print(drawn)
    paths = [_SEPARATOR.join(names) for names in block["columns"]]
    about = {"header paths": "; ".join(paths) if any(paths) else "", "unit": block["unit"],
             "footnotes": "; ".join(block["footnotes"]), "heading": block["heading"]}  # fmt: skip
    facts({name: value for name, value in about.items() if value})
    for sentence in block["sentences"]:
        out.print(f"    {sentence}", style="green", markup=False)


def _resources(page: dict[str, Any]) -> None:
    for kind in ("attachments", "images"):
        if page[kind]:
            out.print(f"\n[bold cyan]{kind}[/]")
        for each in page[kind]:
            out.print(
                f"  {each['name']}  ({each['media_type']})  § {_place(page, each['section'])}", markup=False
            )
            out.print(f"    {each['uri']}", markup=False)


def _place(page: dict[str, Any], section: int) -> str:
    path = page["sections"][section]["path"] if section < len(page["sections"]) else []
    return _SEPARATOR.join(path) or page["title"]


def _left_out(parts: list[dict[str, Any]]) -> None:
    out.print("\n[bold cyan]left out[/]" if parts else "\nnothing was left out")
    for each in parts:
        size = f"{each['times']} times" if each["times"] > 1 else f"{len(each['text'])} characters"
        beginning = f'  "{each["text"][:_BEGINNING]}"' if each["text"] else ""
        out.print(f"  {each['element']}: {each['reason']}, {size}{beginning}", markup=False)
