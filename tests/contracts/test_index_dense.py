"""What every ports.Index does with vectors, whatever stands behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ragtune.analysis import Bigrams
from ragtune.errors import BadInput, ManifestMismatch
from ragtune.ports import Access, Entry, Index, Leg, Near
from tests.contracts.directions import Directions
from tests.contracts.engines import ENGINES, opened
from tests.contracts.entries import EVERYONE, entry, leg

EMBEDDER = Directions()
KINDS = ("가 마", "나 바", "다 사", "라 아")
TEXTS = [f"{kind} {number}번 요금" for number in range(10) for kind in KINDS]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def index(engine: str, tmp_path: Path) -> Iterator[Index]:
    with opened(engine, tmp_path, embedder=EMBEDDER) as index:
        yield index


def near(question: str) -> Near:
    return Near(vector=EMBEDDER.embed_question(question))


def titles(index: Index, question: str, access: Access = EVERYONE, limit: int = 50) -> list[str]:
    hits = index.search([near(question)], access, limit)[0]
    return [chunk.title for chunk in index.chunks([hit.chunk_id for hit in hits])]


def expected(entries: Sequence[Entry], question: str) -> dict[str, float]:
    """(1 + cosine) / 2 of every chunk's text with its breadcrumb, by chunk id."""
    chunks = [chunk for one in entries for chunk in one.chunks]
    vectors = np.array(EMBEDDER.embed_texts([chunk.searchable for chunk in chunks]))
    scores = (1 + vectors @ np.array(EMBEDDER.embed_question(question))) / 2
    return {chunk.id: float(score) for chunk, score in zip(chunks, scores, strict=True)}


def test_the_nearest_come_first_with_their_cosine_as_score(index: Index) -> None:
    pages = [entry(f"쪽{n}", TEXTS[n * 4 : n * 4 + 4]) for n in range(10)]
    list(index.put(pages))
    for question in ("7번 요금", "다 3번 요금 사", "쪽5 안내"):
        wanted = expected(pages, question)
        hits = index.search([near(question)], EVERYONE, 10)[0]
        assert [hit.chunk_id for hit in hits] == sorted(wanted, key=lambda one: (-wanted[one], one))[:10]
        assert [hit.score for hit in hits] == pytest.approx([wanted[hit.chunk_id] for hit in hits], abs=1e-5)


def test_both_kinds_of_legs_answer_in_their_order(index: Index) -> None:
    list(index.put([entry("요금", ["월 33,000원"]), entry("설치", ["기사가 방문합니다"])]))
    legs: list[Leg | Near] = [near("설치 기사 방문"), leg("33000원", Bigrams()), near("월 33000원 요금")]
    found = [index.chunks([hit.chunk_id for hit in hits]) for hits in index.search(legs, EVERYONE, 5)]
    assert [[chunk.title for chunk in chunks] for chunks in found] == [
        ["설치", "요금"],
        ["요금"],
        ["요금", "설치"],
    ]


def test_labels_and_days_filter_inside_the_leg(index: Index) -> None:
    hidden = [entry(f"비공개{n}", ["위약금 안내"], labels=("staff",)) for n in range(60)]
    later = [entry(f"나중{n}", ["위약금 안내"], valid=("2027-01-01", "")) for n in range(20)]
    past = [entry(f"지난{n}", ["위약금 안내"], valid=("", "2026-11-19")) for n in range(20)]
    list(index.put([*hidden, *later, *past, entry("공개", ["설치비 이야기"])]))
    assert titles(index, "위약금 안내") == ["공개"]
    assert titles(index, "위약금 안내", Access(labels=frozenset(), day="2026-11-20")) == []
    early = Access(labels=frozenset({"public"}), day="2026-11-19")
    assert len(titles(index, "위약금 안내", early, 200)) == 21
    assert len(titles(index, "위약금", Access(labels=frozenset({"staff"}), day="2026-11-20"), 200)) == 60


def test_vectors_go_with_their_version(index: Index) -> None:
    list(index.put([entry("요금", ["삼만원", "부가세 별도"]), entry("설치", ["무료"])]))
    assert len(index.search([near("요금")], EVERYONE, 9)[0]) == 3
    list(index.put([entry("요금", ["사만원"], version=2)]))
    page = entry("요금", ["사만원"], version=2)
    wanted = expected([page], "사만원")
    hits = index.search([near("사만원")], EVERYONE, 9)[0]
    assert len(hits) == 2
    assert hits[0].score == pytest.approx(wanted[page.chunks[0].id], abs=1e-5)
    index.delete(page.document.source, 3)
    assert titles(index, "요금") == ["설치"]
    list(index.put([page]))
    assert titles(index, "요금") == ["설치"]


def test_equal_vectors_tie_by_chunk_id(index: Index) -> None:
    pages = [entry(f"쪽{n:03}") for n in range(60)]
    alike = [replace(one, chunks=(replace(one.chunks[0], title="같은 제목"),)) for one in pages]
    list(index.put(alike))
    hits = index.search([near("위약금")], EVERYONE, 40)[0]
    assert [hit.chunk_id for hit in hits] == sorted(one.chunks[0].id for one in alike)[:40]
    assert len({hit.score for hit in hits}) == 1


def test_what_was_made_without_an_embedder_has_nothing_near(engine: str, tmp_path: Path) -> None:
    with opened(engine, tmp_path) as plain:
        list(plain.put([entry("요금")]))
        assert plain.search([near("요금"), leg("위약금", Bigrams())], EVERYONE, 5)[0] == []


def test_vectors_are_there_when_it_is_opened_again(engine: str, tmp_path: Path) -> None:
    for version in (1, 2):
        with opened(engine, tmp_path, embedder=EMBEDDER) as index:
            list(index.put([entry(f"쪽{version}", version=version)]))
    with opened(engine, tmp_path, embedder=EMBEDDER) as index:
        assert sorted(titles(index, "위약금")) == ["쪽1", "쪽2"]
        assert str(index.info()["manifest"]).count("directions 768") == 1


def test_another_embedder_is_named(engine: str, tmp_path: Path) -> None:
    with opened(engine, tmp_path, embedder=EMBEDDER) as index:
        list(index.put([entry("요금")]))
    with (
        pytest.raises(ManifestMismatch, match="embedder 'directions 768' but 'directions 32' is asked for"),
        opened(engine, tmp_path, embedder=Directions(32)),
    ):
        pass
    with opened(engine, tmp_path) as index, pytest.raises(ManifestMismatch, match="'directions 768'"):
        list(index.put([entry("새 쪽")]))


def test_a_question_of_another_dimension_is_refused(index: Index) -> None:
    list(index.put([entry("요금")]))
    with pytest.raises(BadInput, match="vector: 3 numbers; this index was made with 768"):
        index.search([Near(vector=(1.0, 0.0, 0.0))], EVERYONE, 5)
