"""Reading pages and tables, beside what else reads HTML, in one run on one core.

    python -m bench.html DATA          # a folder with html/<collection>/*.html and tables.jsonl

A table's truth is its grid with merged cells repeated; cells are compared in place, without white space.
Writes .ragtune/bench/html.json, a list of {"work": "pages above 200 KB", "who": "ragtune",
"metric": "pages/s CPU", "value": 160.0, "unit": "1/s"}, and prints it as a table.
"""

import argparse
import json
import sys
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.html_peers import PEERS, Grid, Peer
from ragtune.documents import Table
from ragtune.manuals import read_page

Row = dict[str, str | float]
_OUT = Path(".ragtune/bench/html.json")
_EACH = 12  # pages of each collection in the mix
_REPEATS = 5  # rounds; the fastest of each page counts, as other work can only slow it down
_ENOUGH_S = 20.0  # CPU time after which a slow peer has been measured well enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A table whose grid people or the source's own tree vouch for."""

    html: bytes
    grid: Grid
    merged: bool


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 0 also when the data is not there, which is said."""
    parser = argparse.ArgumentParser(prog="python -m bench.html", description="Measure reading HTML.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with html/ and tables.jsonl")
    given = parser.parse_args(arguments)
    if given.data is None or not (given.data / "tables.jsonl").exists():
        _say(f"skipped: no pages and tables at {given.data}; name their folder (make: DATA=folder)")
        return 0
    rows = measure(given.data)
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    for row in rows:
        _say(f"{row['who']:24} {row['work']:32} {row['metric']:20} {row['value']:>10} {row['unit']}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def measure(data: Path) -> list[Row]:
    """Speed on each set of pages, then cells, for us and every peer that is installed."""
    peers = [Peer("ragtune", _read, _grids), *(peer for peer in PEERS if peer.installed())]
    rows = [_row("install", peer.who, "missing", 1, "skipped") for peer in PEERS if not peer.installed()]
    for work, pages in page_sets(data / "html").items():
        size = sum(map(len, pages)) / max(1, len(pages)) / 1e3
        rows.append(_row(work, "pages", "mean size", size, f"KB n={len(pages)}"))
        rows += [_row(work, peer.who, "pages/s CPU", speed(peer, pages), "1/s") for peer in peers]
        rows.append(_row(work, "ragtune", "peak memory", _memory(pages), "bytes of Python a byte of page"))
    tables = truths(data)
    for merged in (False, True):
        part = [table for table in tables if table.merged == merged]
        work = f"tables with{'' if merged else 'out'} merged cells"
        rows += [
            _row(work, peer.who, "cell F1", cell_f1(peer, part), f"n={len(part)}")
            for peer in peers
            if peer.grids
        ]
    return rows


def page_sets(root: Path) -> dict[str, list[bytes]]:
    """Dense pages; as many of each collection, about 60 KB on average; long manuals of much navigation."""
    paths = sorted(root.rglob("*.html"))
    collections = {
        folder: [path for path in paths if path.parent == folder] for folder in {p.parent for p in paths}
    }
    pages = {path: path.read_bytes() for path in paths}
    mixed = [
        path
        for _, found in sorted(collections.items())
        for path in found[:: max(1, len(found) // _EACH)][:_EACH]
    ]
    return {
        "pages of 40–90 KB": [page for page in pages.values() if 40_000 <= len(page) <= 90_000],
        "a mix of the collections": [pages[path] for path in mixed],
        "pages above 200 KB": [page for page in pages.values() if len(page) > 200_000][::4],
    }


def speed(peer: Peer, pages: Sequence[bytes]) -> float:
    """Pages a second of processor time."""
    best = [float("inf")] * len(pages)
    begun = time.process_time()
    for _ in range(_REPEATS):
        for place, page in enumerate(pages):
            started = time.process_time()
            peer.read(page)
            best[place] = min(best[place], time.process_time() - started)
        if time.process_time() - begun > _ENOUGH_S:
            break
    return len(pages) / max(1e-9, sum(best))


def truths(data: Path) -> list[Truth]:
    found = []
    for line in (data / "tables.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        html = (data / row["html"]).read_bytes()
        grid = [[cell or "" for cell in cells] for cells in row["grid"]]
        found.append(Truth(html=html, grid=grid, merged=bool(row["merged_cells"])))
    return found


def cell_f1(peer: Peer, tables: Sequence[Truth]) -> float:
    """F1 over (table, row, column, text); of a page's tables the one that fits best counts."""
    right = found = wanted = 0
    for table in tables:
        truth = _places(table.grid)
        grids = peer.grids(table.html) if peer.grids else []
        candidates = [_places(grid) for grid in grids] or [frozenset()]
        best = max(candidates, key=lambda places: len(places & truth))
        right, found, wanted = right + len(best & truth), found + len(best), wanted + len(truth)
    return 2 * right / max(1, found + wanted)


def _places(grid: Grid) -> frozenset[tuple[int, int, str]]:
    cells = [(y, x, "".join(cell.split())) for y, row in enumerate(grid) for x, cell in enumerate(row)]
    return frozenset(cell for cell in cells if cell[2])


def _memory(pages: Sequence[bytes]) -> float:
    largest = max(pages, key=len)
    tracemalloc.start()
    read_page(largest, source="file:///m/page.html", version=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / len(largest)


def _read(page: bytes) -> object:
    return read_page(page, source="file:///m/page.html", version=1)


def _grids(page: bytes) -> list[Grid]:
    document = read_page(page, source="file:///m/page.html", version=1)
    blocks = [block for section in document.sections for block in section.blocks]
    return [[list(row) for row in block.grid] for block in blocks if isinstance(block, Table)]


def _row(work: str, who: str, metric: str, value: float, unit: str) -> Row:
    return {"work": work, "who": who, "metric": metric, "value": round(value, 4), "unit": unit}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
