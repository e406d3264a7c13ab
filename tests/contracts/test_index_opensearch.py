"""What a cluster can do to an index: be written by many, refuse items, lose its node, lack its analyser."""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TypeVar

import pytest

from ragtune.adapters.opensearch import Cluster, OpenSearchGenerations, OpenSearchIndex
from ragtune.adapters.opensearch.bulk import BODY_BYTES, bulk
from ragtune.adapters.opensearch.cluster import Refused
from ragtune.adapters.opensearch.names import write_alias
from ragtune.adapters.opensearch.writer import Writer
from ragtune.analysis import Bigrams
from ragtune.documents import Section, Text, document_id
from ragtune.errors import IndexUnavailable, OutOfSpace
from ragtune.manifest import Manifest
from ragtune.ports import Entry, Head, Index, Stored
from ragtune.rebuilding import catch_up
from tests.contracts.entries import EVERYONE, entry, leg
from tests.contracts.search_node import node_url, open_index, started
from tests.contracts.tampering import Answer, some_refused, tampered

pytestmark = pytest.mark.opensearch
BIGRAMS = Bigrams()
MANUALS = sorted(Path("samples/manuals").rglob("*.html"))
QUESTIONS = [Path(f"samples/questions/{part}.jsonl") for part in ("development", "evaluation")]
T = TypeVar("T")


@pytest.fixture
def index(name: str) -> Iterator[OpenSearchIndex]:
    opened = open_index(name)
    yield opened
    opened.close()


def page(number: int, version: int, chunks: int = 3) -> Entry:
    return entry(f"쪽{number}", [f"판 {version} 부분 {part}" for part in range(chunks)], version=version)


def seen(index: Index, question: str = "판 부분") -> dict[str, set[tuple[int, int]]]:
    """Title -> (version, ordinal) of what one search and reading of its chunks shows."""
    hits = index.search([leg(question, BIGRAMS)], EVERYONE, 200)[0]
    found: dict[str, set[tuple[int, int]]] = {}
    for chunk in index.chunks([hit.chunk_id for hit in hits]):
        found.setdefault(chunk.title, set()).add((chunk.version, chunk.ordinal))
    return found


def records(index: OpenSearchIndex) -> int:
    """Everything the index holds, whatever it counts for."""
    cluster = index._cluster
    cluster.ask("POST", f"/{index.made.physical}/_refresh")
    return int(cluster.ask("GET", f"/{index.made.physical}/_count")["count"])


def test_many_writers_in_any_order_end_with_the_newest_and_pages_stay_whole(name: str) -> None:
    events = [(number, version) for number in range(6) for version in range(1, 13)]
    random.Random(5).shuffle(events)
    working(name, lambda index: list(index.put(page(number, 0) for number in range(6))))
    done = Event()

    def read(index: OpenSearchIndex) -> list[str]:
        torn = []
        while not done.is_set():
            for title, parts in seen(index).items():
                if {part for _, part in parts} != {0, 1, 2} or len({version for version, _ in parts}) > 1:
                    torn.append(f"{title}: {parts}")
        return torn

    with ThreadPoolExecutor(5) as pool:
        reading = pool.submit(working, name, read)
        shares = [events[start::4] for start in range(4)]
        writing = [pool.submit(working, name, lambda index, own=own: changes(index, own)) for own in shares]
        for one in writing:
            one.result()
        done.set()
        assert reading.result() == []
    working(name, check_ends)


def working(name: str, work: Callable[[OpenSearchIndex], T]) -> T:
    """What `work` does with an index of its own."""
    index = open_index(name)
    try:
        return work(index)
    finally:
        index.close()


def changes(index: OpenSearchIndex, events: Sequence[tuple[int, int]]) -> list[str]:
    for number, version in events:
        if version % 4 == 0:
            index.delete(page(number, version).document.source, version)
        else:
            list(index.put([page(number, version)]))
    return []


def check_ends(index: OpenSearchIndex) -> None:
    assert {(head.version, head.deleted) for head in index.heads()} == {(12, True)}
    assert seen(index) == {}
    assert records(index) == 6  # heads: nothing of what was replaced is left


def test_what_a_writer_left_that_died_is_never_seen_and_goes_with_the_next_write(
    index: OpenSearchIndex, name: str
) -> None:
    list(index.put([page(1, 1)]))
    died = Writer(index._cluster, name, [BIGRAMS])
    for number, version in ((1, 2), (2, 1)):
        [ready] = died.prepared([page(number, version, chunks=60)])
        bulk(index._cluster, write_alias(name), ready.items, refresh=True)
    assert seen(index) == {"쪽1": {(1, 0), (1, 1), (1, 2)}}
    assert index.frequencies("bigram", ["부분"])[0] > 100  # they are there, and would fill every leg
    assert index.document(document_id("file:///manuals/쪽2.html")) is None
    list(index.put([page(1, 3), page(2, 2)]))
    assert seen(index) == {
        f"쪽{n}": {(version, part) for part in range(3)} for n, version in ((1, 3), (2, 2))
    }
    assert records(index) == 2 * (3 + 1 + 1)


def test_a_late_writer_cannot_bring_an_older_head_back(index: OpenSearchIndex, name: str) -> None:
    late = Writer(index._cluster, name, [BIGRAMS])
    [ready] = late.prepared([page(1, 1)])
    list(index.put([page(1, 5)]))
    bulk(index._cluster, write_alias(name), ready.items, refresh=True)
    stands = late._put_heads([ready.standing], index.made.physical)
    assert [one.head.version for one in stands.values()] == [5]
    assert seen(index) == {"쪽1": {(5, 0), (5, 1), (5, 2)}}
    assert records(index) == 3 + 1 + 1


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (429, "rejected_execution_exception", "rejected execution of coordinating operation"),
        (503, "unavailable_shards_exception", "primary shard is not active"),
        (403, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/8/index write (api)];"),
    ],
)
def test_items_that_are_refused_for_a_while_are_sent_again(
    name: str, status: int, kind: str, reason: str
) -> None:
    busy = some_refused(status, {"type": kind, "reason": reason}, every=3, times=4)
    with tampered(node_url(), busy) as url:
        index = open_index(name, url)
        heads = list(index.put(page(number, 1) for number in range(20)))
        assert [head.version for head in heads] == [1] * 20
        assert len(seen(index)) == 20
        index.close()


@pytest.mark.parametrize(
    ("status", "kind", "reason", "raised"),
    [
        (429, "rejected_execution_exception", "the queue is full", IndexUnavailable),
        (429, "cluster_block_exception", "disk usage exceeded flood-stage watermark", OutOfSpace),
        (400, "mapper_parsing_exception", "failed to parse", Refused),
    ],
)
def test_items_that_stay_refused_acknowledge_nothing(
    name: str, status: int, kind: str, reason: str, raised: type[Exception]
) -> None:
    never = some_refused(status, {"type": kind, "reason": reason}, every=1, times=1_000)
    with tampered(node_url(), never) as url:
        index = open_index(name, url, patience_s=0.3)
        with pytest.raises(raised, match=reason):
            list(index.put([page(1, 1)]))
        assert list(index.heads()) == []
        index.close()


def test_bodies_are_bounded(name: str) -> None:
    sizes: list[int] = []

    def weigh(method: str, path: str, body: bytes, pass_on: Callable[[bytes], Answer]) -> Answer:
        sizes.append(len(body))
        return pass_on(body)

    with tampered(node_url(), weigh) as url:
        index = open_index(name, url)
        noise = random.Random(1)
        texts = ["".join(chr(noise.randint(0xAC00, 0xD7A3)) for _ in range(3_000)) for _ in range(120)]
        large = entry("큰 쪽", texts)
        blocks = tuple(Section(blocks=(Text(text=text * 2),)) for text in texts)
        large = replace(large, document=replace(large.document, sections=blocks, digest="1"))
        list(index.put([large]))
        assert max(sizes) <= BODY_BYTES
        assert sum(sizes) > 2 * BODY_BYTES
        assert index.document(large.document.id) == large.document
        assert len(index.entry_chunks(large.document.id)) == 120
        index.close()


def test_a_node_that_is_killed_loses_nothing_that_was_acknowledged(name: str) -> None:
    node = started()
    acknowledged: list[Head] = []
    index, hasty = (open_index(name, node.url, patience_s=patience) for patience in (200.0, 0.2))
    pages = [page(number, 1) for number in range(1_500)]
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: acknowledged.extend(index.put(pages)))
        while not writing.done() and records_at(hasty) < 1_000:
            pass
        node.kill()
        before = len(acknowledged)
        for ask in (lambda: list(hasty.put([page(1, 2)])), lambda: seen(hasty)):
            with pytest.raises(IndexUnavailable, match="see whether the search cluster is up"):
                ask()
        node.start()
        writing.result()  # goes on where it was
    assert before < len(pages)
    assert [head.source for head in acknowledged] == [one.document.source for one in pages]
    assert all(len(hasty.entry_chunks(head.document_id)) == 3 for head in acknowledged[::20])
    assert hasty.info()["chunks"] == 3 * len(pages)
    assert records(hasty) == len(pages) * (3 + 1 + 1)
    for one in (index, hasty):
        one.close()
    node.remove()


def records_at(index: OpenSearchIndex) -> int:
    return int(index._cluster.ask("GET", f"/{index.made.physical}/_count")["count"])


def test_a_switch_under_writers_loses_nothing_that_was_acknowledged(name: str) -> None:
    working(name, lambda index: list(index.put(page(number, 1) for number in range(20))))
    other = OpenSearchGenerations(Cluster(node_url()), name, [BIGRAMS], Manifest())
    acknowledged: list[Head] = []
    done = Event()

    def write(index: OpenSearchIndex) -> None:
        for number in itertools.count(100):
            acknowledged.extend(index.put([page(number, 1)]))
            if done.is_set():
                break

    def copy(stored: Stored, new: Index) -> None:
        catch_up(stored, new, lambda document: page(int(document.title[1:]), document.version))

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(working, name, write)
        built = other.rebuild(copy)
        assert other.switch(copy).name == built.name
        after = len(acknowledged)
        while len(acknowledged) < after + 3 and not writing.done():
            pass
        done.set()
        writing.result()

    def check(index: OpenSearchIndex) -> None:
        assert index.made.physical == built.name
        assert {head.source for head in index.heads()} >= {head.source for head in acknowledged}
        assert all(len(index.entry_chunks(head.document_id)) == 3 for head in acknowledged)
        assert index.info()["documents"] == 20 + len(acknowledged)

    working(name, check)


def test_unknown_fields_are_refused(index: OpenSearchIndex) -> None:
    line = b'{"index":{"_id":"odd"}}\n{"kind":"head","more":1}\n'
    answer = index._cluster.ask("POST", f"/{write_alias(index._name)}/_bulk", line)
    assert answer["items"][0]["index"]["error"]["type"] == "strict_dynamic_mapping_exception"


def test_nothing_makes_an_index_without_mappings(name: str) -> None:
    cluster = Cluster(node_url())
    with pytest.raises(Refused, match="alias"):
        bulk(cluster, write_alias(name), [(b'{"index":{"_id":"a"}}\n', b'{"kind":"head"}\n')], alias=True)
    assert cluster.ask("GET", f"/{name}*") == {}
    cluster.close()
