"""What an index holds: heads, chunks and pages, told apart by `kind`.

A page at one version is an edition, `d_e0c4e50a6401a773:1782864000000.9f2c1ab0`: its chunks and the page
itself are written under ids of their own and never change. The head names the edition that counts:

    {"kind": "head", "document": "d_e0c4e50a6401a773", "edition": "d_e0c4e50a6401a773:1782864000000.9f2c1ab0",
     "rank": 3565728000000, "source": "file:///manuals/giga-lite.html", "deleted": false, …}

`rank` is twice the version, and one more for a tombstone, so that a delete stands against what was written at
the same version. The node refuses a head of a lower rank, and no edition below its head's rank is ever read
again: it can be deleted at any time, by anyone.
"""

import base64
import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ragtune.adapters.opensearch.cluster import as_json
from ragtune.adapters.opensearch.views import OnNode, for_node, with_ranges
from ragtune.documents import Chunk, Document, Resource
from ragtune.ports import Analyzer, Entry, Head
from ragtune.records import from_json, to_json

_PART_BYTES = 1024 * 1024  # of a page, compressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A head as the index has it."""

    head: Head
    edition: str  # "" for a tombstone
    chunks: int = 0
    parts: int = 0  # of the page

    @property
    def rank(self) -> int:
        return rank(self.head.version, deleted=self.head.deleted)


def rank(version: int, *, deleted: bool) -> int:
    """The order of writes: of versions (ms), and of a delete after a page at the same one."""
    return 2 * version + deleted


def edition(document: Document) -> str:
    """The id of `document` at its version, with these contents."""
    content = hashlib.sha256(document.digest.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{document.id}:{document.version}.{content}"


def check(entry: Entry) -> None:
    """Raise ValueError unless the chunks are those of the entry's document, at its version, in order."""
    for place, chunk in enumerate(entry.chunks):
        if (chunk.document_id, chunk.version) != (entry.document.id, entry.document.version):
            raise ValueError(f"chunk {chunk.id} at {chunk.version} is not of {entry.document.source}")
        if chunk.ordinal != place:
            raise ValueError(f"chunk {chunk.id} stands at place {place} of {entry.document.source}")


def chunk_lines(
    entry: Entry, views: Sequence[Analyzer], vectors: Sequence[Sequence[float]] = ()
) -> Iterator[tuple[bytes, ...]]:
    """Each chunk as two lines of a bulk body: where it goes, and what it is."""
    name = edition(entry.document)
    own_rank = rank(entry.document.version, deleted=False)
    last = ""
    heads: dict[str, str] = {}
    for place, chunk in enumerate(entry.chunks):
        if chunk.breadcrumb != last or not heads:  # the chunks of a section share it
            last, heads = chunk.breadcrumb, _head_fields(chunk.breadcrumb, views)
        fields = {
            "kind": "chunk",
            "document": chunk.document_id,
            "edition": name,
            "rank": own_rank,
            "ordinal": chunk.ordinal,
            "chunk": chunk.id,
            "labels": sorted(set(chunk.labels)),
            **{key: day(value) for key, value in _days(chunk) if value},
            **heads,
            **_text_fields(chunk, heads, views),
            **({"dense": vectors[place]} if vectors else {}),
            "body": chunk,
        }
        yield _index_line(f"{name}:{chunk.ordinal}"), to_json(fields).encode("utf-8", "replace") + b"\n"


def page_lines(entry: Entry) -> tuple[int, list[tuple[bytes, ...]]]:
    """(parts, lines): the page itself, compressed, in as many parts as it takes."""
    name = edition(entry.document)
    packed = zlib.compress(to_json(entry.document).encode("utf-8", "replace"), 1)
    pieces = [packed[start : start + _PART_BYTES] for start in range(0, len(packed), _PART_BYTES)]
    lines: list[tuple[bytes, ...]] = []
    for place, piece in enumerate(pieces):
        fields = {
            "kind": "page",
            "document": entry.document.id,
            "edition": name,
            "rank": rank(entry.document.version, deleted=False),
            "ordinal": place,
            "packed": base64.b64encode(piece).decode("ascii"),
        }
        lines.append((_index_line(f"{name}/{place}"), as_json(fields) + b"\n"))
    return len(pieces), lines


def head_lines(standing: Standing) -> tuple[bytes, ...]:
    """Where a head goes, refused there when it is of a lower rank, and what it is."""
    head, own = standing.head, standing.rank
    where = {"_id": head.document_id, "version": own, "version_type": "external_gte"}
    fields = {
        "kind": "head",
        "document": head.document_id,
        "edition": standing.edition,
        "rank": own,
        "version": head.version,
        "source": head.source,
        "digest": head.digest,
        "deleted": head.deleted,
        "chunks": standing.chunks,
        "parts": standing.parts,
    }
    return as_json({"index": where}) + b"\n", as_json(fields) + b"\n"


def delete_line(identity: str) -> bytes:
    return as_json({"delete": {"_id": identity}}) + b"\n"


def standing_of(fields: Mapping[str, Any]) -> Standing:
    """The inverse of `head_lines`."""
    head = Head(
        document_id=fields["document"],
        source=fields["source"],
        version=fields["version"],
        digest=fields["digest"],
        deleted=fields["deleted"],
    )
    return Standing(head=head, edition=fields["edition"], chunks=fields["chunks"], parts=fields["parts"])


def page_of(parts: Sequence[str], where: str) -> Document:
    """The inverse of `page_lines`."""
    packed = b"".join(base64.b64decode(part) for part in parts)
    return from_json(Document, zlib.decompress(packed), where)


def chunk_of(body: Mapping[str, Any]) -> Chunk:
    """A chunk's `body`. By hand: records.decode takes as long for ten chunks as a search."""
    values = dict(body)
    for name in ("path", "category", "labels", "section"):
        values[name] = tuple(values[name])
    values["attachments"] = tuple(Resource(**one) for one in values["attachments"])
    return Chunk(**values)


def day(iso: str) -> int:
    """20260131 for "2026-01-31"."""
    return int(iso.replace("-", ""))


def _days(chunk: Chunk) -> tuple[tuple[str, str], ...]:
    return (("valid_from", chunk.valid_from), ("valid_until", chunk.valid_until))


def _head_fields(breadcrumb: str, views: Sequence[Analyzer]) -> dict[str, str]:
    ours = [view for view in views if not isinstance(view, OnNode)]
    fields = {f"{view.name}_head": " ".join(view.tokens(breadcrumb)) for view in ours}
    if len(fields) < len(views):
        fields["head"] = _for_node(breadcrumb, views)
    return fields


def _for_node(text: str, views: Sequence[Analyzer]) -> str:
    ranges = any(isinstance(view, OnNode) and view.ranges for view in views)
    return with_ranges(text) if ranges else for_node(text)


def _text_fields(chunk: Chunk, heads: Mapping[str, str], views: Sequence[Analyzer]) -> dict[str, str]:
    fields = {
        view.name: f"{heads[view.name + '_head']} {' '.join(view.tokens(chunk.text))}"
        for view in views
        if not isinstance(view, OnNode)
    }
    if len(fields) < len(views):
        fields["text"] = f"{heads['head']}\n{_for_node(chunk.text, views)}"
    return fields


def _index_line(identity: str) -> bytes:
    return b'{"index":{"_id":"%s"}}\n' % identity.encode("ascii")
