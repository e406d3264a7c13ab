"""The OpenSearch implementation of ports.Index; see the package's docstring for an example.

A page's chunks are written and searchable before the head that names their edition, and what a newer head
replaced is deleted last: whoever searches looks the heads of its hits up and drops what they don't name, so a
page is seen as a whole, at one version, whenever a writer dies.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ragtune.adapters.opensearch import searches
from ragtune.adapters.opensearch.cluster import Cluster
from ragtune.adapters.opensearch.layout import field, recipe
from ragtune.adapters.opensearch.names import Made, behind, find, make
from ragtune.adapters.opensearch.pages import ROUNDS, Pages, told
from ragtune.adapters.opensearch.records import chunk_of
from ragtune.adapters.opensearch.views import OnNode
from ragtune.adapters.opensearch.writer import Writer, batches
from ragtune.documents import Chunk
from ragtune.errors import BadInput, ManifestMismatch
from ragtune.manifest import Manifest
from ragtune.ports import Access, Analyzer, Embedder, Entry, Head, Hit, Leg, Near

_REMEDY = "rebuild it (ragtune index rebuild), or set the values back"


class OpenSearchIndex(Pages):
    """The index behind the alias `name`, for any number of readers and writers. Made when there is none.

    Raises ManifestMismatch when it was made with another parser, chunker, analysis or embedder than
    `manifest`, `analyzers` and `embedder` say, IndexUnavailable and NotAllowed as every call does.
    """

    def __init__(
        self,
        cluster: Cluster,
        name: str,
        analyzers: Sequence[Analyzer],
        manifest: Manifest,
        *,
        embedder: Embedder | None = None,
    ) -> None:
        super().__init__(cluster, name)
        self._views = tuple(analyzers)
        by = recipe(analyzers, manifest, embedder)
        self._wanted = by.manifest
        try:
            self.made = find(cluster, name) or make(cluster, name, by)
            self.manifest = self._fitting(self.made)
        except BaseException:
            cluster.close()
            raise
        # An index that was made without an embedder never gets one.
        self._embedder = embedder if self.manifest.embedder else None
        self._editions: dict[str, str] = {}  # document -> edition, as last seen: a guess that is checked

    def _fitting(self, made: Made) -> Manifest:
        """The manifest of `made` when it is what this process would have made. Raises ManifestMismatch."""
        made.manifest.require(self._wanted, what=f"the index {made.physical}", remedy=_REMEDY)
        return made.manifest

    def _follow(self, physical: str) -> None:
        """The name may stand for another index since a switch. Raises ManifestMismatch when other settings
        made that one."""
        if physical != self.made.physical:
            made = find(self._cluster, self._name)
            if made is None:
                raise BadInput(f"{self._cluster.url}/{self._name} is gone; ingest again")
            self.manifest = self._fitting(made)
            self.made = made

    def put(self, entries: Iterable[Entry]) -> Iterator[Head]:
        """See ports.Index. A batch is sent while the next one is made ready."""
        from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415  who asks writes nothing

        self._require_embedder()
        writer = self.writer()
        with ThreadPoolExecutor(1) as sender:
            sending: Future[list[Head]] | None = None
            for batch in batches(writer.prepared(entries)):
                following = sender.submit(writer.write, batch)
                if sending:
                    yield from sending.result()
                sending = following
            if sending:
                yield from sending.result()

    def delete(self, source: str, version: int) -> Head:
        """See ports.Index."""
        return self.writer().delete(source, version)

    def writer(self) -> Writer:
        """What writes behind this index's name."""
        return Writer(self._cluster, self._name, self._views, self._embedder, follow=self._follow)

    def _require_embedder(self) -> None:
        if self.manifest.embedder and not self._embedder:
            made = f"the index {self.made.physical} was made with embedder {self.manifest.embedder!r}"
            raise ManifestMismatch(f"{made}, which is missing here; {_REMEDY}")

    def search(self, legs: Sequence[Leg | Near], access: Access, limit: int) -> list[list[Hit]]:
        """See ports.Index. One request for all legs, and one for the heads of what they found."""
        left_out: set[str] = set()
        found: list[list[searches.Found]] = []
        for _ in range(ROUNDS):
            found = self._found(legs, access, limit, left_out)
            current = self._current({one.document_id for hits in found for one in hits})
            stale = {one.edition for hits in found for one in hits if one.edition != current[one.document_id]}
            found = [[one for one in hits if one.edition not in stale] for hits in found]
            if not stale:
                break
            left_out |= stale  # asked again: what they hid gets its place, and what replaced them is there
        return [[one.hit for one in hits[:limit]] for hits in found]

    def _found(
        self, legs: Sequence[Leg | Near], access: Access, limit: int, left_out: set[str]
    ) -> list[list[searches.Found]]:
        found: list[list[searches.Found]] = [[] for _ in legs]
        asked = {place: limit for place, leg in enumerate(legs) if access.labels and self._answers(leg)}
        while asked:
            places = list(asked)
            bodies = [searches.body(legs[p], access, asked[p], self._views, left_out) for p in places]
            answers = self._cluster.msearch(self._name, bodies)
            again = {}
            hits = next((one for answer in answers for one in answer["hits"]["hits"]), None)
            self._follow(str(hits["_index"]) if hits else behind(self._cluster, self._name))
            for place, sent, answer in zip(places, bodies, answers, strict=True):
                found[place] = searches.hits(answer)
                # A graph of neighbours returns any of those that tie.
                if isinstance(legs[place], Near) and searches.tied_beyond(found[place], limit, sent["size"]):
                    again[place] = 4 * asked[place]
            asked = again
        return found

    def _answers(self, leg: Leg | Near) -> bool:
        if isinstance(leg, Leg):
            return bool(leg.terms)
        if self._embedder and len(leg.vector) != self._embedder.dimension:
            wanted = self._embedder.dimension
            raise BadInput(f"vector: {len(leg.vector)} numbers; this index was made with {wanted}")
        return self._embedder is not None

    def _current(self, documents: Iterable[str]) -> dict[str, str]:
        """The edition that counts of each of `documents`; "" where there is none."""
        ids = sorted(documents)
        found = self._cluster.mget(self._name, ids, fields="edition")
        editions = {one: str(found[one]["edition"]) if one in found else "" for one in ids}
        if len(self._editions) > 10_000:
            self._editions.clear()
        self._editions.update(editions)
        return editions

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """See ports.Index."""
        ordinals = {one: (one.rpartition(":")[0], one.rpartition(":")[2]) for one in ids}
        documents = {document for document, _ in ordinals.values()}
        guessed = {one: self._editions.get(one, "") for one in documents}
        bodies: dict[str, Any] = {}
        for _ in range(ROUNDS):
            wanted = [f"{guessed[document]}:{n}" for document, n in ordinals.values() if guessed[document]]
            bodies, current = self._read(wanted, documents)
            if current == guessed:
                break
            guessed = current
        found = (bodies.get(f"{guessed[document]}:{n}") for document, n in map(ordinals.__getitem__, ids))
        return [chunk_of(body["body"]) for body in found if body]

    def _read(self, wanted: Sequence[str], documents: Iterable[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """(chunks that are there, by id; the documents' editions) in one request."""
        heads = sorted(documents)
        found = self._cluster.mget(self._name, [*wanted, *heads])
        current = {one: str(found[one]["edition"]) if one in found else "" for one in heads}
        self._editions.update(current)
        return {one: found[one] for one in wanted if one in found}, current

    def frequencies(self, field_name: str, terms: Sequence[str]) -> tuple[int, list[int]]:
        """See ports.Index. Replaced chunks count until the node merges its segments."""
        name, view = field(field_name, self._views)
        stored, words = name.partition(".")[0], [term.replace(" ", "_") for term in terms]
        asked = {
            "doc": {stored: " ".join(words)},
            "fields": [name],
            "term_statistics": True,
            "positions": False,
            "offsets": view is not None,
        }
        answer = self._cluster.ask("POST", f"/{self._name}/_termvectors", asked)
        found = answer.get("term_vectors", {}).get(name)
        if not found:
            return 0, [0] * len(terms)
        counts = searches.counts(found["terms"], words, by_place=isinstance(view, OnNode) and not view.exact)
        return int(found["field_statistics"]["doc_count"]), counts

    def info(self) -> Mapping[str, object]:
        """See ports.Index."""
        return told(self._cluster, self.made)

    def close(self) -> None:
        """Give the connections back."""
        self._cluster.close()
