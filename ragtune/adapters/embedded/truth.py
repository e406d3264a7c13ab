"""The truth of an embedded index in one SQLite file: what every other part of it is derived from.

A head is the current version of a source, and `seq` the number of its last change:
('d_e0c4e50a6401a773', 'file:///manuals/giga-lite.html', 1782864000000, '9f2c…', 0, 41)
"""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ragtune.adapters.embedded.disk import is_full
from ragtune.documents import Chunk, Document, Resource, document_id
from ragtune.errors import BadInput
from ragtune.manifest import Manifest
from ragtune.ports import Entry, Head
from ragtune.records import from_json, to_json
from ragtune.versions import wins

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heads (
    document_id TEXT PRIMARY KEY, source TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL,
    deleted INTEGER NOT NULL, seq INTEGER NOT NULL UNIQUE, document BLOB
);
CREATE TABLE IF NOT EXISTS chunks (
    document_id TEXT NOT NULL, ordinal INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
CREATE TABLE IF NOT EXISTS vectors (
    document_id TEXT NOT NULL, ordinal INTEGER NOT NULL,
    labels TEXT NOT NULL, valid_from TEXT NOT NULL, valid_until TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (document_id, ordinal)
);
"""
_FORMAT = "2"
# All or nothing: what a process that is killed meanwhile left would be no index, and for good.
_MADE = f"BEGIN IMMEDIATE; {_SCHEMA} INSERT OR IGNORE INTO meta VALUES ('format', {_FORMAT!r}); COMMIT;"  # noqa: S608
_IDS_A_QUERY = 500
_HEAD = "document_id, source, version, digest, deleted"


class Truth:
    """One connection. `write` and `delete` go inside a `transaction`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._db = _connect(path)
            self._prepare()
        except sqlite3.DatabaseError as error:
            if is_full(error):
                raise
            reason = f"{path}: can't be used as an index ({error}); name another folder, or remove this one"
            raise BadInput(f"{reason} and ingest again") from None

    def _prepare(self) -> None:
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'chunks'").fetchone() is None:
            self._db.executescript(_MADE)
        found = self.meta("format")
        if found != _FORMAT:
            self._db.close()
            raise BadInput(
                f"{self._path}: format {found!r}, expected {_FORMAT!r}; remove it and ingest again"
            )

    def meta(self, key: str) -> str:
        """A stored note, "" if there is none."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""

    def manifest(self, wanted: Manifest) -> Manifest:
        """The stored manifest; `wanted` is stored first when there is none."""
        stored = self.meta("manifest")
        if not stored:
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('manifest', ?)", (to_json(wanted),))
            stored = self.meta("manifest")
        return from_json(Manifest, stored, f"{self._path}: manifest")

    def copy_to(self, path: Path) -> None:
        """All of it as it is now, in a file of its own; whoever writes meanwhile is not held up."""
        with closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written inside; durable when it ends."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def write(self, entry: Entry, vectors: Sequence[bytes] = ()) -> tuple[Head, bool]:
        """The head that stands after `entry` came, and whether it is `entry`'s.

        `vectors` are those of its chunks, in order; () where there is no embedder.
        """
        document = entry.document
        standing = self.head(document.id)
        if standing and not wins(document, standing):
            return standing, False
        head = head_of(document)
        self._replace(head, zlib.compress(_utf8(to_json(document)), 1))
        bodies = ((document.id, chunk.ordinal, _utf8(to_json(chunk)).decode()) for chunk in entry.chunks)
        self._db.executemany("INSERT INTO chunks VALUES (?, ?, ?)", bodies)
        if vectors:
            rows = (_vector_row(chunk, one) for chunk, one in zip(entry.chunks, vectors, strict=True))
            self._db.executemany("INSERT INTO vectors VALUES (?, ?, ?, ?, ?, ?)", rows)
        return head, True

    def delete(self, source: str, version: int) -> tuple[Head, bool]:
        """The head that stands after a delete came, and whether it is the tombstone."""
        standing = self.head(document_id(source))
        if standing and (standing.version > version or (standing.deleted and standing.version == version)):
            return standing, False
        head = Head(document_id=document_id(source), source=source, version=version, digest="", deleted=True)
        self._replace(head, None)
        return head, True

    def _replace(self, head: Head, document: bytes | None) -> None:
        row = (head.document_id, _utf8(head.source).decode(), head.version, head.digest, head.deleted)
        for table in ("chunks", "vectors"):
            self._db.execute(f"DELETE FROM {table} WHERE document_id = ?", (head.document_id,))  # noqa: S608
        self._db.execute(
            "INSERT OR REPLACE INTO heads"
            " VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(seq), 0) + 1 FROM heads), ?)",
            (*row, document),
        )

    def sequence(self) -> int:
        """Number of the last change, 0 when there was none."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM heads").fetchone()[0])

    def changes(self, after: int) -> Iterator[tuple[int, str]]:
        """(seq, document id) of what changed after change number `after`, in order."""
        yield from self._db.execute("SELECT seq, document_id FROM heads WHERE seq > ? ORDER BY seq", (after,))

    def head(self, document: str) -> Head | None:
        row = self._db.execute(f"SELECT {_HEAD} FROM heads WHERE document_id = ?", (document,)).fetchone()  # noqa: S608
        return _head(row) if row else None

    def heads(self) -> list[Head]:
        return [_head(row) for row in self._db.execute(f"SELECT {_HEAD} FROM heads ORDER BY source")]  # noqa: S608

    def document(self, identity: str) -> Document | None:
        row = self._db.execute("SELECT document FROM heads WHERE document_id = ?", (identity,)).fetchone()
        return from_json(Document, zlib.decompress(row[0]), identity) if row and row[0] else None

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Those of `ids` that are there, in the order of `ids`."""
        wanted = [(document, int(ordinal)) for document, _, ordinal in (name.rpartition(":") for name in ids)]
        parts = (wanted[start : start + _IDS_A_QUERY] for start in range(0, len(wanted), _IDS_A_QUERY))
        return [_chunk(row) for part in parts for row in self._bodies(part)]

    def _bodies(self, wanted: Sequence[tuple[str, int]]) -> Iterator[tuple[str]]:
        # CROSS JOIN keeps SQLite's planner from scanning the whole table; one statement, because each costs
        # as much as what it finds.
        values = ", ".join(["(?, ?)"] * len(wanted))
        yield from self._db.execute(
            f"WITH wanted (document_id, ordinal) AS (VALUES {values})"  # noqa: S608
            " SELECT body FROM wanted CROSS JOIN chunks USING (document_id, ordinal)",
            [value for pair in wanted for value in pair],
        )

    def entry_chunks(self, document: str) -> list[Chunk]:
        """The chunks of one document, in order."""
        rows = self._db.execute("SELECT body FROM chunks WHERE document_id = ? ORDER BY ordinal", (document,))
        return [_chunk(row) for row in rows]

    def vectors(self, document: str = "") -> Iterator[tuple[Any, ...]]:
        """(document id, ordinal, labels as JSON, valid from, valid until, vector) of one document, or all."""
        where = " WHERE document_id = ?" if document else ""
        yield from self._db.execute(f"SELECT * FROM vectors{where}", (document,) if document else ())  # noqa: S608

    def vector_count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM vectors").fetchone()[0])

    def info(self) -> dict[str, object]:
        """Documents, tombstones and chunks, the bytes of the whole folder, and the manifest."""
        alive, dead = self._db.execute("SELECT count(*) - sum(deleted), sum(deleted) FROM heads").fetchone()
        chunks = self._db.execute("SELECT count(*) FROM chunks").fetchone()[0]
        folder = self._path.parent
        return {
            "documents": alive or 0,
            "tombstones": dead or 0,
            "chunks": chunks,
            "bytes": sum(map(_size, folder.rglob("*"))),
            "folder": str(folder),
            "manifest": json.loads(self.meta("manifest") or "{}"),
        }

    def close(self) -> None:
        self._db.close()


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")  # a commit is on the disk when it returns
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def check(entry: Entry) -> None:
    """Raise ValueError unless every chunk belongs to its entry's document, at its version."""
    for chunk in entry.chunks:
        if (chunk.document_id, chunk.version) != (entry.document.id, entry.document.version):
            raise ValueError(f"chunk {chunk.id} at {chunk.version} is not of {entry.document.source}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:  # a segment that a writer has just merged away
        return 0


def head_of(document: Document) -> Head:
    """The head that `document` has when it is the current version."""
    return Head(
        document_id=document.id,
        source=document.source,
        version=document.version,
        digest=document.digest,
        deleted=False,
    )


def _vector_row(chunk: Chunk, vector: bytes) -> tuple[Any, ...]:
    labels = json.dumps(sorted(set(chunk.labels)), ensure_ascii=False)
    return (chunk.document_id, chunk.ordinal, labels, chunk.valid_from, chunk.valid_until, vector)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # a page may hold lone surrogates; SQLite takes none


def _head(row: Sequence[Any]) -> Head:
    return Head(document_id=row[0], source=row[1], version=row[2], digest=row[3], deleted=bool(row[4]))


def _chunk(row: Sequence[Any]) -> Chunk:
    # By hand: records.decode checks every hint, and takes as long for ten chunks as both lexical searches.
    values = json.loads(row[0])
    for name in ("path", "category", "labels", "section"):
        values[name] = tuple(values[name])
    values["attachments"] = tuple(Resource(**one) for one in values["attachments"])
    return Chunk(**values)
