"""Write the sample manuals: the same bytes from the same facts, on any machine.

    python -m samples.write          # samples/manuals and samples/updates, as they are committed

As a library, `pages` renders any assignment of values through the same pages:

    from random import Random
    from samples.facts import load
    from samples.write import pages
    for page in pages(load().random_assignment(Random(1))):
        page.path, page.data         # 'product/bitgil-light.html', b'<!DOCTYPE html>…'
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from samples import handbook
from samples.facts import Facts, load
from samples.pages import article, comparison, guide, listing, notice, product, tariff
from samples.pages.sheet import Page, Sheet, dressed
from samples.pages.styles import style

HERE = Path(__file__).parent
REMOVED = ("bundle/winter-2025.html",)  # gone with samples/updates
REMOVED_LIST = "removed.txt"  # one path a line


def sheets(facts: Facts) -> Iterator[Sheet]:
    """The content of every page, before it is dressed."""
    texts = _handbook()
    for kind in (product.sheets, tariff.sheets, comparison.sheets, listing.sheets):
        yield from kind(facts)
    yield from article.sheets(facts, texts.article)
    yield from guide.sheets(facts, texts.glossary)


def pages(facts: Facts) -> Iterator[Page]:
    """Every manual page for these facts, as a file's path (relative, with /) and bytes."""
    for sheet in sheets(facts):
        yield dressed(sheet, style(sheet.path), facts.edition)


def updates(facts: Facts) -> Iterator[Page]:
    """What samples/updates holds: every page that states a changed fact, of the next edition; new pages."""
    then = facts.updated()
    for now, changed in zip(sheets(facts), sheets(then), strict=True):
        if now != changed:
            yield dressed(changed, style(changed.path), facts.next_edition)
    for sheet in notice.sheets(facts, replace(then, edition=facts.next_edition)):
        yield dressed(sheet, style(sheet.path), facts.next_edition)


def write(folder: Path) -> None:
    """Make `folder`/manuals and `folder`/updates anew, with attachments and images."""
    from samples.attachments import files  # noqa: PLC0415 - pages alone need neither reportlab nor openpyxl

    facts = load()
    current = list(files(facts))
    changed = [page for page in files(facts.updated()) if page not in current]
    _write(folder / "manuals", [*pages(facts), *current])
    removed = Page(path=REMOVED_LIST, data="".join(f"{path}\n" for path in REMOVED).encode())
    _write(folder / "updates", [*updates(facts), *changed, removed])


def _write(folder: Path, found: Iterable[Page]) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    for page in found:
        path = folder / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page.data)


@cache
def _handbook() -> handbook.Handbook:
    return handbook.load()


if __name__ == "__main__":
    write(HERE)
