"""Chunks beside LangChain's RecursiveCharacterTextSplitter: the same pages, index, retriever and questions.

    python -m bench.chunking DATA          # a folder with pages, or with html/

Both get the same text: ours the Document, theirs its headings, prose and table sentences as one string. The
questions are those of `ragtune evaluate questions`, of the half of the pages that no default was chosen on;
`evidence` is the share of the answer in 2,000 characters of passages. Writes .ragtune/bench/chunking.json, a
list of {"work": "find, overall", "who": "ragtune", "metric": "evidence", "value": 0.8, "unit": "share …"}.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from langchain_text_splitters import RecursiveCharacterTextSplitter

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.chunking import chunks
from ragtune.documents import PUBLIC, Chunk, Document, Table
from ragtune.errors import BadInput, UnreadablePage
from ragtune.evaluation.manual_questions import ManualQuestion, build
from ragtune.evaluation.retrieval import held_out
from ragtune.evaluation.sizes import METRICS, Budget, Sections, Trial, ask, by_kind, estimate, gain
from ragtune.manifest import Manifest
from ragtune.manuals import read_page
from ragtune.ports import Access, Entry
from ragtune.retrieval import Retriever
from ragtune.settings import Settings, load_settings
from ragtune.tables import heading, sentences

Row = dict[str, str | float]
Made = tuple[tuple[Chunk, ...], Sections]  # of one page
_OUT = Path(".ragtune/bench/chunking.json")
_ACCESS = Access(labels=frozenset({PUBLIC}), day=date.today().isoformat())
_BUDGET = Budget(chars=2_000)
_MIN_CHARS = 3_000  # of a page that is asked about; where none is so long, all are


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A way to cut a page."""

    who: str
    cut: Callable[[Document], Made]


def contenders(settings: Settings) -> list[Contender]:
    """Ours at the default size, theirs at the same size, with overlap, and larger."""
    size = settings.chunking.max_chars

    def ours(page: Document) -> Made:
        made = chunks(page, max_chars=size)
        return made, {chunk.id: (chunk.path,) for chunk in made}

    return [
        Contender(who="ragtune", cut=ours),
        Contender(who=f"LangChain {size}, no overlap", cut=_splitter(size, 0)),
        Contender(who=f"LangChain {size}, overlap {size // 5}", cut=_splitter(size, size // 5)),
        Contender(who="LangChain 1000, overlap 200", cut=_splitter(1_000, 200)),  # as tutorials have it
    ]


def _splitter(size: int, overlap: int) -> Callable[[Document], Made]:
    splitter = RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=overlap, add_start_index=True)

    def cut(page: Document) -> Made:
        text, spans = as_text(page)
        made, sections = [], {}
        for ordinal, piece in enumerate(splitter.create_documents([text])):
            chunk = Chunk(
                document_id=page.id,
                version=page.version,
                ordinal=ordinal,
                title=page.title,
                path=(),
                text=piece.page_content,
                source=page.source,
            )
            first = piece.metadata["start_index"]
            last = first + len(piece.page_content)
            made.append(chunk)
            # Every section that it touches counts as found: lenient to chunks that hold several.
            sections[chunk.id] = {path for path, start, end in spans if start < last and first < end}
        return tuple(made), sections

    return cut


def as_text(page: Document) -> tuple[str, list[tuple[tuple[str, ...], int, int]]]:
    """The page as one string, and where each section stands in it: (path, first character, end)."""
    parts, spans, at = [], [], 0
    for section in page.sections:
        text = "\n\n".join(_section(section.path, section.blocks))
        spans.append((section.path, at, at + len(text)))
        parts.append(text)
        at += len(text) + 2
    return "\n\n".join(parts), spans


def _section(path: tuple[str, ...], blocks: Sequence[object]) -> Iterator[str]:
    yield from path[-1:]
    for block in blocks:
        if isinstance(block, Table):
            yield "\n".join(filter(None, (heading(block), *sentences(block), *block.footnotes)))
        else:
            yield str(getattr(block, "text", ""))


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 0 also when the data is not there, which is said."""
    parser = argparse.ArgumentParser(prog="python -m bench.chunking", description="Measure chunking.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with pages")
    parser.add_argument("--config", type=Path, default=Path("config/local.toml"))
    given = parser.parse_args(arguments)
    if given.data is None or not given.data.is_dir():
        _say(f"skipped: no pages at {given.data}; name their folder (make: DATA=folder)")
        return 0
    below = given.data / "html"
    rows = measure(below if below.is_dir() else given.data, load_settings(given.config))
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    for row in rows:
        _say(f"{row['who']:30} {row['work']:26} {row['metric']:14} {row['value']:>10} {row['unit']}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def measure(folder: Path, settings: Settings) -> list[Row]:
    """Every row, then our paired gain over each peer."""
    pages = list(_read(folder))
    questions = [one for one in _questions(pages) if held_out(one.judged.document)]
    rows: list[Row] = []
    trials: dict[str, list[Trial]] = {}
    for one in contenders(settings):
        found, trials[one.who] = _contender(one, [page for _, page in pages], questions, settings)
        rows += found
    ours, *others = trials.values()
    for who, theirs in zip(list(trials)[1:], others, strict=True):
        for metric in METRICS:
            gained = gain(ours, theirs, metric)
            interval = f"[{gained.low:+.3f}, {gained.high:+.3f}]"
            rows.append(_row(f"gain over {who}", "ragtune", metric, gained.value, interval))
    return rows


def _read(folder: Path) -> Iterator[tuple[str, Document]]:
    for path in sorted(folder.rglob("*.html")):
        try:
            page = read_page(path.read_bytes(), source=path.absolute().as_uri(), version=1)
        except UnreadablePage:
            continue
        yield str(path.relative_to(folder)), page


def _questions(pages: list[tuple[str, Document]]) -> list[ManualQuestion]:
    try:
        return build(pages, min_chars=_MIN_CHARS)
    except BadInput:
        return build(pages, min_chars=1)


def _contender(
    one: Contender, pages: Sequence[Document], questions: Sequence[ManualQuestion], settings: Settings
) -> tuple[list[Row], list[Trial]]:
    started = time.process_time()
    made = [one.cut(page) for page in pages]
    taken = time.process_time() - started
    entries = [Entry(document=page, chunks=own) for page, (own, _) in zip(pages, made, strict=True)]
    sections = {name: paths for _, own in made for name, paths in own.items()}
    rows = [
        _row("cut", one.who, "chunks/s CPU", len(sections) / taken, "1/s"),
        _row("cut", one.who, "pages/s CPU", len(pages) / taken, "1/s"),
        _row("cut", one.who, "chunks", len(sections), "chunks"),
    ]
    view = Bigrams(settings.retrieval.question_word_weight)
    with tempfile.TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder), [view], Manifest())
        for _ in index.put(entries):
            pass
        rows.append(_row("cut", one.who, "index", int(str(index.info()["bytes"])) / 1e6, "MB"))
        retriever = Retriever(index, [view], settings.retrieval)
        trials = ask(questions, retriever, index, sections, _ACCESS, _BUDGET)
        index.close()
    for kind, part in by_kind(trials).items():
        for metric in METRICS:
            found = estimate(part, metric)
            interval = f"share [{found.low:.3f}, {found.high:.3f}]"
            rows.append(_row(f"find, {kind}", one.who, metric, found.value, interval))
    return rows, trials


def _row(work: str, who: str, metric: str, value: float, unit: str) -> Row:
    return {"work": work, "who": who, "metric": metric, "value": round(value, 4), "unit": unit}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
