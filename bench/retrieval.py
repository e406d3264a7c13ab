"""Retrieval measured on pages and questions at hand, beside the recipe it grew from and its peers.

    python -m bench.retrieval DATA          # a folder with html/ and questions.jsonl

"ragtune, nested" chooses its few numbers on four fifths of the documents for the questions on the others.
Long pages are asked about by `ragtune evaluate questions`' rules, on the half that no default was chosen on.

Writes .ragtune/bench/retrieval.json, a list of {"work": "R@1 abstractive", "who": "ragtune",
"metric": "R@1", "value": 0.82, "unit": "share"}, and prints it as a table.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from bench.retrieval_peers import OURS, OURS_ON_NODE, Contender, contenders, missing, node_url, opened
from ragtune.adapters.kiwi import Kiwi
from ragtune.analysis import Bigrams
from ragtune.chunking import chunks
from ragtune.documents import PUBLIC
from ragtune.errors import IndexUnavailable, UnreadablePage
from ragtune.evaluation import manual_questions, sizes
from ragtune.evaluation.abstention import at, best_point, curve, halves, leave_out
from ragtune.evaluation.retrieval import (
    METRICS,
    Judged,
    Outcome,
    estimate,
    gain,
    held_out,
    nested,
    rank,
    read_questions,
    subsets,
    summary,
)
from ragtune.extractive import Extractive
from ragtune.manuals import read_page
from ragtune.ports import Access, Entry, Index
from ragtune.retrieval import Retriever
from ragtune.settings import Settings, load_settings

Row = dict[str, str | float]
_OUT = Path(".ragtune/bench/retrieval.json")
_ACCESS = Access(labels=frozenset({PUBLIC}), day=date.today().isoformat())


_HEADS = (0.1, 0.15, 0.2)  # what nested choice may choose of
_QUESTION_WORDS = (0.2, 0.25)
_BASELINES = (
    "the recipe",
    "the recipe without kiwi",
    "plain bigram BM25",
    "plain nori BM25",
    "LangChain's default splitter + BM25",
)


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
        _say(f"{row['who']:36} {row['work']:60} {row['metric']:26} {row['value']:>10} {row['unit']}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def measure(pages: Path, asked: Path, settings: Settings) -> list[Row]:
    """Every row: reading, then each contender's index, questions, long pages and (ours) abstention."""
    rows, entries = _read(pages, settings.chunking.max_chars)
    questions = read_questions(asked)
    long = _long_pages(pages, entries)
    outcomes: dict[str, list[Outcome]] = {}
    trials: dict[str, list[sizes.Trial]] = {}
    tens: dict[str, list[list[str]]] = {}
    node = node_url()
    for one in contenders(settings.retrieval):
        reason = missing(one, node)
        if reason:
            _say(f"skipped: {one.who}: {reason}")
            continue
        own = [one.cut(entry) for entry in entries] if one.cut else entries
        try:
            with opened(one, node) as index:
                found, outcomes[one.who] = _contender(one, index, own, questions)
                rows += found
                _say(f"{one.who}: {summary(outcomes[one.who])}")
                if not one.cut:
                    trials[one.who] = _asked_long(one, index, own, long)
                if one.who in (OURS, OURS_ON_NODE):
                    tens[one.who] = _tens(one, index, questions)
                if one.who == OURS:
                    outcomes["ragtune, nested"] = _nested(one, index, questions)
                    rows += _quality("ragtune, nested", outcomes["ragtune, nested"])
        except IndexUnavailable as error:  # a node's trouble must not cost the others' hour
            _say(f"broken off: {one.who}: {error}")
    return rows + _same(tens) + _gains(outcomes) + _long_rows(trials)


def _nested(one: Contender, index: Index, questions: Sequence[Judged]) -> list[Outcome]:
    ways = {}
    for head in _HEADS:
        for weight in _QUESTION_WORDS:
            weights = one.settings.weights | {f"{view.name}_head": head for view in one.analyzers}
            views = (Kiwi(question_word_weight=weight), Bigrams(weight))
            finder = Retriever(index, views, replace(one.settings, weights=weights))
            ways[f"head {head}, question words {weight}"] = rank(finder, index, questions, _ACCESS)
    found, chosen = nested(ways)
    _say(f"nested choice: {'; '.join(chosen)}")
    return found


def _tens(one: Contender, index: Index, questions: Sequence[Judged]) -> list[list[str]]:
    """The ten best chunks of each question."""
    finder = Retriever(index, one.analyzers, one.settings)
    return [[hit.chunk_id for hit in finder.ranked(each.question, _ACCESS)[:10]] for each in questions]


def _same(tens: dict[str, list[list[str]]]) -> list[Row]:
    """How many questions find the same ten, in the same order, embedded and on a node."""
    if OURS_ON_NODE not in tens:
        return []
    pairs = list(zip(tens[OURS], tens[OURS_ON_NODE], strict=True))
    share = sum(own == other for own, other in pairs) / len(pairs)
    return [_row("find, overall", OURS_ON_NODE, "same ten as embedded", share, f"share n={len(pairs)}")]


def _long_pages(pages: Path, entries: Sequence[Entry]) -> list[manual_questions.ManualQuestion]:
    prefix = f"{pages.absolute().as_uri()}/"
    named = [(entry.document.source.removeprefix(prefix), entry.document) for entry in entries]
    asked = manual_questions.build(named, min_chars=3_000)
    return [one for one in asked if held_out(one.judged.document)]


def _asked_long(
    one: Contender,
    index: Index,
    entries: Sequence[Entry],
    questions: Sequence[manual_questions.ManualQuestion],
) -> list[sizes.Trial]:
    finder = Retriever(index, one.analyzers, one.settings)
    sections = sizes.sections_of(entries)
    return sizes.ask(questions, finder, index, sections, _ACCESS, sizes.Budget(chars=2_000))


def _long_rows(trials: dict[str, list[sizes.Trial]]) -> list[Row]:
    rows = []
    for who, own in trials.items():
        for metric in sizes.METRICS:
            found = sizes.estimate(own, metric)
            interval = f"share [{found.low:.3f}, {found.high:.3f}] n={len(own)}"
            rows.append(_row("find, long pages", who, metric, found.value, interval))
        if who != "ragtune":
            found = sizes.gain(trials["ragtune"], own, "section@1")
            interval = f"[{found.low:+.3f}, {found.high:+.3f}]"
            rows.append(
                _row(f"ragtune over {who}, long pages", "ragtune", "section@1", found.value, interval)
            )
    return rows


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
    one: Contender, index: Index, entries: Sequence[Entry], questions: Sequence[Judged]
) -> tuple[list[Row], list[Outcome]]:
    one.analyzers[0].tokens("첫")  # a model is loaded before the clock starts
    rows = _indexing(one.who, index, entries)
    retriever = Retriever(index, one.analyzers, one.settings)
    rows += _speed(one.who, retriever, questions)
    outcomes = rank(retriever, index, questions, _ACCESS)
    rows += _quality(one.who, outcomes)
    if one.ours and not one.on_node:
        rows += _abstention(one, index, retriever, questions)
    return rows, outcomes


def _indexing(who: str, index: Index, entries: Sequence[Entry]) -> list[Row]:
    count = sum(len(entry.chunks) for entry in entries)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in index.put(entries):
        pass
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return [
        _row("index", who, "chunks/s wall", count / wall, "1/s"),
        _row("index", who, "chunks/s CPU", count / cpu, "1/s"),
        _row("index", who, "size", int(str(index.info().get("bytes", 0))) / 1e6, "MB"),
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


def _abstention(one: Contender, index: Index, retriever: Retriever, questions: Sequence[Judged]) -> list[Row]:
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
    rows = []
    for ours in ("ragtune", "ragtune, nested", "ragtune without kiwi"):
        for who in (name for name in _BASELINES if name in outcomes):
            for name, part in subsets(outcomes[ours]).items():
                for metric in ("R@1", "nDCG@10"):
                    found = gain(part, subsets(outcomes[who])[name], metric)
                    interval = f"[{found.low:+.3f}, {found.high:+.3f}]"
                    rows.append(_row(f"{ours} over {who}, {name}", ours, metric, found.value, interval))
    return rows


def _row(work: str, who: str, metric: str, value: float, unit: str) -> Row:
    return {"work": work, "who": who, "metric": metric, "value": round(value, 4), "unit": unit}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
