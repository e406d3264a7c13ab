"""The implementations of ports.Index and ports.Generations for the suites, each opened the same way."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedGenerations, EmbeddedIndex, Serving
from ragtune.adapters.opensearch import OpenSearchIndex
from ragtune.analysis import Bigrams
from ragtune.manifest import Manifest
from ragtune.ports import Embedder, Generations, Index
from tests.contracts.roles import AsRole, callers
from tests.contracts.search_node import cluster

ENGINES = ("embedded", pytest.param("opensearch", marks=pytest.mark.opensearch))
REBUILT = ("embedded",)
ROLES = tuple(pytest.param(f"as {role}", marks=pytest.mark.opensearch) for role in callers())


@contextmanager
def opened(engine: str, folder: Path, *, embedder: Embedder | None = None) -> Iterator[Index]:
    """An index with one view, bigrams; the same `folder` gives the same index again."""
    index = _open(engine, folder, embedder)
    try:
        yield index
    finally:
        index.close()


def _open(engine: str, folder: Path, embedder: Embedder | None) -> Index:
    if engine == "embedded":
        return EmbeddedIndex(folder / "index", [Bigrams()], Manifest(), embedder=embedder)
    name = "t" + hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    if engine.startswith("as "):
        return AsRole(engine.removeprefix("as "), name)
    return OpenSearchIndex(cluster(), name, [Bigrams()], Manifest(), embedder=embedder)


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The indexes under one name, as a process with its settings sees them."""

    generations: Generations
    index: Index  # whichever serves


@contextmanager
def deployed(engine: str, folder: Path, *, chunker: str = "page") -> Iterator[Deployed]:
    """`chunker` is the setting in which generations differ; the same `folder` gives the same ones again."""
    made = generations(engine, folder, chunker=chunker)
    index = {"embedded": Serving}[engine](made)
    try:
        yield Deployed(generations=made, index=index)
    finally:
        index.close()


def generations(engine: str, folder: Path, *, chunker: str) -> EmbeddedGenerations:
    """As `deployed`, for settings that need not fit the one that serves."""
    kinds = {"embedded": EmbeddedGenerations}
    return kinds[engine](folder / "index", [Bigrams()], Manifest(chunker=chunker), wait_s=0.3)
