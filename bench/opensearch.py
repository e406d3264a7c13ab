"""The OpenSearch index on a real node: bulk loading beside raw `_bulk`, questions, and how well views find.

    python -m bench.opensearch DATA      # a folder with html/ and questions.jsonl; the samples without

Starts a node of its own, or takes the one at OPENSEARCH_URL. Another benchmark gets its node by
`with node_url() as url:` and its index by `OpenSearchIndex(Cluster(url), name, views, Manifest())`.
Writes .ragtune/bench/opensearch.json, a list of {"work", "who", "metric", "value", "unit"}.
"""

import argparse
import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import count, cycle
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import numpy as np

from emulator.opensearch import NodeMissing, SearchNode, prepare
from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.kiwi import Kiwi
from ragtune.adapters.opensearch import Cjk, Cluster, Nori, OpenSearchIndex
from ragtune.adapters.opensearch.bulk import BODY_BYTES
from ragtune.adapters.opensearch.records import head_lines
from ragtune.adapters.opensearch.views import OnNode
from ragtune.adapters.opensearch.writer import Ready, Writer, batches
from ragtune.analysis import Bigrams, normalise
from ragtune.chunking import chunks
from ragtune.documents import PUBLIC
from ragtune.errors import UnreadablePage
from ragtune.evaluation.retrieval import Judged, Outcome, estimate, gain, rank, read_questions, subsets
from ragtune.manifest import Manifest
from ragtune.manuals import read_page
from ragtune.ports import Access, Analyzer, Entry, Index, Term
from ragtune.retrieval import Retriever
from ragtune.settings import RetrievalSettings, load_settings

Row = dict[str, str | float]
_OUT = Path(".ragtune/bench/opensearch.json")
_STATE = Path(".ragtune/opensearch")
_ACCESS = Access(labels=frozenset({PUBLIC}), day=date.today().isoformat())
_ROUNDS = 5
_CHUNKS = 1_500  # about, of a bulk load
_TIMED = 150  # questions
_LEGS = {"": 0.5, "_head": 0.15}
_NAMES = count()


class Words(OnNode):
    """A peer: words that one of Lucene's analysers takes apart, all at full weight."""

    def __init__(self, analyzer: str) -> None:
        self.name = self.analyzer = analyzer
        self.version = "1"

    def tokens(self, text: str) -> list[str]:
        """Words between spaces."""
        return normalise(text).split()

    def terms(self, question: str) -> list[Term]:
        """Every word at full weight."""
        return [Term(text=word) for word in self.tokens(question)]


@contextmanager
def node_url() -> Iterator[str]:
    """The node at OPENSEARCH_URL, or one for as long as the block takes. Raises NodeMissing."""
    if os.environ.get("OPENSEARCH_URL"):
        yield os.environ["OPENSEARCH_URL"]
        return
    jars = prepare(_STATE)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_STATE) as folder:
        node = SearchNode(jars, Path(folder))
        try:
            yield node.url
        finally:
            node.kill()


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 0 also where no node can run, which is said."""
    parser = argparse.ArgumentParser(prog="python -m bench.opensearch", description="Measure OpenSearch.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with html/ and questions.jsonl")
    given = parser.parse_args(arguments)
    pages = given.data / "html" if given.data else Path("samples/manuals")
    asked = given.data / "questions.jsonl" if given.data else Path("samples/questions/evaluation.jsonl")
    try:
        with node_url() as url:
            rows = measure(url, _read(pages), read_questions(asked))
    except NodeMissing as error:
        _say(f"skipped: {error}")
        return 0
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    for row in rows:
        _say(f"{row['who']:28} {row['work']:30} {row['metric']:24} {row['value']:>10} {row['unit']}")
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """What is measured under one name: views of an index with weights of their legs."""

    who: str
    index: Index
    views: tuple[Analyzer, ...]
    weights: dict[str, float]


def measure(url: str, entries: Sequence[Entry], questions: Sequence[Judged]) -> list[Row]:
    """Every row."""
    rows = _bulk(url, (Nori(), Cjk()), _enough(entries))
    settings = load_settings(Path("config/local.toml")).retrieval
    outcomes: dict[str, list[Outcome]] = {}
    with tempfile.TemporaryDirectory() as folder:
        node = _index(url, (Nori(), Cjk(), Bigrams(), Words("standard")))  # one index, a field a view
        embedded = EmbeddedIndex(Path(folder), (Kiwi(), Bigrams()), Manifest())
        for index in (node, embedded):
            list(index.put(entries))
        for one in _contenders(embedded, node):
            found, outcomes[one.who] = _finding(one, questions, settings)
            rows += found
        node._cluster.ask("DELETE", f"/{node.made.physical}")
        node.close()
        embedded.close()
    for who in ("ragtune nori + cjk", "ragtune nori + bigram"):
        told = gain(outcomes[who], outcomes["ragtune embedded"], "nDCG@10")
        interval = f"[{told.low:+.3f}, {told.high:+.3f}]"
        rows.append(_row("find, overall", who, "nDCG@10 over embedded", told.value, interval))
    return rows


def _contenders(embedded: Index, node: Index) -> Iterator[Contender]:
    pairs: dict[str, tuple[Index, tuple[Analyzer, ...]]] = {
        "ragtune embedded": (embedded, (Kiwi(), Bigrams())),
        "ragtune nori + cjk": (node, (Nori(), Cjk())),
        "ragtune nori + bigram": (node, (Nori(), Bigrams())),
        "ragtune bigram": (node, (Bigrams(),)),
    }
    for who, (index, views) in pairs.items():
        weights = {f"{view.name}{part}": share for view in views for part, share in _LEGS.items()}
        yield Contender(who=who, index=index, views=views, weights=weights)
    plain = {"nori": Nori((), 1.0), "cjk": Cjk(1.0), "standard": Words("standard")}
    for name, view in plain.items():
        yield Contender(who=f"{name} BM25", index=node, views=(view,), weights={name: 1.0})


def _read(pages: Path) -> list[Entry]:
    entries = []
    for path in sorted(pages.rglob("*.html")):
        try:
            page = read_page(path.read_bytes(), source=path.absolute().as_uri(), version=1)
        except UnreadablePage:
            continue
        entries.append(Entry(document=page, chunks=chunks(page, max_chars=500)))
    return entries


def _enough(entries: Sequence[Entry]) -> list[Entry]:
    """The first of `entries`, as often as it takes, under other sources."""
    made: list[Entry] = []
    for number, one in zip(count(), cycle(entries), strict=False):
        page = replace(one.document, source=f"{one.document.source}?{number}")
        parts = tuple(replace(each, document_id=page.id, source=page.source) for each in one.chunks)
        made.append(Entry(document=page, chunks=parts))
        if sum(len(each.chunks) for each in made) >= _CHUNKS:
            break
    return made


def _index(url: str, views: Sequence[Analyzer]) -> OpenSearchIndex:
    return OpenSearchIndex(Cluster(url), f"bench{os.getpid()}x{next(_NAMES)}", views, Manifest())


def _bulk(url: str, views: Sequence[Analyzer], entries: Sequence[Entry]) -> list[Row]:
    """Chunks a second: raw posts of bodies made beforehand, the index's writing of them, and all of `put`."""
    work = f"bulk, {' + '.join(view.name for view in views)}"
    ready = list(Writer(Cluster(url), "unused", views).prepared(entries))
    bodies = _bodies(ready)
    total = sum(len(one.chunks) for one in entries)
    seconds: dict[str, list[float]] = {}
    for turn in range(_ROUNDS + 1):
        for who, load in (
            ("raw _bulk", lambda index: _post(url, index.made.physical, bodies)),
            ("ragtune, prepared", lambda index: _write(index, ready)),
            ("ragtune", lambda index: list(index.put(entries))),
        ):
            index = _index(url, views)
            started = time.perf_counter()
            load(index)
            if turn:  # the first one warms the node up
                seconds.setdefault(who, []).append(time.perf_counter() - started)
            index._cluster.ask("DELETE", f"/{index.made.physical}")
            index.close()
    rows = [
        _row(work, who, "chunks/s, median of 5", total / median(taken), "1/s")
        for who, taken in seconds.items()
    ]
    for who in ("ragtune, prepared", "ragtune"):
        ratios = [raw / own for raw, own in zip(seconds["raw _bulk"], seconds[who], strict=True)]
        spread = f"of raw [{min(ratios):.2f}, {max(ratios):.2f}]"
        rows.append(_row(work, who, "speed, median of pairs", median(ratios), spread))
    return rows


def _bodies(ready: Sequence[Ready]) -> list[bytes]:
    """What `ready` says, heads included, in bodies as large as the index sends them."""
    lines = [b"".join(item) for one in ready for item in (*one.items, head_lines(one.standing))]
    bodies, body = [], b""
    for line in lines:
        if body and len(body) + len(line) > BODY_BYTES:
            bodies.append(body)
            body = b""
        body += line
    return [*bodies, body]


def _post(url: str, physical: str, bodies: Sequence[bytes]) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    for place, body in enumerate(bodies):
        last = "?refresh=true" if place == len(bodies) - 1 else ""  # found when it returns, as with ours
        connection.request("POST", f"/{physical}/_bulk{last}", body, {"content-type": "application/x-ndjson"})
        answer = json.loads(connection.getresponse().read())
        assert answer["errors"] is False  # noqa: S101 - else it measures nothing
    connection.close()


def _write(index: OpenSearchIndex, ready: Sequence[Ready]) -> None:
    writer = index.writer()
    for batch in batches(ready):
        writer.write(batch)


def _finding(
    one: Contender, questions: Sequence[Judged], settings: RetrievalSettings
) -> tuple[list[Row], list[Outcome]]:
    who, index = one.who, one.index
    retriever = Retriever(index, one.views, replace(settings, weights=one.weights))
    wall, cpu = [], []
    for judged in questions[:_TIMED]:
        started, used = time.perf_counter(), time.process_time()
        retriever.passages(judged.question, _ACCESS, 5)
        wall.append((time.perf_counter() - started) * 1e3)
        cpu.append((time.process_time() - used) * 1e3)
    rows = [
        _row("query", who, f"p{p} {kind}", float(np.percentile(times, p)), "ms")
        for kind, times in (("wall", wall), ("CPU of the client", cpu))
        for p in (50, 99)
    ]
    outcomes = rank(retriever, index, questions, _ACCESS)
    for name, part in subsets(outcomes).items():
        for metric in ("R@1", "R@5", "R@10", "nDCG@10"):
            found = estimate(part, metric)
            interval = f"share [{found.low:.3f}, {found.high:.3f}] n={len(part)}"
            rows.append(_row(f"find, {name}", who, metric, found.value, interval))
    return rows, outcomes


def _row(work: str, who: str, metric: str, value: float, unit: str) -> Row:
    return {"work": work, "who": who, "metric": metric, "value": round(value, 4), "unit": unit}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
