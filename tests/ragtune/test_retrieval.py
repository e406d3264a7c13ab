from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.documents import PUBLIC, Chunk, document_id
from ragtune.manifest import Manifest
from ragtune.ports import Access, Hit
from ragtune.retrieval import Retriever, fuse, visible
from ragtune.settings import RetrievalSettings
from tests.contracts.entries import EVERYONE, entry

SETTINGS = RetrievalSettings(
    weights={"kiwi": 0.5, "bigram": 0.5, "kiwi_head": 0.1, "bigram_head": 0.1}, hits=20
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path, [Bigrams()], Manifest())
    yield opened
    opened.close()


def retriever(index: EmbeddedIndex) -> Retriever:
    return Retriever(index, [Bigrams()], SETTINGS)


def test_the_page_that_is_about_it_comes_first(index: EmbeddedIndex) -> None:
    list(
        index.put(
            [
                entry("요금", ["기가라이트의 월 요금은 33,000원입니다.", "번들티비는 11,000원입니다."]),
                entry("해지", ["해지하면 위약금이 있습니다. 요금은 일할 계산합니다."]),
                entry("설치", ["설치는 3일 안에 합니다."]),
            ]
        )
    )
    passages = retriever(index).passages("기가라이트 요금은 얼마인가요?", EVERYONE, 2)
    assert [passage.chunk.title for passage in passages] == ["요금", "요금"]
    assert passages[0].chunk.ordinal == 0
    assert 0 < passages[1].score < passages[0].score <= 1
    assert set(passages[0].legs) == {"bigram", "bigram_head"}


def test_weights_of_missing_views_go_to_the_others(index: EmbeddedIndex) -> None:
    list(index.put([entry("요금", ["요금표"]), entry("해지", ["요금 정산과 다른 여러 가지 설명"])]))
    best = retriever(index).passages("요금", EVERYONE, 1)[0]
    assert best.score == pytest.approx(1.0)


def test_no_views_or_words_find_nothing(index: EmbeddedIndex) -> None:
    list(index.put([entry("요금")]))
    assert Retriever(index, [], SETTINGS).passages("요금", EVERYONE, 3) == []
    assert retriever(index).passages("?!", EVERYONE, 3) == []


def test_an_excluded_document_leaves_as_many_hits_to_the_others(index: EmbeddedIndex) -> None:
    big = entry("요금", [f"요금 안내 {n}" for n in range(60)])
    list(index.put([big, *(entry(f"쪽{n}", ["요금에 관한 긴 안내가 아닌 글"]) for n in range(40))]))
    finder = retriever(index)
    assert {one.document_id for one in finder.ranked("요금 안내", EVERYONE)} == {big.document.id}
    left = finder.ranked("요금 안내", EVERYONE, exclude=[big.document.id])
    assert big.document.id not in {one.document_id for one in left}
    assert len(left) == SETTINGS.hits


def test_a_document_scores_as_its_best_chunk(index: EmbeddedIndex) -> None:
    list(index.put([entry("요금", ["요금표", "요금 안내"]), entry("해지", ["해지 뒤의 요금"])]))
    finder = retriever(index)
    documents = finder.documents("요금표", EVERYONE)
    assert documents[0] == (
        document_id("file:///manuals/요금.html"),
        finder.ranked("요금표", EVERYONE)[0].score,
    )
    assert len({name for name, _ in documents}) == len(documents) == 2


def test_what_became_invisible_between_search_and_reading_is_not_handed_out(index: EmbeddedIndex) -> None:
    list(index.put([entry("요금", ["요금표"]), entry("해지", ["요금 정산"])]))

    class Late(EmbeddedIndex):
        def chunks(self, ids: Sequence[str]) -> list[Chunk]:
            list(index.put([entry("요금", ["요금표"], version=2, labels=("staff",))]))
            return super().chunks(ids)

    late = Late(Path(str(index.info()["folder"])), [Bigrams()], Manifest())
    found = Retriever(late, [Bigrams()], SETTINGS).passages("요금표", EVERYONE, 5)
    late.close()
    assert [passage.chunk.title for passage in found] == ["해지"]


def test_fusion_by_hand() -> None:
    a = [Hit(chunk_id="d_1:0", score=9.0), Hit(chunk_id="d_2:0", score=6.0), Hit(chunk_id="d_3:0", score=5.0)]
    b = [Hit(chunk_id="d_2:0", score=0.3), Hit(chunk_id="d_4:0", score=0.1)]
    fused = fuse({"a": a, "b": b}, {"a": 0.75, "b": 0.25})
    assert [(one.chunk_id, one.score) for one in fused] == [
        ("d_1:0", 0.75),
        ("d_2:0", pytest.approx(0.75 * 0.25 + 0.25)),
        ("d_3:0", 0.0),
        ("d_4:0", 0.0),
    ]
    assert fused[1].legs == {"a": pytest.approx(0.25), "b": 1.0}


def test_equal_scores_of_a_leg_count_in_full() -> None:
    same = [Hit(chunk_id=f"d_{n}:0", score=2.0) for n in (2, 1)]
    assert [(one.chunk_id, one.score) for one in fuse({"a": same}, {"a": 1.0})] == [
        ("d_1:0", 1.0),
        ("d_2:0", 1.0),
    ]


@pytest.mark.parametrize(
    ("labels", "valid", "seen"),
    [
        (("public",), ("", ""), True),
        (("staff",), ("", ""), False),
        ((), ("", ""), False),
        (("public",), ("2026-11-20", "2026-11-20"), True),
        (("public",), ("2026-11-21", ""), False),
        (("public",), ("", "2026-11-19"), False),
    ],
)
def test_who_may_see_a_chunk(labels: tuple[str, ...], valid: tuple[str, str], seen: bool) -> None:
    chunk: Chunk = entry("쪽", labels=labels, valid=valid).chunks[0]
    assert visible(chunk, Access(labels=frozenset({PUBLIC}), day="2026-11-20")) is seen
