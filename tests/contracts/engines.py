"""The implementations of ports.Index and ports.Generations for the suites, each opened the same way."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedGenerations, EmbeddedIndex, Serving
from ragtune.adapters.opensearch import OpenSearchGenerations, OpenSearchIndex
from ragtune.analysis import Bigrams
from ragtune.manifest import Manifest
from ragtune.ports import Embedder, Generations, Index
from tests.contracts.roles import AsRole, callers
from tests.contracts.search_node import cluster

ENGINES = ("embedded", pytest.param("opensearch", marks=pytest.mark.opensearch))
ROLES = tuple(pytest.param(f"as {role}", marks=pytest.mark.opensearch) for role in callers())


@contextmanager
def opened(engine: str, folder: Path, *, embedder: Embedder | None = None) -> Iterator[Index]:
    """An index with one view, bigrams; the same `folder` gives the same index again."""
    index = _open(engine, folder, embedder)
    try:
        yield index
    finally:
        index.close()


def _open(engine: str, folder: Path, embedder: Embedder | None = None, *, chunker: str = "") -> Index:
    if engine == "embedded":
        return EmbeddedIndex(folder / "index", [Bigrams()], Manifest(), embedder=embedder)
    if engine.startswith("as "):
        return AsRole(engine.removeprefix("as "), index_name(folder))
    manifest = Manifest(chunker=chunker)
    return OpenSearchIndex(cluster(), index_name(folder), [Bigrams()], manifest, embedder=embedder)


def index_name(folder: Path) -> str:
    """What the indexes of that folder are called on OpenSearch."""
    return "t" + hashlib.sha256(str(folder).encode()).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The indexes under one name, as a process with its settings sees them."""

    generations: Generations
    index: Index  # whichever serves


@contextmanager
def deployed(engine: str, folder: Path, *, chunker: str = "page") -> Iterator[Deployed]:
    """`chunker` is the setting in which generations differ; the same `folder` gives the same ones again."""
    made = generations(engine, folder, chunker=chunker)
    index = Serving(made) if isinstance(made, EmbeddedGenerations) else _open(engine, folder, chunker=chunker)
    try:
        yield Deployed(generations=made, index=index)
    finally:
        index.close()


def generations(engine: str, folder: Path, *, chunker: str) -> EmbeddedGenerations | OpenSearchGenerations:
    """As `deployed`, for settings that need not fit the one that serves."""
    if engine == "embedded":
        return EmbeddedGenerations(folder / "index", [Bigrams()], Manifest(chunker=chunker), wait_s=0.3)
    return OpenSearchGenerations(cluster(), index_name(folder), [Bigrams()], Manifest(chunker=chunker))
