"""A node with its security plugin, and an index on it as each of the product's roles sees it."""

import atexit
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache

from emulator.opensearch import SearchNode
from emulator.opensearch.front import front_door
from ragtune.adapters.opensearch import Cluster, OpenSearchIndex, set_up
from ragtune.adapters.opensearch.roles import OPERATOR, READER, WRITER
from ragtune.analysis import Bigrams
from ragtune.documents import Chunk, Document
from ragtune.manifest import Manifest
from ragtune.ports import Access, Entry, Head, Hit, Leg, Near
from tests.contracts.search_node import started

NAME = "roles"  # the roles are for this name and what begins with `roles-`
_PATIENCE_S = 5.0


def callers() -> dict[str, list[str]]:
    """Role -> the IAM roles that have it."""
    return {role: [f"arn:aws:iam::111122223333:role/{role}"] for role in (READER, WRITER, OPERATOR)}


@cache
def secured() -> SearchNode:
    """The node, with roles and their mappings put as a deployment puts them."""
    node = started(security=True)
    cluster = administrator(node)
    set_up(cluster, NAME, [Bigrams()], Manifest(), callers=callers())
    cluster.close()
    return node


def administrator(node: SearchNode) -> Cluster:
    """The caller that may do everything."""
    return Cluster(node.url, tls=node.tls(admin=True))


@cache
def door(caller: str) -> str:
    """Where calls become those of `caller`, an IAM role's ARN."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(front_door(secured(), caller))


def cluster_as(role: str) -> Cluster:
    """The secured node as somebody of `role`."""
    return Cluster(door(callers()[role][0]), patience_s=_PATIENCE_S)


class AsRole:
    """ports.Index: what `role` may do is done as that role; a reader's documents come from a writer."""

    def __init__(self, role: str, name: str) -> None:
        admin = administrator(secured())
        set_up(admin, f"{NAME}-{name}", [Bigrams()], Manifest())
        admin.close()
        self._reading = self._open(role, name)
        self._writing = self._open(WRITER, name) if role == READER else self._reading

    def _open(self, role: str, name: str) -> OpenSearchIndex:
        return OpenSearchIndex(cluster_as(role), f"{NAME}-{name}", [Bigrams()], Manifest())

    def put(self, entries: Iterable[Entry]) -> Iterator[Head]:
        """By who may write."""
        return self._writing.put(entries)

    def delete(self, source: str, version: int) -> Head:
        """By who may write."""
        return self._writing.delete(source, version)

    def heads(self) -> Iterator[Head]:
        """Ingestion's business: a reader's view of it is up to a second old."""
        return self._writing.heads()

    def info(self) -> Mapping[str, object]:
        """As `heads`."""
        return self._writing.info()

    def search(self, legs: Sequence[Leg | Near], access: Access, limit: int) -> list[list[Hit]]:
        """By the role."""
        return self._reading.search(legs, access, limit)

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """By the role."""
        return self._reading.chunks(ids)

    def document(self, document_id: str) -> Document | None:
        """By the role."""
        return self._reading.document(document_id)

    def entry_chunks(self, document_id: str) -> list[Chunk]:
        """By the role."""
        return self._reading.entry_chunks(document_id)

    def frequencies(self, field: str, terms: Sequence[str]) -> tuple[int, list[int]]:
        """By the role."""
        return self._reading.frequencies(field, terms)

    def close(self) -> None:
        """Both."""
        self._reading.close()
        self._writing.close()
