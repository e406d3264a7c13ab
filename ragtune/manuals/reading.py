"""What was understood of one page, and what was left out of it and why: for `ragtune show` and the console.

>>> reading = explain(b"<nav>menu</nav><h1>a</h1><p>b</p>", source="file:///m/a.html", version=1)
>>> [(part.element, part.reason, part.text) for part in reading.left_out]
[('nav', 'navigation', 'menu')]
"""

from dataclasses import dataclass
from typing import Any

from ragtune.documents import Document, Section, Table
from ragtune.manuals.boilerplate import MORE, OUTSIDE
from ragtune.manuals.bounds import bounded
from ragtune.manuals.charset import decode
from ragtune.manuals.flow import Flow
from ragtune.manuals.markup import Markup, plain
from ragtune.manuals.page import main_part, read_page
from ragtune.manuals.resources import Register
from ragtune.records import encode
from ragtune.tables import heading, sentences, subject_of

MAX_PARTS = 500  # that are listed of one page; the others are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A part of a page that is not in its Document; `times` elements of one kind are one entry."""

    element: str  # "nav", "div.gnb", "script"
    reason: str  # as boilerplate names them; the element's own name for what is never read
    text: str  # "" for what holds none, or is never read: scripts, styles, drawings
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A page as it was understood."""

    document: Document
    left_out: tuple[LeftOut, ...]


def explain(data: bytes, *, source: str, version: int, charset: str = "") -> Reading:
    """The Document of a page, with what is not in it. Raises UnreadablePage, as read_page does."""
    document = read_page(data, source=source, version=version, charset=charset)
    markup = Markup.whole(bounded(decode(data, charset).text))
    root, trusted = main_part(markup)
    flow = Flow(markup, Register(base=source), trusted=trusted)
    if root >= 0:
        flow.read(root)
    parts = [_part(markup, *found) for found in flow.left_out] + _outside(markup, root)
    parts += [
        LeftOut(element=name, reason=name, text="", times=times) for name, times in markup.unseen.items()
    ]
    if len(parts) > MAX_PARTS:
        parts[MAX_PARTS:] = [LeftOut(element="…", reason=MORE, text="", times=len(parts) - MAX_PARTS)]
    return Reading(document=document, left_out=tuple(parts))


def _part(markup: Markup, at: int, reason: str, words: str = "") -> LeftOut:
    name, raw, _, _, _ = markup.tags[at]
    attributes = markup.attributes(raw)
    marks = attributes.get("class", "").split()[:1] or attributes.get("id", "").split()[:1]
    element = ".".join((name, *marks))[:80]
    pieces = [f"{text} {tail}" for _, _, text, _, tail in markup.tags[at : markup.ends[at]]]
    pieces = pieces if markup.ends[at] > at else [markup.written(at)]
    text = words or " ".join(plain(" ".join(pieces)).split())
    return LeftOut(element=element, reason=reason, text=text)


def _outside(markup: Markup, root: int) -> list[LeftOut]:
    """What stands beside the main part, where the page states one."""
    found, inner = [], root
    while inner >= 0 and inner != markup.body:
        around = markup.parents[inner]
        if around < 0:
            break
        beside = [at for at in markup.children(around) if at != inner and markup.letters(at)]
        found += [_part(markup, at, OUTSIDE) for at in beside]
        inner = around
    return found


def shown(reading: Reading) -> dict[str, Any]:
    """A Reading as plain JSON; each table with its `heading`, `columns` (header paths) and `sentences`."""
    found: dict[str, Any] = encode(reading.document) | {"id": reading.document.id}
    found["sections"] = [_section(reading.document.title, section) for section in reading.document.sections]
    return found | {"left_out": encode(reading.left_out)}


def _section(title: str, section: Section) -> dict[str, Any]:
    subject = subject_of(title, section.path)
    blocks = [encode(b) | _told(b, subject) if isinstance(b, Table) else encode(b) for b in section.blocks]
    return {**encode(section), "blocks": blocks}


def _told(table: Table, subject: str) -> dict[str, Any]:
    columns = [
        list(dict.fromkeys(filter(None, names)))
        for names in zip(*table.grid[: table.header_rows], strict=True)
    ]
    return {"heading": heading(table), "columns": columns, "sentences": sentences(table, subject=subject)}
