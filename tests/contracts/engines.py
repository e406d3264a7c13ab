"""The implementations of ports.Index that the suites run on, each opened the same way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.manifest import Manifest
from ragtune.ports import Embedder, Index

ENGINES = ("embedded",)


@contextmanager
def opened(engine: str, folder: Path, *, embedder: Embedder | None = None) -> Iterator[Index]:
    """An index with one view, bigrams; the same `folder` gives the same index again."""
    index = {"embedded": EmbeddedIndex}[engine](folder / "index", [Bigrams()], Manifest(), embedder=embedder)
    try:
        yield index
    finally:
        index.close()
