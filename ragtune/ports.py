"""The seams. What stands behind each is chosen in `wiring` alone; one suite a port runs on them all.

Analyzer  text -> search terms            kiwi morphemes, character bigrams
Embedder  texts -> unit vectors           an OpenAI-compatible server, SageMaker, a local model
Reranker  question and texts -> scores    a model server
Index     documents and their chunks      sqlite + tantivy, OpenSearch
Generations: the indexes of one name      folders and a pointer, physical indexes and aliases
Source    pages to read, at one version   a folder, S3
Verbalizer  table -> sentences            rules, a model
Generator prompt -> text                  extractive, a model server, SageMaker
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ragtune.documents import Chunk, Document, Passage, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A search term of a question. `weight` scales its BM25 score (question words weigh less than 1)."""

    text: str
    weight: float = 1.0


class Analyzer(Protocol):
    """One lexical view of a text."""

    name: str  # the view's name; part of the index manifest together with `version`
    version: str

    def tokens(self, text: str) -> list[str]:
        """Terms of a document's text in order, without white space inside."""

    def terms(self, question: str) -> list[Term]:
        """Weighted terms of a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much text is allowed: at most `limit` of what `count` counts (characters, a model's tokens).

    >>> Room(limit=500, count=len).count("요금")
    2
    """

    limit: int
    count: Callable[[str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One lexical search: `field` is `<view>` (text with breadcrumb) or `<view>_head` (breadcrumb alone)."""

    field: str
    terms: tuple[Term, ...]


DENSE = "dense"  # the field of the one dense leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """The dense search: the chunks whose vectors are nearest to `vector` (unit length) by cosine.

    A hit's score is (1 + cosine) / 2, between 0 and 1, on every index.
    """

    vector: tuple[float, ...]  # (D,)
    field: str = DENSE


class Embedder(Protocol):
    """Texts as vectors of unit length."""

    name: str  # model and settings; part of the index manifest
    dimension: int  # D, at most 4,096

    def embed_texts(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """A vector (D,) for each text of a chunk, in order. Raises ModelUnavailable."""

    def embed_question(self, question: str) -> tuple[float, ...]:
        """A vector (D,). Raises ModelUnavailable."""


class Reranker(Protocol):
    """Looks at question and text together."""

    name: str

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """A score for each text, in order, higher is better. Raises ModelUnavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who asks, and when: filters inside every leg. `day` is an ISO date."""

    labels: frozenset[str]
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    chunk_id: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document with its chunks: written as a whole, visible as a whole."""

    document: Document
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The current version of one source. A deleted one keeps its head, so that late writes lose."""

    document_id: str
    source: str
    version: int  # ms
    digest: str
    deleted: bool


class Index(Protocol):
    """Documents, chunks and their lexical legs. Older versions lose, equal ones are idempotent."""

    def put(self, entries: Iterable[Entry]) -> Iterator[Head]:
        """Yield a head for each entry once it is durable and can be found; a loser's head is the winner's.

        Raises Busy when another process writes, OutOfSpace when the disk is full, ManifestMismatch
        when the index was made by other settings.
        """

    def delete(self, source: str, version: int) -> Head:
        """Tombstone a source at `version` (ms). A newer version stands against it."""

    def search(self, legs: Sequence[Leg | Near], access: Access, limit: int) -> list[list[Hit]]:
        """Up to `limit` hits a leg, best first, ties by chunk id; only what `access` may see.

        A Near leg finds nothing in an index that was made without an embedder.
        """

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """Those of `ids` that are current, in the order of `ids`."""

    def document(self, document_id: str) -> Document | None:
        """The current version, or None when it is unknown or deleted."""

    def frequencies(self, field: str, terms: Sequence[str]) -> tuple[int, list[int]]:
        """How many chunks there are, and how many of them hold each term in `field`, about: for idf."""

    def heads(self) -> Iterator[Head]:
        """Every source ever seen, deleted ones too, by source."""

    def entry_chunks(self, document_id: str) -> list[Chunk]:
        """The current chunks of one document, in order."""

    def info(self) -> Mapping[str, object]:
        """Counts, bytes on disk and the manifest, for people."""

    def close(self) -> None: ...


class Stored(Protocol):
    """The documents of an index, readable whatever settings it was made with. An Index is one, too."""

    def heads(self) -> Iterable[Head]:
        """See Index.heads."""

    def document(self, document_id: str) -> Document | None:
        """See Index.document."""


Role = Literal["serving", "next", "before"]
CatchUp = Callable[[Stored, "Index"], object]  # bring the second to the state of the first; repeatable


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One index among those under a name. `info` as Index.info gives it: counts, bytes, manifest."""

    name: str
    role: Role
    info: Mapping[str, object]


class Generations(Protocol):
    """The indexes under one name (an embedded folder, an OpenSearch alias).

    One is `serving`: what everybody searches and writes. `next` is being built beside it with other settings;
    `before` served until the last switch. Each step may be killed and called again, and leaves one serving.
    `catch_up` is called as often as it takes that nothing which `serving` acknowledged is missing.
    """

    def kept(self) -> Mapping[Role, Generation]:
        """Those that there are."""

    def rebuild(self, catch_up: CatchUp) -> Generation:
        """Fill `next`, made by the present settings, from what `serving` holds. What an unfinished rebuild
        with the same settings left is gone on with; one with others is dropped. `serving` goes on meanwhile.

        Raises Busy when another rebuild runs, OutOfSpace, BadInput when nothing serves yet.
        """

    def switch(self, catch_up: CatchUp) -> Generation:
        """`next` serves from now on, and what served becomes `before`; an older `before` is removed.

        Raises BadInput when there is no `next`, ManifestMismatch when it was made by other settings than
        the present ones, Busy when a writer does not end in time.
        """

    def rollback(self, catch_up: CatchUp) -> Generation:
        """`before` serves again, with what was written since; what served becomes `next`, so that a switch
        takes it back. Raises as `switch` does; the settings must be those that `before` was made by.
        """

    def discard(self) -> list[str]:
        """Remove `next` and `before`; their names."""

    def snapshot(self, place: str) -> str:
        """Keep what `serving` holds now, while writers go on; where it lies. `place`: a folder that is not
        there yet, or a name in the cluster's repository. Raises BadInput for one that is taken, OutOfSpace.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One thing a source offers. `version` is its modification time in ms; that of the deletion if `deleted`,
    0 where the source does not know it."""

    uri: str
    version: int
    size: int  # bytes
    deleted: bool = False


class Source(Protocol):
    """Where pages come from. Every URI of it begins with `prefix`, and none of another source does."""

    prefix: str

    def files(self) -> Iterator[SourceFile]:
        """Every page there is now. Raises UnreadablePage, at the end, when a part of it can't be listed."""

    def current(self, uri: str) -> SourceFile:
        """One page as it is now, there or deleted. Raises Busy when the source does not answer."""

    def read(self, uri: str) -> tuple[bytes, int]:
        """Bytes and version (ms) as they are now. Raises UnreadablePage with the reason."""

    def digest(self, uri: str) -> str:
        """SHA-256 of a file that pages refer to, without holding it in memory. Raises UnreadablePage.

        Asked for every file in every run; an object store gives the checksum it keeps, without a download.
        """

    def content(self, uri: str, max_bytes: int) -> bytes:
        """A file that pages refer to. Raises UnreadablePage, also when it has more than `max_bytes`."""


class Verbalizer(Protocol):
    """Tells a table's rows."""

    name: str  # part of the index manifest

    def sentences(self, table: Table, subject: str) -> list[str]:
        """A sentence for each data row that holds anything, in order; no cell, number or unit is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a generator gets. `text` is the rendered prompt; `passages` those that fitted, best first."""

    text: str
    question: str
    passages: tuple[Passage, ...]
    dropped: tuple[Passage, ...] = ()  # did not fit the context, lowest ranked first to go
    stop: tuple[str, ...] = ()
    max_new_tokens: int = 256
    within_s: float = 0.0  # what is left for the whole answer; 0: as long as the generator itself allows


class Generator(Protocol):
    """Turns a prompt into text."""

    name: str

    def generate(self, prompt: Prompt) -> Iterator[str]:
        """Pieces of the answer as they come. Raises ModelUnavailable before or between pieces."""

    def versions(self) -> Mapping[str, str]:
        """Digests of what it answers with: base model, adapter, tokenizer."""
