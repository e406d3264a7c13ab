"""The OpenSearch node that the suites run on: that of OPENSEARCH_URL, or one that is started for them.

Where none can run, the tests are skipped with the reason; in CI that is a failure.
"""

import atexit
import os
import tempfile
from functools import cache
from pathlib import Path

import pytest

from emulator.opensearch import NodeMissing, SearchNode, prepare
from ragtune.adapters.opensearch import Cluster, OpenSearchIndex
from ragtune.analysis import Bigrams
from ragtune.manifest import Manifest
from ragtune.ports import Analyzer

STATE = Path(".ragtune/opensearch")
_PATIENCE_S = (
    280.0  # below the suite's timeout; it takes 14 s, with the security plugin 25, on a quiet machine
)


@cache
def node_url() -> str:
    """Where the node answers; it ends with this process."""
    return os.environ.get("OPENSEARCH_URL", "") or started().url


def started(*, security: bool = False) -> SearchNode:
    """A node of its own, with nothing in it; it ends with this process."""
    try:
        jars = prepare(STATE)
        folder = Path(tempfile.mkdtemp(prefix="node-", dir=STATE))
        node = SearchNode(jars, folder, security=security, patience_s=_PATIENCE_S)
    except NodeMissing as error:
        if os.environ.get("CI"):
            pytest.fail(f"no OpenSearch node in CI: {error}")
        pytest.skip(f"no OpenSearch node: {error}")
    atexit.register(node.remove)
    return node


def cluster() -> Cluster:
    """A client of its own."""
    return Cluster(node_url())


def drop(name: str) -> None:
    """Remove every index of `name`."""
    asked = cluster()
    for index in asked.ask("GET", f"/{name}*?filter_path=*.aliases") or ():
        asked.ask("DELETE", f"/{index}")
    asked.close()


def open_index(name: str, url: str = "", *views: Analyzer, patience_s: float = 20.0) -> OpenSearchIndex:
    """An index behind `name` on that node, or on the one at `url`."""
    cluster = Cluster(url or node_url(), patience_s=patience_s)
    return OpenSearchIndex(cluster, name, views or [Bigrams()], Manifest())
