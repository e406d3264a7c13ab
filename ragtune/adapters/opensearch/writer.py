"""Writing pages: chunks first, then the heads that make them count, then away with what they replaced."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from ragtune.adapters.opensearch.bulk import Item, bulk
from ragtune.adapters.opensearch.cluster import Cluster
from ragtune.adapters.opensearch.names import write_alias, writes_to
from ragtune.adapters.opensearch.pages import standing
from ragtune.adapters.opensearch.records import (
    Standing,
    check,
    chunk_lines,
    delete_line,
    edition,
    head_lines,
    page_lines,
    rank,
)
from ragtune.documents import document_id
from ragtune.errors import IndexUnavailable
from ragtune.ports import Analyzer, Embedder, Entry, Head
from ragtune.versions import wins

_BATCH_DOCUMENTS = 500
_BATCH_BYTES = 8_000_000
_BATCH_S = 1.0
_TEXTS_A_CALL = 256  # to an embedder
_LENGTH_OFF = 1e-3
_SWITCHES = 5  # of the index under one batch
_DEAD_A_PAGE = 5_000  # records of replaced editions a request


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An entry as lines, and what will stand when it wins."""

    entry: Entry
    standing: Standing
    items: tuple[Item, ...]

    @property
    def size(self) -> int:
        return sum(len(line) for item in self.items for line in item)


class Switched(Exception):
    """Another index is written now."""


class Writer:
    """Writes through the alias of one name."""

    def __init__(
        self,
        cluster: Cluster,
        name: str,
        views: Sequence[Analyzer],
        embedder: Embedder | None = None,
        *,
        follow: Callable[[str], object] = lambda _: None,
    ) -> None:
        """`follow` is told which index is written, and may refuse it."""
        self._cluster, self._name, self._views, self._embedder = cluster, name, views, embedder
        self._follow = follow

    def prepared(self, entries: Iterable[Entry]) -> Iterator[Ready]:
        """Each of `entries` as lines. Raises ValueError for chunks of another page."""
        for entry in entries:
            check(entry)
            page = entry.document
            parts, page_items = page_lines(entry)
            chunk_items = chunk_lines(entry, self._views, self._vectors(entry))
            head = Head(
                document_id=page.id,
                source=page.source,
                version=page.version,
                digest=page.digest,
                deleted=False,
            )
            new = Standing(head=head, edition=edition(page), chunks=len(entry.chunks), parts=parts)
            yield Ready(entry=entry, standing=new, items=(*chunk_items, *page_items))

    def _vectors(self, entry: Entry) -> list[Sequence[float]]:
        if not self._embedder:
            return []
        texts = iter([chunk.searchable for chunk in entry.chunks])
        made: list[Sequence[float]] = []
        while some := list(islice(texts, _TEXTS_A_CALL)):
            made += self._embedder.embed_texts(some)
        for vector in made:
            if len(vector) != self._embedder.dimension or abs(sum(x * x for x in vector) - 1) > _LENGTH_OFF:
                wanted = f"{self._embedder.dimension} numbers of unit length"
                raise ValueError(f"embedder {self._embedder.name}: a vector that is not {wanted}")
        return made

    def write(self, batch: Sequence[Ready]) -> list[Head]:
        """Bring the batch in; the head that stands afterwards for each. No page comes twice in it."""
        ids = [one.entry.document.id for one in batch]
        for _ in range(_SWITCHES):
            physical = self._written()
            stands = standing(self._cluster, physical, ids)
            winners = [one for one, name in zip(batch, ids, strict=True) if _wins(one, stands.get(name))]
            if not winners:
                return [stands[name].head for name in ids]
            items = [item for one in winners for item in one.items]
            sent = bulk(self._cluster, write_alias(self._name), items, refresh=True, alias=True)
            if any(one["_index"] != physical for one in sent):
                continue
            with suppress(Switched):
                stands |= self._put_heads([one.standing for one in winners], physical)
                if writes_to(self._cluster, self._name) == physical:
                    return [stands[name].head for name in ids]
        raise IndexUnavailable(f"{self._cluster.url}: the index is switched again and again; try again later")

    def delete(self, source: str, version: int) -> Head:
        """See ports.Index."""
        name = document_id(source)
        head = Head(document_id=name, source=source, version=version, digest="", deleted=True)
        for _ in range(_SWITCHES):
            physical = self._written()
            found = standing(self._cluster, physical, [name]).get(name)
            if found and found.rank >= rank(version, deleted=True):
                return found.head
            with suppress(Switched):
                stands = self._put_heads([Standing(head=head, edition="")], physical)
                if writes_to(self._cluster, self._name) == physical:
                    return stands[name].head
        raise IndexUnavailable(f"{self._cluster.url}: the index is switched again and again; try again later")

    def _written(self) -> str:
        physical = writes_to(self._cluster, self._name)
        self._follow(physical)
        return physical

    def _put_heads(self, heads: Sequence[Standing], physical: str) -> dict[str, Standing]:
        """Write heads into the index that holds their chunks; what stands now, by document.

        Raises Switched when that is no longer the one that is written.
        """

        def go_on() -> None:
            if writes_to(self._cluster, self._name) != physical:
                raise Switched

        results = bulk(self._cluster, physical, [head_lines(one) for one in heads], before_again=go_on)
        stands = {one.head.document_id: one for one in heads}
        lost = [name for name, done in zip(stands, results, strict=True) if done["status"] == 409]
        if lost:
            stands |= standing(self._cluster, physical, lost)
        self._clean(stands, physical)
        return stands

    def _clean(self, stands: Mapping[str, Standing], physical: str) -> None:
        """Delete what is below the head's rank, also what a writer that died left behind."""
        after: list[object] = []
        while True:
            dead = self._leftovers(stands, physical, after)
            gone = [row for row in dead if int(row[0]) < stands[row[1].partition(":")[0]].rank]
            if gone:
                marks = {"chunk": ":", "page": "/"}
                ids = (f"{name}{marks[kind]}{ordinal}" for _, name, ordinal, kind in gone)
                bulk(self._cluster, physical, [(delete_line(one),) for one in ids])
            if len(dead) < _DEAD_A_PAGE:
                return
            after = list(dead[-1])

    def _leftovers(
        self, stands: Mapping[str, Standing], physical: str, after: Sequence[object]
    ) -> list[tuple[int, str, int, str]]:
        """(rank, edition, ordinal, kind) of what can be found of the documents, but for what stands."""
        others = [
            {"terms": {"edition": sorted(one.edition for one in stands.values() if one.edition)}},
            {"term": {"kind": "head"}},
        ]
        asked = {
            "query": {"bool": {"filter": [{"terms": {"document": sorted(stands)}}], "must_not": others}},
            "sort": ["rank", "edition", "ordinal", "kind"],
            "size": _DEAD_A_PAGE,
            "track_total_hits": False,
            "stored_fields": "_none_",
            **({"search_after": list(after)} if after else {}),
        }
        [answer] = self._cluster.msearch(physical, [asked])
        return [tuple(one["sort"]) for one in answer["hits"]["hits"]]


def batches(ready: Iterable[Ready]) -> Iterator[list[Ready]]:
    """Runs of entries that are written together; a page that comes again begins the next one."""
    batch: list[Ready] = []
    size, names, started = 0, set[str](), time.monotonic()
    for one in ready:
        name = one.entry.document.id
        if batch and (
            name in names
            or len(batch) == _BATCH_DOCUMENTS
            or size + one.size > _BATCH_BYTES
            or time.monotonic() - started > _BATCH_S
        ):
            yield batch
            batch, size, names, started = [], 0, set(), time.monotonic()
        batch.append(one)
        names.add(name)
        size += one.size
    if batch:
        yield batch


def _wins(one: Ready, found: Standing | None) -> bool:
    return found is None or wins(one.entry.document, found.head)
