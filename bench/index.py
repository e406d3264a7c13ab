"""The embedded index alone: how fast it takes chunks, opens and answers, from 10,000 to 500,000 chunks.

    python -m bench.index [--most 500000] [--plot docs/index-growth.svg]

Synthetic pages (see bench.synthetic), the same for everyone, two views (words and character bigrams) without
a model, a caller that sees nine chunks in ten. Questions are asked to everyone in turn. The times are of the
processor; wall time stands beside it where the disk matters. Writes .ragtune/bench/index.json, rows such as
{"work": "question, 10000 chunks", "who": "ragtune", "metric": "p50 CPU", "value": 1.1, "unit": "ms"}.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import numpy as np

from bench.index_peers import HITS, PASSAGES, BareTantivy, Bm25s, Fts5
from bench.synthetic import CHUNKS_A_PAGE, Words, page, question
from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.evaluation.figures import lines, sheet
from ragtune.manifest import Manifest
from ragtune.ports import Access, Analyzer, Entry
from ragtune.retrieval import Retriever
from ragtune.settings import RetrievalSettings

Row = dict[str, str | float]
Ask = Callable[[str], object]
_OUT = Path(".ragtune/bench/index.json")
_SIZES = (10_000, 30_000, 100_000, 500_000)
_ACCESS = Access(labels=frozenset({"public"}), day="2026-11-22")
_VIEWS: tuple[Analyzer, ...] = (Words(), Bigrams())
_SETTINGS = RetrievalSettings(weights={"word": 0.5, "bigram": 0.5}, hits=HITS)
_WARM = 10  # questions before the clock starts
_FAR, _FAR_WARM = 30, 2  # questions to those who may take seconds for one
_OURS, _BARE, _OPEN = "ragtune", "tantivy alone, filtered", "tantivy alone, unfiltered"
_COLD = """
import resource, sys, time
from pathlib import Path
from bench.index import opened, retriever, _ACCESS
from bench.synthetic import question
asked = question(0, 100)
imported, wall = time.process_time(), time.perf_counter()
index = opened(Path(sys.argv[1]))
cpu, wall = time.process_time() - imported, time.perf_counter() - wall
retriever(index).passages(asked, _ACCESS, 10)
first = time.process_time() - imported - cpu
print(cpu * 1e3, wall * 1e3, first * 1e3, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


def opened(folder: Path, views: Sequence[Analyzer] = _VIEWS) -> EmbeddedIndex:
    """The index that is measured."""
    return EmbeddedIndex(folder, views, Manifest())


def retriever(index: EmbeddedIndex) -> Retriever:
    """Both legs, fused."""
    return Retriever(index, _VIEWS, _SETTINGS)


def main(arguments: Sequence[str]) -> int:
    """Measure, print, write; draw where `--plot` says. A run that is stopped leaves what it has."""
    parser = argparse.ArgumentParser(prog="python -m bench.index", description="Measure the embedded index.")
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="chunks of the largest index")
    parser.add_argument("--plot", type=Path, help="draw the growth there, as SVG")
    given = parser.parse_args(arguments)
    rows: list[Row] = []
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    for row in measure([size for size in _SIZES if size <= given.most] or [given.most]):
        rows.append(row)
        value = f"{row['value']:>12}"
        sys.stdout.write(f"{row['who']:26} {row['work']:30} {row['metric']:28} {value} {row['unit']}\n")
        sys.stdout.flush()
        _OUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
        if given.plot and row["metric"] == "p50 CPU":
            given.plot.write_text(drawn(rows), encoding="utf-8")
    return 0


def measure(sizes: Sequence[int]) -> Iterator[Row]:
    """Each row as soon as it is known. FTS5 and ragtune grow from size to size; bm25s is built anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _without_a_second_view(folder / "bigrams", sizes[0])
        fts5 = Fts5(folder / "fts5.sqlite", _VIEWS)
        for before, size in zip((0, *sizes), sizes, strict=False):
            with closing(opened(folder / "index")) as index:
                pages = range(before // CHUNKS_A_PAGE, size // CHUNKS_A_PAGE)
                work = f"index, {before} to {size} chunks"
                yield from _rates(_OURS, work, pages, lambda entries: list(index.put(entries)))
                yield from _rates("SQLite FTS5", work, pages, fts5.add)
            yield from _cold(folder / "index", size)
            yield from _questions(folder, fts5, size)


def _without_a_second_view(folder: Path, size: int) -> Iterator[Row]:
    """What a machine without kiwi does: bigrams alone."""
    with closing(opened(folder, [Bigrams()])) as index:
        pages = range(size // CHUNKS_A_PAGE)
        yield from _rates(_OURS, "index, bigrams alone", pages, lambda entries: list(index.put(entries)))


def _rates(who: str, work: str, pages: range, write: Callable[[Iterable[Entry]], object]) -> Iterator[Row]:
    """Chunks a second of `write`; making the pages is not counted."""
    made = [0.0, 0.0]  # wall and processor time of it, in s

    def entries() -> Iterator[Entry]:
        for number in pages:
            wall, cpu = time.perf_counter(), time.thread_time()
            entry = page(number)
            made[0] += time.perf_counter() - wall
            made[1] += time.thread_time() - cpu
            yield entry

    wall, cpu = time.perf_counter(), time.process_time()
    write(entries())
    wall, cpu = time.perf_counter() - wall - made[0], time.process_time() - cpu - made[1]
    chunks = len(pages) * CHUNKS_A_PAGE
    yield _row(work, who, "CPU", chunks / cpu, "chunks/s")
    yield _row(work, who, "wall", chunks / wall, "chunks/s")


def _cold(folder: Path, size: int) -> Iterator[Row]:
    """A process of its own opens the index and asks one question."""
    command = [sys.executable, "-c", _COLD, str(folder)]
    said = [subprocess.run(command, capture_output=True, check=True, text=True).stdout for _ in range(5)]  # noqa: S603
    runs = [[float(one) for one in line.split()] for line in said]
    work, told = (
        f"cold open, {size} chunks",
        ("open, CPU", "open, wall", "first question, CPU", "peak memory"),
    )
    for metric, values in zip(told, zip(*runs, strict=True), strict=True):
        yield _row(work, _OURS, metric, float(np.median(values)), "MB" if metric == "peak memory" else "ms")
    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    yield _row(work, _OURS, "on disk", used / 1e6, "MB")


def _questions(folder: Path, fts5: Fts5, size: int) -> Iterator[Row]:
    pages = size // CHUNKS_A_PAGE
    with closing(opened(folder / "index")) as index:
        ours, bare = retriever(index), BareTantivy(folder / "index" / "lexical", _VIEWS, _ACCESS)
        near: dict[str, Ask] = {
            _OURS: lambda asked: ours.passages(asked, _ACCESS, PASSAGES),
            _BARE: bare.filtered,
            _OPEN: bare.unfiltered,
        }
        spent = _interleaved(near, [question(number, pages) for number in range(300)])
    for who, times in spent.items():
        yield from _percentiles(who, size, times)
    for who in (_BARE, _OPEN):
        ratio = float(np.median(spent[_OURS]) / np.median(spent[who]))
        yield _row(f"question, {size} chunks", _OURS, f"× {who}", ratio, "of its p50")
    bm25s = Bm25s(_VIEWS)
    yield from _rates("bm25s", f"index, 0 to {size} chunks", range(pages), bm25s.build)
    far: dict[str, Ask] = {
        "SQLite FTS5": lambda asked: fts5.ask(asked, _ACCESS),
        "bm25s": lambda asked: bm25s.ask(asked, _ACCESS),
    }
    few = [question(number, pages) for number in range(100 if size <= 10_000 else _FAR)]
    for who, times in _interleaved(far, few, warm=_FAR_WARM).items():
        yield from _percentiles(who, size, times)


def _interleaved(
    engines: dict[str, Ask], questions: Sequence[str], warm: int = _WARM
) -> dict[str, list[float]]:
    """Processor time (ms) of each for each question, in turn; the first ones warm up."""
    spent: dict[str, list[float]] = {who: [] for who in engines}
    for number, asked in enumerate([*questions[:warm], *questions]):
        for who, ask in engines.items():
            started = time.process_time()
            ask(asked)
            if number >= warm:
                spent[who].append((time.process_time() - started) * 1e3)
    return spent


def _percentiles(who: str, size: int, times: Sequence[float]) -> Iterator[Row]:
    for percent in (50, 99):
        value = float(np.percentile(times, percent))
        yield _row(f"question, {size} chunks", who, f"p{percent} CPU", value, "ms")


def drawn(rows: Sequence[Row]) -> str:
    """A question's median time over the number of chunks: everyone, then the two that are close."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row["metric"] == "p50 CPU":
            size = float(str(row["work"]).split()[1])
            curves.setdefault(str(row["who"]), []).append((size, float(row["value"])))
    css = files("ragtune.evaluation").joinpath("report.css").read_text(encoding="utf-8")
    close = {who: curve for who, curve in curves.items() if who in (_OURS, _BARE, _OPEN)}
    label = "chunks; median processor time of a question, ms"
    figures = [lines(some, label="growth", x_label=label) for some in (curves, close)]
    return sheet(figures, css, label="a question's time as the index grows")


def _row(work: str, who: str, metric: str, value: float, unit: str) -> Row:
    return {"work": work, "who": who, "metric": metric, "value": round(value, 3), "unit": unit}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
