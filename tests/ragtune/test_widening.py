"""Small hits that bring their sections, over chunks as the chunker makes them and a real index."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.chunking import chunks
from ragtune.documents import Chunk, Document, Passage, Section, Table, Text
from ragtune.manifest import Manifest
from ragtune.ports import Entry, Room
from ragtune.retrieval import Retriever
from ragtune.settings import RetrievalSettings
from ragtune.widening import around, widen
from tests.contracts.entries import EVERYONE

SENTENCES = [f"{n}번째 안내 문장으로, 빛길라이트의 {n}번 조항을 길게 설명합니다." for n in range(60)]
FREE = Room(limit=10**9, count=len)


def manual(version: int = 1) -> Document:
    long = tuple(Text(text=one) for one in SENTENCES)
    grid = (("상품", "요금"), *((f"상품{n}", f"{n},000") for n in range(30)))
    prices = Table(grid=grid, header_rows=1, header_columns=1, unit="원")
    sections = (
        Section(path=("조항",), blocks=long),
        Section(path=("요금",), blocks=(prices,)),
        Section(path=("해지",), blocks=(Text(text="해지는 전화로 합니다."),)),
    )
    return Document(source="file:///m/a.html", version=version, title="약관", sections=sections)


PARTS = chunks(manual(), max_chars=120)


def hit(place: int) -> Passage:
    return Passage(chunk=PARTS[place], score=1.0)


def at_hand(passages: list[Passage]) -> list[Chunk]:
    ids = set(around(passages))
    return [chunk for chunk in PARTS if chunk.id in ids]


def widened(passages: list[Passage], room: Room = FREE, most_chars: int = 600) -> list[Passage]:
    return widen(passages, at_hand(passages), room=room, most_chars=most_chars)


def test_a_hit_brings_what_follows_and_precedes_it() -> None:
    (grown,) = widened([hit(5)])
    assert grown.chunk.id == PARTS[5].id
    assert grown.chunk.text == "\n".join(chunk.text for chunk in PARTS[3:8])
    assert len(grown.chunk.text) <= 600


def test_a_section_ends_where_the_next_begins() -> None:
    last = PARTS[-1]
    assert widened([Passage(chunk=last, score=1.0)])[0].chunk == last
    (first,) = widened([hit(0)])
    assert first.chunk.text.startswith(PARTS[0].text)
    assert set(first.chunk.text.splitlines()) <= set(SENTENCES)


def test_the_heading_of_a_divided_table_is_said_once() -> None:
    prices = next(chunk for chunk in PARTS if chunk.path == ("요금",))
    (grown,) = widened([Passage(chunk=prices, score=1.0)])
    heading = prices.text.split("\n")[0]
    assert grown.chunk.text.count(heading) == 1
    assert grown.chunk.text.count("입니다.") > prices.text.count("입니다.")


def test_a_hit_that_a_better_one_has_taken_in_is_not_given_twice() -> None:
    found = widened([hit(5), hit(7), hit(20)])
    assert [passage.chunk.id for passage in found] == [PARTS[5].id, PARTS[20].id]


def test_what_is_not_of_the_same_version_is_left_out() -> None:
    newer = [replace(chunk, version=2, text="바뀐 글") for chunk in at_hand([hit(5)])]
    assert widen([hit(5)], newer, room=FREE, most_chars=600) == [hit(5)]


def test_chunks_that_know_no_section_stay_as_they_are() -> None:
    alone = Passage(chunk=replace(PARTS[5], section=(0, 0)), score=1.0)
    assert around([alone]) == []
    assert widened([alone]) == [alone]


@given(
    st.lists(st.integers(0, len(PARTS) - 1), min_size=1, max_size=6, unique=True),
    st.integers(0, 3_000),
    st.integers(0, 2_000),
)
@settings(max_examples=100, deadline=None)
def test_hits_keep_their_text_and_growth_keeps_to_the_room(
    places: list[int], limit: int, most_chars: int
) -> None:
    passages = [hit(place) for place in places]
    room = Room(limit=limit, count=lambda text: len(text) + 8)
    found = widened(passages, room, most_chars)
    used = sum(room.count(passage.chunk.searchable) for passage in found)
    assert used <= max(limit, sum(room.count(passage.chunk.searchable) for passage in passages))
    whole = "\n".join(passage.chunk.text for passage in found)
    for passage in passages:
        assert all(line in whole for line in passage.chunk.text.splitlines())
    for passage, given_ in zip(
        found, (p for p in passages if p.chunk.id in {f.chunk.id for f in found}), strict=True
    ):
        assert passage.chunk.id == given_.chunk.id
        assert len(passage.chunk.text) <= max(most_chars, len(given_.chunk.text))
    lines = [line for line in whole.splitlines() if line in SENTENCES]
    assert len(lines) == len(set(lines)), "a sentence is given twice"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path, [Bigrams()], Manifest())
    list(opened.put([Entry(document=manual(), chunks=PARTS)]))
    yield opened
    opened.close()


def test_the_retriever_widens_where_the_settings_say_so(index: EmbeddedIndex) -> None:
    weights = {"bigram": 1.0}
    narrow = Retriever(index, [Bigrams()], RetrievalSettings(weights=weights))
    wide = Retriever(index, [Bigrams()], RetrievalSettings(weights=weights, section_chars=600))
    hits = narrow.passages("33번째 안내 문장", EVERYONE, 2)
    assert SENTENCES[33] in hits[0].chunk.text
    assert narrow.widened(hits, EVERYONE, FREE) == hits
    grown = wide.widened(hits, EVERYONE, FREE)[0].chunk
    assert len(hits[0].chunk.text) < 150
    assert 400 < len(grown.text) <= 600
    assert SENTENCES[33] in grown.text
    nobody = replace(EVERYONE, labels=frozenset({"staff"}))
    assert wide.widened(hits, nobody, FREE) == hits
