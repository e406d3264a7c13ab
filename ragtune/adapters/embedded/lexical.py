"""The lexical legs of an embedded index in tantivy: BM25 (k1 1.2, b .75) over terms that analyzers made.

One tantivy document a chunk: for each view its terms joined by spaces in `<view>` (breadcrumb and text) and
`<view>_head` (breadcrumb), `label` for each access label, `valid_from` and `valid_until` as 20260131 where
set, `doc` (the document id's 64 bits) and `ordinal`. Labels and dates stand once more in `access`, and as its
digest in `scope`. The file `applied` beside it says up to which change of the truth it certainly is.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from ragtune.documents import Chunk
from ragtune.ports import Access, Analyzer, Hit, Leg

_HEAP_BYTES = 48_000_000
LAST_DAY = 99991231
_NO_DAY = "9999-12-31"
_SLACK = 16  # hits fetched beyond the limit to see whether a tie goes over it
_MOSTLY = (
    0.7  # share of the chunks with a label of the caller's, above which the filter is applied to the hits
)


class Lexical:
    """Searches, and writes between `open_writer` and `close_writer`. Not for two threads at once."""

    def __init__(self, folder: Path, analyzers: Sequence[Analyzer]) -> None:
        self._folder = folder
        self._analyzers = tuple(analyzers)
        self._schema = _schema(self._analyzers)
        self._writer: tantivy.IndexWriter | None = None
        folder.mkdir(exist_ok=True)
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._index.config_reader("manual")
        self._head: tuple[str, list[str]] = ("", [""] * len(self._analyzers))
        self._scopes: dict[int, tuple[frozenset[str], str, str]] = {}  # labels, first and last ISO day
        self.applied = 0
        self.refresh()

    def refresh(self) -> None:
        """See what is on disk now; `applied` is read first, so the searcher is at least that far."""
        self.applied = _read_applied(self._folder)
        self._index.reload()
        self._searcher = self._index.searcher()

    def open_writer(self) -> None:
        # One thread: segments, and so scores, do not depend on how threads shared the work.
        self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        # What a killed writer left over stands in the way: names come again, and tantivy overwrites no file.
        self._writer.garbage_collect_files()

    def close_writer(self) -> None:
        """End writing once the segments that are being merged are done."""
        assert self._writer is not None, "no writer is open"  # noqa: S101
        self._writer.wait_merging_threads()

    def drop_writer(self) -> None:
        """Give tantivy's lock back; what was not committed is dropped."""
        self._writer = None

    def replace(self, document_id: str, chunks: Iterable[Chunk]) -> None:
        """Put `chunks` in the place of all of the document's. Seen after `commit`."""
        assert self._writer is not None, "no writer is open"  # noqa: S101
        key = int(document_id[2:], 16)
        # By query: delete_documents_by_term mistypes unsigned values and deletes nothing (tantivy 0.27).
        self._writer.delete_documents_by_query(Query.term_query(self._schema, "doc", key))
        for chunk in chunks:
            self._writer.add_document(self._prepared(chunk))

    def commit(self, applied: int) -> None:
        """Make the replaced documents searchable and durable, as of the truth's change `applied`."""
        assert self._writer is not None, "no writer is open"  # noqa: S101
        self._writer.commit()
        _write_applied(self._folder, applied)

    def search(self, leg: Leg, access: Access, limit: int) -> list[Hit]:
        """Up to `limit` hits, best first, ties by chunk id: the best of those that `access` may see.

        A filter inside the query makes tantivy score every match, at two to three times the cost. Where a
        caller sees most chunks, the best of all matches are looked through first; only when too few of them
        may be seen, the query is asked with its filter.
        """
        if not leg.terms or not access.labels:
            return []
        terms = self._terms(leg)
        hits = self._seen_among_best(terms, access, limit) if self._sees_most(access) else None
        return self._filtered(terms, access, limit) if hits is None else hits

    def _sees_most(self, access: Access) -> bool:
        # Under a filter's cost, so a rough count will do: chunks with two labels count twice.
        seen = sum(self._searcher.doc_freq("label", label) for label in access.labels)
        return bool(seen >= self._searcher.num_docs * _MOSTLY)

    def _seen_among_best(self, terms: Query, access: Access, limit: int) -> list[Hit] | None:
        """The hits, or None when the best `2 · limit` matches do not hold them for certain."""
        fetch = limit * 2
        found = self._searcher.search(terms, fetch, count=False).hits
        scopes = self._searcher.fast_field_values("scope", [address for _, address in found])
        samples = dict(zip(scopes, found, strict=True))
        admitted = {scope for scope, (_, address) in samples.items() if self._admits(scope, address, access)}
        kept = [one for one, scope in zip(found, scopes, strict=True) if scope in admitted]
        if len(found) == fetch and (len(kept) < limit or kept[limit - 1][0] <= found[-1][0]):
            return None
        return self._hits(kept, limit)

    def _admits(self, scope: int, address: tantivy.DocAddress, access: Access) -> bool:
        known = self._scopes.get(scope)
        if known is None:
            labels, first, last = json.loads(self._searcher.doc(address)["access"][0])
            known = self._scopes[scope] = frozenset(labels), first, last or _NO_DAY
        labels, first, last = known
        return not access.labels.isdisjoint(labels) and first <= access.day <= last

    def _filtered(self, terms: Query, access: Access, limit: int) -> list[Hit]:
        query = self._query(terms, access)
        fetch = limit + _SLACK
        while True:
            found = self._searcher.search(query, fetch, count=False).hits
            if len(found) < fetch or found[-1][0] < found[limit - 1][0]:
                break
            fetch *= 4
        return self._hits(found, limit)

    def _hits(self, found: list[tuple[float, tantivy.DocAddress]], limit: int) -> list[Hit]:
        last = found[limit - 1][0] if len(found) > limit else 0
        addresses = [address for score, address in found if score >= last]
        documents = self._searcher.fast_field_values("doc", addresses)
        ordinals = self._searcher.fast_field_values("ordinal", addresses)
        scores = [-score for score, _ in found[: len(addresses)]]
        ordered = sorted(zip(scores, documents, map(str, ordinals), strict=True))
        return [
            Hit(chunk_id=f"d_{document:016x}:{ordinal}", score=-score)
            for score, document, ordinal in ordered[:limit]
        ]

    def frequencies(self, field: str, terms: Sequence[str]) -> tuple[int, list[int]]:
        """Chunks in all, and how many hold each term; replaced ones count until segments are merged."""
        total = self._searcher.num_docs
        return total, [min(total, self._searcher.doc_freq(field, _term(term))) for term in terms]

    def _terms(self, leg: Leg) -> Query:
        should = []
        for term in leg.terms:
            one = Query.term_query(self._schema, leg.field, _term(term.text), "freq")
            should.append((Occur.Should, one if term.weight == 1 else Query.boost_query(one, term.weight)))
        return Query.boolean_query(should)

    def _query(self, terms: Query, access: Access) -> Query:
        schema = self._schema
        labels = Query.term_set_query(schema, "label", sorted(access.labels))
        day = day_number(access.day)
        return Query.boolean_query(
            [
                (Occur.Must, terms),
                (Occur.Must, Query.const_score_query(labels, 0.0)),
                # Open dates are not stored, so that these two exclude few documents and cost little.
                (Occur.MustNot, _between(schema, "valid_from", day + 1, LAST_DAY)),
                (Occur.MustNot, _between(schema, "valid_until", 0, day - 1)),
            ]
        )

    def _prepared(self, chunk: Chunk) -> tantivy.Document:
        document = tantivy.Document()
        document.add_unsigned("doc", int(chunk.document_id[2:], 16))
        document.add_unsigned("ordinal", chunk.ordinal)
        access = json.dumps([sorted(chunk.labels), chunk.valid_from, chunk.valid_until])
        document.add_unsigned("scope", int.from_bytes(hashlib.sha256(access.encode()).digest()[:8], "big"))
        document.add_text("access", access)
        for label in sorted(set(chunk.labels)):
            document.add_text("label", label)
        for name, day in (("valid_from", chunk.valid_from), ("valid_until", chunk.valid_until)):
            if day:
                document.add_unsigned(name, day_number(day))
        for analyzer, head in zip(self._analyzers, self._heads(chunk.breadcrumb), strict=True):
            document.add_text(f"{analyzer.name}_head", head)
            document.add_text(analyzer.name, f"{head} {' '.join(analyzer.tokens(chunk.text))}")
        return document

    def _heads(self, breadcrumb: str) -> list[str]:
        """Its terms in each view; the chunks of a section follow each other and share it."""
        if self._head[0] != breadcrumb:
            self._head = breadcrumb, [" ".join(view.tokens(breadcrumb)) for view in self._analyzers]
        return self._head[1]


def discard(folder: Path) -> None:
    """Throw the lexical legs away; the next open makes them anew from the truth."""
    shutil.rmtree(folder, ignore_errors=True)


def _schema(analyzers: Sequence[Analyzer]) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("doc", indexed=True, fast=True)
    builder.add_unsigned_field("ordinal", fast=True)
    builder.add_unsigned_field("scope", fast=True)
    builder.add_text_field("access", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("valid_from", indexed=True)
    builder.add_unsigned_field("valid_until", indexed=True)
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    for analyzer in analyzers:
        for field in (analyzer.name, f"{analyzer.name}_head"):
            builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _between(schema: tantivy.Schema, field: str, low: int, high: int) -> Query:
    kind = tantivy.FieldType.Unsigned
    return Query.range_query(schema, field, kind, low, high, use_inverted_index=True)


def day_number(iso: str) -> int:
    """An ISO day as a number that sorts alike: 20260131."""
    return int(iso.replace("-", ""))


def _term(text: str) -> str:
    return text.replace(" ", "_")


def _read_applied(folder: Path) -> int:
    try:
        return int((folder / "applied").read_text())
    except (OSError, ValueError):
        return 0  # all changes are applied again, which changes nothing


def _write_applied(folder: Path, sequence: int) -> None:
    # Not synced: it only ever says less than what tantivy has already synced.
    new = folder / "applied.new"
    new.write_text(str(sequence))
    new.replace(folder / "applied")
