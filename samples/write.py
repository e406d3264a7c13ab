"""Write the sample manuals: the same bytes from the same facts, on any machine.

    python -m samples.write          # samples/manuals and samples/updates, as they are committed

As a library, `pages` renders any assignment of values through the same pages:

    from random import Random
    from samples.facts import load
    from samples.write import pages
    for page in pages(load().random_assignment(Random(1))):
        page.path, page.data         # 'product/bitgil-lite.html', b'<!DOCTYPE html>…'
"""

from collections.abc import Iterator
from pathlib import Path

from samples.facts import Facts, load
from samples.pages import comparison, product, tariff
from samples.pages.sheet import Page, Sheet, Style, dressed

HERE = Path(__file__).parent
KINDS = (product.sheets, tariff.sheets, comparison.sheets)


def sheets(facts: Facts) -> Iterator[Sheet]:
    """The content of every page."""
    for kind in KINDS:
        yield from kind(facts)


def pages(facts: Facts) -> Iterator[Page]:
    """Every manual page for these facts, as a file's path and bytes."""
    for sheet in sheets(facts):
        yield dressed(sheet, Style(), facts.edition)


def main() -> None:
    for page in pages(load()):
        path = HERE / "manuals" / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page.data)


if __name__ == "__main__":
    main()
