"""Where the suites keep snapshots, and an index made of one, as an operator gets it back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedGenerations, Serving
from ragtune.adapters.opensearch import OpenSearchIndex, register
from ragtune.analysis import Bigrams
from ragtune.manifest import Manifest
from ragtune.ports import Index
from tests.contracts.engines import index_name
from tests.contracts.search_node import cluster

_SNAPSHOT = "before-upgrade"


def place(engine: str, folder: Path) -> str:
    """What `Generations.snapshot` is told."""
    if engine == "embedded":
        return str(folder / "backups" / "monday")
    name, asked = index_name(folder), cluster()
    refused = register(asked, name, {"type": "fs", "settings": {"location": name}})
    asked.close()
    if refused:
        pytest.skip(f"the node keeps no snapshots: {refused}")
    return _SNAPSHOT


@contextmanager
def restored(engine: str, folder: Path, told: str, *, chunker: str) -> Iterator[Index]:
    """The index as it was: a folder of its own, or other indexes beside those that are there."""
    manifest = Manifest(chunker=chunker)
    if engine == "embedded":
        index: Index = Serving(EmbeddedGenerations(Path(told), [Bigrams()], manifest))
    else:
        name, asked = index_name(folder), cluster()
        again = {"rename_pattern": "(.+)", "rename_replacement": f"{name}-again-$1", "include_aliases": False}
        asked.ask("POST", f"/_snapshot/{name}/{told}/_restore?wait_for_completion=true", again)
        (physical,) = asked.ask("GET", f"/{name}-again-*?filter_path=*.aliases")
        actions = [{"add": {"index": physical, "alias": alias}} for alias in (f"{name}-b", f"{name}-b-write")]
        asked.ask("POST", "/_aliases", {"actions": actions})
        index = OpenSearchIndex(asked, f"{name}-b", [Bigrams()], manifest)
    try:
        yield index
    finally:
        index.close()
        shutil.rmtree(folder / "backups", ignore_errors=True)
