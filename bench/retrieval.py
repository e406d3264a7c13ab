"""Retrieval measured on pages and questions at hand, beside plain BM25 through the same engine.

    python -m bench.retrieval DATA          # a folder with html/ and questions.jsonl

Writes .ragtune/bench/retrieval.json, a list of {"work": "R@1 abstractive", "who": "ragtune",
"metric": "R@1", "value": 0.82, "unit": "share"}, and prints it as a table.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.kiwi import Kiwi
from ragtune.analysis import Bigrams, normalise
from ragtune.chunking import chunks
from ragtune.documents import PUBLIC
from ragtune.errors import UnreadablePage
from ragtune.evaluation.abstention import at, best_point, curve, halves, leave_out
from ragtune.evaluation.retrieval import (
    METRICS,
    Judged,
    Outcome,
    estimate,
    gain,
    rank,
    read_questions,
    subsets,
)
from ragtune.extractive import Extractive
from ragtune.manifest import Manifest
from ragtune.manuals import read_page
from ragtune.ports import Access, Analyzer, Entry, Term
from ragtune.retrieval import Retriever
from ragtune.settings import RetrievalSettings, Settings, load_settings

Row = dict[str, str | float]
_OUT = Path(".ragtune/bench/retrieval.json")
_ACCESS = Access(labels=frozenset({PUBLIC}), day=date.today().isoformat())


class Whitespace:
    """A peer: words as they stand between spaces."""

    name = "whitespace"
    version = "1"

    def tokens(self, text: str) -> list[str]:
        """Words of `text`."""
        return normalise(text).split()

    def terms(self, question: str) -> list[Term]:
        """Every word at full weight."""
        return [Term(text=word) for word in self.tokens(question)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """What is measured under one name."""

    who: str
    analyzers: tuple[Analyzer, ...]
    settings: RetrievalSettings


def contenders(settings: RetrievalSettings) -> list[Contender]:
    """Ours with and without kiwi, then plain BM25 of one view without any question treatment."""
    plain = {
        name: RetrievalSettings(weights={name: 1.0}, hits=settings.hits) for name in ("bigram", "whitespace")
    }
    return [
        Contender(who="ragtune", analyzers=(Kiwi(), Bigrams()), settings=settings),
        Contender(who="ragtune without kiwi", analyzers=(Bigrams(),), settings=settings),
        Contender(who="plain bigram BM25", analyzers=(Bigrams(1.0),), settings=plain["bigram"]),
        Contender(who="plain whitespace BM25", analyzers=(Whitespace(),), settings=plain["whitespace"]),
    ]


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 0 also when the data is not there, which is said."""
    parser = argparse.ArgumentParser(prog="python -m bench.retrieval", description="Measure retrieval.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with html/ and questions.jsonl")
    parser.add_argument("--config", type=Path, default=Path("config/local.toml"))
    given = parser.parse_args(arguments)
    if given.data is None or not (given.data / "questions.jsonl").exists():
        _say(f"skipped: no pages and questions at {given.data}; name their folder (make: DATA=folder)")
        return 0
    rows = measure(given.data / "html", given.data / "questions.jsonl", load_settings(given.config))
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    for row in rows:
        _say(f"{row['who']:24} {row['work']:32} {row['metric']:26} {row['value']:>10} {row['unit']}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def measure(pages: Path, asked: Path, settings: Settings) -> list[Row]:
    """Every row: reading, then each contender's index, questions and (ours) abstention."""
    rows, entries = _read(pages, settings.chunking.max_chars)
    questions = read_questions(asked)
    outcomes: dict[str, list[Outcome]] = {}
    for one in contenders(settings.retrieval):
        with tempfile.TemporaryDirectory() as folder:
            found, outcomes[one.who] = _contender(one, Path(folder), entries, questions)
            rows += found
    return rows + _gains(outcomes)


def _read(pages: Path, max_chars: int) -> tuple[list[Row], list[Entry]]:
    entries, aside, started = [], 0, time.process_time()
    for path in sorted(pages.rglob("*.html")):
        try:
            page = read_page(path.read_bytes(), source=path.absolute().as_uri(), version=1)
        except UnreadablePage:
            aside += 1
            continue
        entries.append(Entry(document=page, chunks=chunks(page, max_chars=max_chars)))
    taken = time.process_time() - started
    who = "ragtune"
    return [
        _row("read", who, "pages/s CPU", len(entries) / taken, "1/s"),
        _row("read", who, "pages", len(entries), "pages"),
        _row("read", who, "set aside", aside, "pages"),
        _row("read", who, "chunks", sum(len(entry.chunks) for entry in entries), "chunks"),
    ], entries


def _contender(
    one: Contender, folder: Path, entries: Sequence[Entry], questions: Sequence[Judged]
) -> tuple[list[Row], list[Outcome]]:
    one.analyzers[0].tokens("첫")  # a model is loaded before the clock starts
    index = EmbeddedIndex(folder, one.analyzers, Manifest())
    rows = _indexing(one.who, index, entries)
    retriever = Retriever(index, one.analyzers, one.settings)
    rows += _speed(one.who, retriever, questions)
    outcomes = rank(retriever, index, questions, _ACCESS)
    rows += _quality(one.who, outcomes)
    if not one.who.startswith("plain"):
        rows += _abstention(one, index, retriever, questions)
    index.close()
    return rows, outcomes


def _indexing(who: str, index: EmbeddedIndex, entries: Sequence[Entry]) -> list[Row]:
    count = sum(len(entry.chunks) for entry in entries)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in index.put(entries):
        pass
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return [
        _row("index", who, "chunks/s wall", count / wall, "1/s"),
        _row("index", who, "chunks/s CPU", count / cpu, "1/s"),
        _row("index", who, "size", int(str(index.info()["bytes"])) / 1e6, "MB"),
    ]


def _speed(who: str, retriever: Retriever, questions: Sequence[Judged]) -> list[Row]:
    times = []
    for judged in questions:
        started = time.process_time()
        retriever.passages(judged.question, _ACCESS, 5)
        times.append((time.process_time() - started) * 1e3)
    return [_row("query", who, f"p{p} CPU", float(np.percentile(times, p)), "ms") for p in (50, 99)]


def _quality(who: str, outcomes: Sequence[Outcome]) -> list[Row]:
    rows = []
    for name, part in subsets(outcomes).items():
        for metric in METRICS:
            found = estimate(part, metric)
            interval = f"share [{found.low:.3f}, {found.high:.3f}] n={len(part)}"
            rows.append(_row(f"find, {name}", who, metric, found.value, interval))
    return rows


def _abstention(
    one: Contender, index: EmbeddedIndex, retriever: Retriever, questions: Sequence[Judged]
) -> list[Row]:
    support = Extractive(index, one.analyzers[-1]).support
    trials = leave_out(retriever, support, index, questions, _ACCESS, one.settings.passages)
    development, held_out = halves(trials)
    chosen = best_point(curve(development))
    rows = []
    for name, part in (("development", development), ("held out", held_out)):
        point = at(part, chosen.threshold)
        work, reached = f"abstain, {name} (n={len(part)})", f"at {point.threshold}"
        rows.append(_row(work, one.who, f"false answers {reached}", point.false_answers, "share"))
        rows.append(_row(work, one.who, f"false abstentions {reached}", point.false_abstentions, "share"))
    return rows


def _gains(outcomes: dict[str, list[Outcome]]) -> list[Row]:
    ours, *others = outcomes
    rows = []
    for who in others:
        for name, part in subsets(outcomes[ours]).items():
            theirs = subsets(outcomes[who])[name]
            found = gain(part, theirs, "nDCG@10")
            interval = f"[{found.low:+.3f}, {found.high:+.3f}]"
            rows.append(_row(f"{ours} over {who}, {name}", ours, "gain in nDCG@10", found.value, interval))
    return rows


def _row(work: str, who: str, metric: str, value: float, unit: str) -> Row:
    return {"work": work, "who": who, "metric": metric, "value": round(value, 4), "unit": unit}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
