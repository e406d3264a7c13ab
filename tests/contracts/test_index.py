"""What every ports.Index does, whatever stands behind it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.analysis import Bigrams
from ragtune.documents import PUBLIC, Resource, document_id
from ragtune.ports import Access, Index, Leg
from ragtune.retrieval import visible
from tests.contracts.engines import ENGINES, ROLES, opened
from tests.contracts.entries import EVERYONE, entry, leg, word

BIGRAMS = Bigrams()


@pytest.fixture(params=(*ENGINES, *ROLES))
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    with opened(request.param, tmp_path) as index:
        yield index


def found(index: Index, question: str, access: Access = EVERYONE, field: str = "") -> list[str]:
    """Titles of the chunks that one leg finds."""
    hits = index.search([leg(question, BIGRAMS, field)], access, 50)[0]
    return [chunk.title for chunk in index.chunks([hit.chunk_id for hit in hits])]


def test_what_is_put_can_be_found_and_read_back(index: Index) -> None:
    page = entry("기가라이트", ["월 요금은 33,000원입니다.", "설치비는 없습니다."])
    file = Resource(name="신청서.pdf", uri="file:///f.pdf", media_type="application/pdf", section=0)
    page = replace(page, chunks=(replace(page.chunks[0], attachments=(file,)), page.chunks[1]))
    heads = list(index.put([page, entry("번들티비", ["채널은 200개입니다."])]))
    assert [(head.source, head.version, head.deleted) for head in heads] == [
        ("file:///manuals/기가라이트.html", 1, False),
        ("file:///manuals/번들티비.html", 1, False),
    ]
    assert found(index, "월 요금 33000원") == ["기가라이트"]
    assert index.document(page.document.id) == page.document
    assert tuple(index.entry_chunks(page.document.id)) == page.chunks
    assert index.chunks([page.chunks[1].id, "d_0000000000000000:0", page.chunks[0].id]) == [
        page.chunks[1],
        page.chunks[0],
    ]


def test_any_number_of_chunks_is_read_at_once(index: Index) -> None:
    page = entry("긴 쪽", [f"{n}번째 조항" for n in range(1_200)])
    list(index.put([page]))
    ids = [chunk.id for chunk in reversed(page.chunks)]
    assert [chunk.id for chunk in index.chunks(ids)] == ids
    assert index.chunks([]) == []


def test_the_head_field_holds_the_breadcrumb_alone(index: Index) -> None:
    list(index.put([entry("위약금", ["설치비입니다."]), entry("설치비", ["위약금입니다."])]))
    assert found(index, "위약금", field="bigram_head") == ["위약금"]
    assert sorted(found(index, "위약금")) == ["설치비", "위약금"]


def test_a_newer_version_replaces_everything_of_the_older(index: Index) -> None:
    list(index.put([entry("요금", ["삼만원입니다.", "부가세 별도입니다."])]))
    list(index.put([entry("요금", ["사만원입니다."], version=2)]))
    assert found(index, "삼만") == []
    assert found(index, "부가세") == []
    assert found(index, "사만") == ["요금"]
    assert len(index.entry_chunks(document_id("file:///manuals/요금.html"))) == 1


def test_older_versions_lose_and_equal_ones_change_nothing(index: Index) -> None:
    newest = entry("요금", ["사만원입니다."], version=5)
    list(index.put([newest]))
    heads = list(index.put([entry("요금", ["삼만원입니다."], version=4), newest]))
    assert [head.version for head in heads] == [5, 5]
    assert found(index, "삼만") == []
    assert found(index, "사만") == ["요금"]


def test_the_last_version_in_one_batch_wins_in_any_order(index: Index) -> None:
    versions = [entry("요금", [f"{n}번째 가격"], version=n) for n in range(1, 6)]
    random.Random(7).shuffle(versions)
    list(index.put(versions))
    assert found(index, "5번째 가격") == ["요금"]
    assert index.entry_chunks(versions[0].document.id)[0].version == 5


def test_content_that_changes_at_one_version_ends_as_the_last_that_came(index: Index) -> None:
    one, other = (entry("요금", [text]) for text in ("삼만원입니다.", "사만원입니다."))
    list(index.put([one]))
    list(index.put([other, one]))
    assert (found(index, "삼만"), found(index, "사만")) == (["요금"], [])


def test_a_tombstone_lasts(index: Index) -> None:
    page = entry("요금", version=3)
    list(index.put([page]))
    head = index.delete(page.document.source, 4)
    assert (head.deleted, head.version) == (True, 4)
    assert found(index, "위약금") == []
    assert index.document(page.document.id) is None
    assert index.chunks([page.chunks[0].id]) == []
    assert [head.deleted for head in index.put([entry("요금", version=4), page])] == [True, True]
    assert found(index, "위약금") == []
    assert [head.deleted for head in index.put([entry("요금", version=5)])] == [False]
    assert found(index, "위약금") == ["요금"]


def test_a_late_delete_loses(index: Index) -> None:
    list(index.put([entry("요금", version=3)]))
    assert index.delete("file:///manuals/요금.html", 2).deleted is False
    assert found(index, "위약금") == ["요금"]


def test_a_source_never_seen_can_be_deleted_beforehand(index: Index) -> None:
    index.delete("file:///manuals/요금.html", 9)
    list(index.put([entry("요금", version=8)]))
    assert found(index, "위약금") == []
    assert [head.deleted for head in index.heads()] == [True]


def test_the_same_events_in_any_order_end_alike(index: Index) -> None:
    events = [("put", 1), ("put", 3), ("delete", 2), ("delete", 4), ("put", 4), ("put", 2)]
    ends = set()
    for seed in range(12):
        name = f"page{seed}"
        for kind, version in random.Random(seed).sample(events, len(events)):
            if kind == "put":
                list(index.put([entry(name, [f"판 {version}"], version=version)]))
            else:
                index.delete(f"file:///manuals/{name}.html", version)
        head = next(head for head in index.heads() if name in head.source)
        ends.add((head.version, head.deleted))
    assert ends == {(4, True)}


def test_labels_and_days_filter_inside_every_leg(index: Index) -> None:
    # Two hundred pages rank above the one that the caller may see.
    hidden = [entry(f"비공개{n}", ["위약금 위약금 위약금"], labels=("staff",)) for n in range(200)]
    list(index.put([*hidden, entry("공개", ["긴 설명 끝에 위약금이라는 말이 한 번 나옵니다."])]))
    assert found(index, "위약금") == ["공개"]
    assert len(found(index, "위약금", Access(labels=frozenset({"staff"}), day="2026-11-20"))) == 50
    assert found(index, "위약금", Access(labels=frozenset(), day="2026-11-20")) == []
    assert found(index, "위약금", Access(labels=frozenset({"staff public"}), day="2026-11-20")) == []


def test_a_filter_hides_the_best_and_ties_still_come_by_chunk_id(index: Index) -> None:
    hidden = [entry(f"비공개{n}", ["위약금 위약금 위약금"], labels=("staff",)) for n in range(30)]
    alike = [entry(f"쪽{n:03}") for n in range(150)]
    list(index.put([*hidden, *alike]))
    everything = sorted(one.chunks[0].id for one in alike)
    for limit in (1, 10, 70, 100, 150):
        hits = index.search([leg("위약금", BIGRAMS)], EVERYONE, limit)[0]
        assert [hit.chunk_id for hit in hits] == everything[:limit]


def test_a_page_without_labels_is_seen_by_no_one(index: Index) -> None:
    list(index.put([entry("비밀", labels=())]))
    assert found(index, "위약금", Access(labels=frozenset({PUBLIC, ""}), day="2026-11-20")) == []


@pytest.mark.parametrize(
    ("day", "titles"),
    [
        ("2025-12-31", ["언제나"]),
        ("2026-01-01", ["부터", "사이", "언제나"]),
        ("2026-06-30", ["부터", "사이", "언제나"]),
        ("2026-07-01", ["부터", "언제나"]),
    ],
)
def test_both_days_of_validity_are_included(index: Index, day: str, titles: list[str]) -> None:
    list(
        index.put(
            [
                entry("언제나"),
                entry("부터", valid=("2026-01-01", "")),
                entry("사이", valid=("2026-01-01", "2026-06-30")),
            ]
        )
    )
    assert sorted(found(index, "위약금", Access(labels=frozenset({PUBLIC}), day=day))) == titles


def test_no_random_caller_sees_what_the_labels_forbid(index: Index) -> None:
    random_ = random.Random(3)
    names = ["public", "staff", "billing", "내부 전용", "a_b", "a b"]
    days = ["", "2026-01-01", "2026-06-01", "2026-12-31"]
    pages = [
        entry(
            f"쪽{n}",
            labels=tuple(random_.sample(names, random_.randint(0, 3))),
            valid=(random_.choice(days), random_.choice(days)),
        )
        for n in range(150)
    ]
    list(index.put(pages))
    for _ in range(300):
        labels = frozenset(random_.sample(names, random_.randint(0, 4)))
        access = Access(labels=labels, day=f"2026-{random_.randint(1, 12):02}-15")
        hits = index.search([leg("위약금", BIGRAMS)], access, 200)[0]
        allowed = {page.chunks[0].id for page in pages if visible(page.chunks[0], access)}
        assert {hit.chunk_id for hit in hits} == allowed


def test_hits_come_best_first_and_ties_by_chunk_id(index: Index) -> None:
    list(index.put([entry(f"쪽{n:03}") for n in range(120)]))
    list(index.put([entry("위약금")]))
    hits = index.search([leg("위약금", BIGRAMS)], EVERYONE, 40)[0]
    assert index.chunks([hits[0].chunk_id])[0].title == "위약금"
    everything = sorted(document_id(f"file:///manuals/쪽{n:03}.html") + ":0" for n in range(120))
    assert [hit.chunk_id for hit in hits[1:]] == everything[:39]


def test_weights_scale_scores(index: Index) -> None:
    list(index.put([entry("쪽"), entry("다른", ["설치비"])]))
    terms = ((word("위약"),), (word("위약", 0.25),))
    full, quarter = index.search([Leg(field="bigram", terms=one) for one in terms], EVERYONE, 5)
    assert quarter[0].score == pytest.approx(full[0].score / 4)


def test_odd_questions_find_nothing_and_break_nothing(index: Index) -> None:
    list(index.put([entry("쪽", ["lone \ud800 surrogate, \x00 nul, 줄\n바꿈"])]))
    assert index.search([Leg(field="bigram", terms=())], EVERYONE, 5) == [[]]
    assert found(index, "없는말뿐") == []
    assert found(index, '줄 AND (OR "~*') == ["쪽"]
    long = Leg(field="bigram", terms=tuple(word(f"말{n}") for n in range(5_000)))
    assert index.search([long, leg("줄", BIGRAMS)], EVERYONE, 5)[0] == []


def test_frequencies_count_chunks(index: Index) -> None:
    list(index.put([entry("하나", ["요금 요금", "설치"]), entry("둘", ["요금"])]))
    assert index.frequencies("bigram", ["요금", "설치", "없음"]) == (3, [2, 1, 0])


def test_a_chunk_of_another_page_is_refused(index: Index) -> None:
    page = entry("하나")
    with pytest.raises(ValueError, match="is not of file:///manuals/하나"):
        list(index.put([replace(page, chunks=entry("둘").chunks)]))
    assert list(index.heads()) == []


def test_info_counts(index: Index) -> None:
    list(index.put([entry("하나", ["가나", "다라"]), entry("둘")]))
    index.delete("file:///manuals/둘.html", 2)
    info = index.info()
    assert (info["documents"], info["tombstones"], info["chunks"]) == (1, 1, 2)
