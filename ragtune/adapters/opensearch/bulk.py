"""Bulk writes: bodies of bounded size, each item tried again until it is written, refused or hopeless.

bulk(cluster, "ragtune-write", lines)        # lines: alternately where an item goes and what it is
[{"_index": "ragtune-5f0c1a2b-0", "_id": "d_e0c4e50a6401a773:…", "status": 201, …}, …]
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ragtune.adapters.opensearch.cluster import Cluster, Refused, full
from ragtune.errors import IndexUnavailable, NotAllowed, OutOfSpace

BODY_BYTES = 1_500_000  # 1-2 MB are fastest; small managed nodes take 10 MB, and no item has over 5
_DONE = frozenset({200, 201, 404, 409})  # 404: what is to be deleted is gone; 409: a newer one is there
_PASSING = frozenset({429, 502, 503, 504})
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 5.0

Item = tuple[bytes, ...]  # its lines: one for a delete, two for anything else


def bulk(
    cluster: Cluster,
    index: str,
    items: Sequence[Item],
    *,
    refresh: bool = False,
    alias: bool = False,
    before_again: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """What became of each item, in order; `status` 409 says that a newer one stands.

    With `refresh`, all of it can be found when this returns. With `alias`, `index` has to be one: a write
    that comes too early can't make an index without mappings. `before_again` may raise what ends the trying.
    Raises as Cluster.ask does.
    """
    bodies = list(_bodies(items))
    results: list[dict[str, Any]] = []
    for place, some in enumerate(bodies):
        path = f"/{index}/_bulk?filter_path=items{'&require_alias=true' if alias else ''}"
        last = place == len(bodies) - 1
        whole = f"{path}&refresh=true" if refresh and last else path
        results += _written(cluster, whole, some, before_again)
    return results


def _bodies(items: Sequence[Item]) -> Iterator[list[Item]]:
    some: list[Item] = []
    size = 0
    for item in items:
        length = sum(map(len, item))
        if some and size + length > BODY_BYTES:
            yield some
            some, size = [], 0
        some.append(item)
        size += length
    if some:
        yield some


def _written(
    cluster: Cluster, path: str, items: Sequence[Item], before_again: Callable[[], None]
) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = [{}] * len(items)
    pending = list(range(len(items)))
    deadline, pause = time.monotonic() + cluster.patience_s, _FIRST_PAUSE_S
    while pending:
        answer = cluster.ask("POST", path, b"".join(line for place in pending for line in items[place]))
        waiting = []
        for place, wrapped in zip(pending, answer["items"], strict=True):
            results[place] = next(iter(wrapped.values()))
            if _waits(results[place]):
                waiting.append(place)
        pending = waiting
        if pending:
            if time.monotonic() + pause > deadline:
                raise IndexUnavailable(f"{cluster.url}: {_text(results[pending[0]])}; try again later")
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, _LONGEST_PAUSE_S)
            before_again()
    return results


def _waits(result: dict[str, Any]) -> bool:
    """Whether an item is worth another try. Raises when it can't be written at all."""
    status = result["status"]
    if status in _DONE and not ("error" in result and status == 404):
        return False
    kind, text = result["error"].get("type", ""), _text(result)
    if full(kind, text):
        raise OutOfSpace(f"the cluster's disks are full ({text}); give it more and ingest again")
    # Writes are blocked for the moment of a switch to a rebuilt index.
    if status in _PASSING or kind == "cluster_block_exception":
        return True
    if status == 403:
        raise NotAllowed(f"writing is not allowed to these credentials ({text}); map their role to a writer")
    raise Refused(status, kind, text)


def _text(result: dict[str, Any]) -> str:
    error = result.get("error", {})
    cause = error.get("caused_by", {}).get("reason", "")
    return f"{result.get('_id', '')}: {error.get('reason', '')} {cause}".strip()[:400]
