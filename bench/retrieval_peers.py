"""What retrieval is measured beside: plain BM25 over other tokens, LangChain's default splitter, a real node.

    for peer in peers(settings): peer.who        # "nori BM25", "LangChain's default splitter + BM25", …

A peer that can't run here says why instead.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.kiwi import Kiwi
from ragtune.adapters.opensearch import Cjk, Nori, OpenSearchIndex, cluster_at
from ragtune.analysis import QUESTION_WORD_WEIGHT, Bigrams, content_length, normalise
from ragtune.documents import Chunk, Document, Table
from ragtune.manifest import Manifest
from ragtune.ports import Analyzer, Entry, Index, Term
from ragtune.settings import RetrievalSettings
from ragtune.tables import heading, sentences

_WORD = re.compile(r"[^\W_]+")
_NODE_INDEX = "bench-retrieval"
OURS, OURS_ON_NODE = "ragtune", "ragtune's own tokens on OpenSearch"


class Whitespace:
    """Words as they stand between spaces."""

    name = "whitespace"
    version = "1"

    def tokens(self, text: str) -> list[str]:
        """Words of `text`."""
        return normalise(text).split()

    def terms(self, question: str) -> list[Term]:
        """Every word at full weight."""
        return [Term(text=word) for word in self.tokens(question)]


class Standard(Whitespace):
    """Words without punctuation, as Lucene's standard analyser has them for Korean."""

    name = "standard"

    def tokens(self, text: str) -> list[str]:
        """Words of `text`."""
        return _WORD.findall(normalise(text))


class Before(Bigrams):
    """Bigrams as the recipe had them: without the tokens of ranges."""

    version = "1"

    def tokens(self, text: str) -> list[str]:
        """Bigrams of `text`."""
        return [token for token in super().tokens(text) if token[:2] not in ("zr", "zo")]


class Stems(Standard):
    """Words without the particles and endings that rules find."""

    name = "stem"

    def tokens(self, text: str) -> list[str]:
        """Words of `text`."""
        return [term.text for term in self.terms(text)]

    def terms(self, question: str) -> list[Term]:
        """Words of `question`; those that only ask, whole and at their small weight."""
        words = _WORD.findall(normalise(question))
        lengths = [content_length(word) for word in words]
        return [
            Term(text=word[:length] or word, weight=1.0 if length else QUESTION_WORD_WEIGHT)
            for word, length in zip(words, lengths, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """What is measured under one name; `cut` makes its chunks where they aren't ours."""

    who: str
    analyzers: tuple[Analyzer, ...]
    settings: RetrievalSettings
    on_node: bool = False
    cut: Callable[[Entry], Entry] | None = None

    @property
    def ours(self) -> bool:
        return self.who.startswith("ragtune")


def contenders(settings: RetrievalSettings) -> list[Contender]:
    """Ours with kiwi and without, the recipe it grew from, a node's analysers, plain BM25, LangChain."""
    head = settings.weights.get("bigram_head", 0.0)
    on_node = replace(settings, weights={"nori": 0.5, "cjk": 0.5, "nori_head": head, "cjk_head": head})
    found = [
        Contender(who=OURS, analyzers=(Kiwi(), Bigrams()), settings=settings),
        Contender(who="ragtune without kiwi", analyzers=(Bigrams(),), settings=settings),
        _recipe("the recipe", (Kiwi(), Before()), settings),
        _recipe("the recipe without kiwi", (Before(),), settings),
        _recipe("the recipe with stems for kiwi", (Stems(), Before()), settings),
        Contender(who="ragtune on OpenSearch", analyzers=(Nori(), Cjk()), settings=on_node, on_node=True),
        Contender(who=OURS_ON_NODE, analyzers=(Kiwi(), Bigrams()), settings=settings, on_node=True),
        _plain("plain nori BM25", Nori(question_word_weight=1.0), settings, on_node=True),
        _plain("plain bigram BM25", Bigrams(1.0), settings),
        _plain("plain standard BM25", Standard(), settings),
        _plain("plain whitespace BM25", Whitespace(), settings),
    ]
    langchain = _plain("LangChain's default splitter + BM25", Whitespace(), settings)
    return [*found, replace(langchain, cut=_langchain)]


def _recipe(who: str, views: tuple[Analyzer, ...], settings: RetrievalSettings) -> Contender:
    weights = {view.name: 0.5 for view in views} | {f"{view.name}_head": 0.1 for view in views}
    return Contender(who=who, analyzers=views, settings=replace(settings, weights=weights))


def _plain(who: str, view: Analyzer, settings: RetrievalSettings, *, on_node: bool = False) -> Contender:
    own = RetrievalSettings(weights={view.name: 1.0}, hits=settings.hits)
    return Contender(who=who, analyzers=(view,), settings=own, on_node=on_node)


def missing(one: Contender, node: str) -> str:
    """Why it can't be measured here, "" where it can."""
    if one.on_node and not node:
        return "no OpenSearch node: `make opensearch`, then OPENSEARCH_URL=http://127.0.0.1:9201"
    if one.cut:
        try:
            import langchain_text_splitters  # noqa: F401, PLC0415
        except ImportError:
            return "langchain-text-splitters is in .venv-bench alone: run with .venv-bench/bin/python"
    return ""


def node_url() -> str:
    """The node of OPENSEARCH_URL, "" if there is none."""
    return os.environ.get("OPENSEARCH_URL", "").rstrip("/")


@contextmanager
def opened(one: Contender, node: str) -> Iterator[Index]:
    """An empty index for the contender; removed afterwards."""
    if one.on_node:
        cluster, name = cluster_at(f"opensearch+{node}/{_NODE_INDEX}", timeout_s=120.0, patience_s=300.0)
        cluster.ask("DELETE", f"/{name}-*?expand_wildcards=all")
        index: Index = OpenSearchIndex(cluster, name, one.analyzers, Manifest())
        try:
            yield index
        finally:
            index.close()
            cluster.ask("DELETE", f"/{name}-*?expand_wildcards=all")
        return
    with tempfile.TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder), one.analyzers, Manifest())
        try:
            yield index
        finally:
            index.close()


def _langchain(entry: Entry) -> Entry:
    """The page as one text, cut as LangChain does when nothing is said (4,000 characters, 200 twice)."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415

    page = entry.document
    texts = RecursiveCharacterTextSplitter().split_text(_text(page))
    made = tuple(
        Chunk(
            document_id=page.id,
            version=page.version,
            ordinal=ordinal,
            title=page.title,
            path=(),
            text=text,
            source=page.source,
        )
        for ordinal, text in enumerate(texts)
    )
    return Entry(document=page, chunks=made)


def _text(page: Document) -> str:
    parts: list[str] = []
    for section in page.sections:
        parts += section.path[-1:]
        for block in section.blocks:
            if isinstance(block, Table):
                parts += filter(None, (heading(block), *sentences(block), *block.footnotes))
            else:
                parts.append(block.text)
    return "\n\n".join(parts)
