"""What the embedded index is measured beside: the bare engine, SQLite FTS5, bm25s.

Each answers the same question over the same two views of the same chunks, for a caller with the label
`public` on one day: the best 50 of each view. FTS5 and bm25s then give the ten best chunks of both as ragtune
does; the bare engine is tantivy's two queries alone, over the very files that ragtune has written.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Occur, Query

from ragtune.documents import Chunk
from ragtune.ports import Access, Analyzer, Entry, Hit, Term
from ragtune.records import to_json
from ragtune.retrieval import fuse

HITS = 50
PASSAGES = 10
_WEIGHTS = {"word": 0.5, "bigram": 0.5}


def _fused(legs: dict[str, list[Hit]]) -> list[str]:
    return [one.chunk_id for one in fuse(legs, _WEIGHTS)[:PASSAGES]]


class BareTantivy:
    """Two queries, nothing else: no ids, no fusion, no texts. With or without the filter."""

    def __init__(self, folder: Path, views: Sequence[Analyzer], access: Access) -> None:
        index = tantivy.Index.open(str(folder))
        index.reload()
        self._schema, self._searcher = index.schema, index.searcher()
        self._views, self._access = views, access

    def filtered(self, question: str) -> None:
        """As ragtune must answer: labels and both dates inside the query."""
        kind, day = tantivy.FieldType.Unsigned, int(self._access.day.replace("-", ""))
        labels = Query.term_set_query(self._schema, "label", sorted(self._access.labels))
        for terms in self._queries(question):
            late = Query.range_query(
                self._schema, "valid_from", kind, day + 1, 99991231, use_inverted_index=True
            )
            over = Query.range_query(self._schema, "valid_until", kind, 0, day - 1, use_inverted_index=True)
            query = Query.boolean_query(
                [
                    (Occur.Must, terms),
                    (Occur.Must, Query.const_score_query(labels, 0.0)),
                    (Occur.MustNot, late),
                    (Occur.MustNot, over),
                ]
            )
            self._searcher.search(query, HITS, count=False)

    def unfiltered(self, question: str) -> None:
        """As fast as the engine goes: anybody sees everything."""
        for terms in self._queries(question):
            self._searcher.search(terms, HITS, count=False)

    def _queries(self, question: str) -> list[Query]:
        return [
            Query.boolean_query([(Occur.Should, self._one(view.name, term)) for term in view.terms(question)])
            for view in self._views
        ]

    def _one(self, field: str, term: Term) -> Query:
        one = Query.term_query(self._schema, field, term.text, "freq")
        return one if term.weight == 1 else Query.boost_query(one, term.weight)


class Fts5:
    """SQLite's own full-text index; the same terms, which its tokenizer takes as they are.

    Positions are kept: without them it takes every match apart anew to score it, sixteen times slower. What
    the filters need is in a table of its own, so that no text is read for a chunk that isn't shown.
    """

    def __init__(self, path: Path, views: Sequence[Analyzer]) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._views = views
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE VIRTUAL TABLE term USING fts5 (word, bigram, content='',"
            ' tokenize="unicode61 remove_diacritics 0")'
        )
        self._db.execute("CREATE TABLE chunk (id INTEGER PRIMARY KEY, label TEXT, until TEXT, body TEXT)")

    def add(self, entries: Iterable[Entry]) -> None:
        """64 pages a transaction."""
        self._db.execute("BEGIN")
        for done, entry in enumerate(entries, 1):
            for chunk in entry.chunks:
                self._insert(chunk)
            if done % 64 == 0:
                self._db.execute("COMMIT")
                self._db.execute("BEGIN")
        self._db.execute("COMMIT")

    def _insert(self, chunk: Chunk) -> None:
        told = (chunk.labels[0], chunk.valid_until or "9", to_json(chunk))
        made = self._db.execute("INSERT INTO chunk (label, until, body) VALUES (?, ?, ?)", told).lastrowid
        views = (" ".join(view.tokens(chunk.searchable)) for view in self._views)
        self._db.execute("INSERT INTO term (rowid, word, bigram) VALUES (?, ?, ?)", (made, *views))

    def ask(self, question: str, access: Access) -> list[str]:
        """The ten best chunks, as JSON."""
        legs = {}
        for view in self._views:
            terms = " OR ".join('"' + term.text.replace('"', "") + '"' for term in view.terms(question))
            rows = self._db.execute(
                "SELECT id, rank FROM term JOIN chunk ON id = term.rowid"
                " WHERE term MATCH ? AND label = ? AND until >= ? ORDER BY rank LIMIT ?",
                (f"{view.name} : ({terms})", min(access.labels), access.day, HITS),
            )
            legs[view.name] = [Hit(chunk_id=str(row), score=-rank) for row, rank in rows]
        best = ", ".join(_fused(legs))
        rows = self._db.execute(f"SELECT body FROM chunk WHERE id IN ({best})")  # noqa: S608  numbers
        return [body for (body,) in rows]


class Bm25s:
    """Scores of every chunk as numpy arrays; nothing can be added or deleted: it is built for each size."""

    def __init__(self, views: Sequence[Analyzer]) -> None:
        self._views = views
        self._indexes: list[Any] = []
        self._ids: list[str] = []
        self._bodies: list[str] = []

    def build(self, entries: Iterable[Entry]) -> None:
        """From everything at once; there is no other way."""
        visible = []
        words: list[dict[str, int]] = [{} for _ in self._views]
        rows: list[list[list[int]]] = [[] for _ in self._views]
        for chunk in (chunk for entry in entries for chunk in entry.chunks):
            self._ids.append(chunk.id)
            self._bodies.append(to_json(chunk))
            visible.append(chunk.labels == ("public",) and (chunk.valid_until or "9") >= "2026-11-22")
            for view, known, row in zip(self._views, words, rows, strict=True):
                row.append([known.setdefault(term, len(known)) for term in view.tokens(chunk.searchable)])
        self._places = {name: place for place, name in enumerate(self._ids)}
        self._visible: NDArray[np.float32] = np.array(visible, np.float32)
        for known, row in zip(words, rows, strict=True):
            index = bm25s.BM25(k1=1.2, b=0.75)
            index.index((row, known), show_progress=False)
            self._indexes.append(index)

    def ask(self, question: str, _: Access) -> list[str]:
        """The ten best chunks, as JSON."""
        legs = {}
        for view, index in zip(self._views, self._indexes, strict=True):
            known = [term.text for term in view.terms(question) if term.text in index.vocab_dict]
            found, scores = index.retrieve(
                [known], k=HITS, show_progress=False, weight_mask=self._visible, n_threads=0
            )
            legs[view.name] = [
                Hit(chunk_id=self._ids[place], score=float(score))
                for place, score in zip(found[0], scores[0], strict=True)
                if score > 0
            ]
        return [self._bodies[self._places[name]] for name in _fused(legs)]
