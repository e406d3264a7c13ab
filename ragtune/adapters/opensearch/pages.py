"""Reading what an index holds: heads and pages, whatever settings it was made with."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ragtune.adapters.opensearch.cluster import Cluster
from ragtune.adapters.opensearch.names import Made
from ragtune.adapters.opensearch.records import Standing, chunk_of, page_of, standing_of
from ragtune.documents import Chunk, Document
from ragtune.errors import NotAllowed
from ragtune.ports import Head
from ragtune.records import encode

ROUNDS = 5  # of one question, while pages change under it
_HEADS_A_PAGE = 2_000


class Pages:
    """ports.Stored: the pages of `index`, a name or an index itself."""

    def __init__(self, cluster: Cluster, index: str) -> None:
        self._cluster, self._name = cluster, index

    def document(self, document_id: str) -> Document | None:
        """See ports.Index."""
        found, stands = self._parts(document_id, "parts", "/")
        return page_of([one["packed"] for one in found], stands.edition) if stands and found else None

    def entry_chunks(self, document_id: str) -> list[Chunk]:
        """See ports.Index."""
        return [chunk_of(one["body"]) for one in self._parts(document_id, "chunks", ":")[0]]

    def _parts(self, document_id: str, which: str, mark: str) -> tuple[list[dict[str, Any]], Standing | None]:
        """The page's records of one kind, in order, all of one edition."""
        for _ in range(ROUNDS):
            stands = standing(self._cluster, self._name, [document_id]).get(document_id)
            if stands is None or stands.head.deleted:
                break
            names = [f"{stands.edition}{mark}{place}" for place in range(getattr(stands, which))]
            found = self._cluster.mget(self._name, names)
            if len(found) == len(names):
                return [found[name] for name in names], stands
        return [], None

    def heads(self) -> Iterator[Head]:
        """See ports.Index."""
        refresh(self._cluster, self._name)
        found = [one.head for one in _all_standing(self._cluster, self._name)]
        yield from sorted(found, key=lambda head: head.source)


def standing(cluster: Cluster, index: str, documents: Sequence[str]) -> dict[str, Standing]:
    """The heads of `documents` (ids) as they are this moment."""
    found = cluster.mget(index, sorted(documents))
    return {one: standing_of(fields) for one, fields in found.items()}


def told(cluster: Cluster, made: Made) -> Mapping[str, object]:
    """What ports.Index.info gives."""
    refresh(cluster, made.physical)
    filters = {
        "documents": {"bool": {"filter": [{"term": {"kind": "head"}}, {"term": {"deleted": False}}]}},
        "tombstones": {"term": {"deleted": True}},
    }
    total = {"chunks": {"sum": {"field": "chunks"}}}
    asked = {"size": 0, "aggs": {"count": {"filters": {"filters": filters}, "aggs": total}}}
    [answer] = cluster.msearch(made.physical, [asked])
    buckets = answer["aggregations"]["count"]["buckets"]
    size = 0
    with suppress(NotAllowed):
        stats = cluster.ask("GET", f"/{made.physical}/_stats/store?filter_path=_all.total.store")
        size = stats["_all"]["total"]["store"]["size_in_bytes"]
    return {
        "documents": buckets["documents"]["doc_count"],
        "tombstones": buckets["tombstones"]["doc_count"],
        "chunks": int(buckets["documents"]["chunks"]["value"]),
        "bytes": size,
        "index": f"{cluster.url}/{made.physical}",
        "nori": made.nori,
        "manifest": encode(made.manifest),
    }


def refresh(cluster: Cluster, index: str) -> None:
    """Let searches see what was written; who may not ask for that sees what is a second old."""
    with suppress(NotAllowed):
        cluster.ask("POST", f"/{index}/_refresh")


def _all_standing(cluster: Cluster, index: str) -> Iterator[Standing]:
    """Every head that can be found, by document."""
    after: list[Any] = []
    while True:
        asked = {
            "query": {"term": {"kind": "head"}},
            "sort": ["document"],
            "size": _HEADS_A_PAGE,
            "track_total_hits": False,
            **({"search_after": after} if after else {}),
        }
        [answer] = cluster.msearch(index, [asked])
        found = answer["hits"]["hits"]
        for one in found:
            yield standing_of(one["_source"])
        if len(found) < _HEADS_A_PAGE:
            return
        after = found[-1]["sort"]
