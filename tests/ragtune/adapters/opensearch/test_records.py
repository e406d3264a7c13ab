import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.adapters.opensearch import records
from ragtune.adapters.opensearch.views import Cjk, Nori, for_node
from ragtune.analysis import Bigrams, normalise
from ragtune.ports import Head
from ragtune.ranges import amount_tokens
from tests.contracts.entries import entry


@given(st.integers(0, 2**41), st.booleans(), st.integers(0, 2**41), st.booleans())
def test_ranks_order_versions_then_deletes(one: int, gone: bool, other: int, left: bool) -> None:
    assert (records.rank(one, deleted=gone) < records.rank(other, deleted=left)) == (
        (one, gone) < (other, left)
    )


def test_an_edition_is_a_page_at_a_version_with_its_contents() -> None:
    page = entry("요금").document
    names = {
        records.edition(one)
        for one in (page, replace(page, version=2), replace(page, digest="x"), entry("설치").document)
    }
    assert len(names) == 4
    assert records.edition(page) == records.edition(replace(page, title="다른 제목"))


def test_chunks_must_be_those_of_the_page_in_order() -> None:
    made = entry("요금", ["하나", "둘"])
    records.check(made)
    with pytest.raises(ValueError, match="stands at place 0"):
        records.check(replace(made, chunks=made.chunks[::-1]))
    with pytest.raises(ValueError, match="is not of"):
        records.check(replace(made, chunks=(replace(made.chunks[0], version=9),)))


def test_a_view_of_ours_is_sent_as_tokens_and_one_of_the_nodes_as_text() -> None:
    [lines] = records.chunk_lines(entry("5G요금제", ["월 33,000원"]), [Nori(), Bigrams()])
    assert b'"text":"5g \xec\x9a\x94\xea\xb8\x88\xec\xa0\x9c' in lines[1]
    assert '"bigram":"5g 5 g 요금 금제 안내 월 33000 원"'.encode() in lines[1]
    assert b'"nori":' not in lines[1]


def test_ranges_stand_in_the_text_where_a_view_of_the_node_asks_for_them() -> None:
    stated = "월 소득 30만원 이상 50만원 미만"
    [(_, with_them)] = records.chunk_lines(entry("나이 제한 19~34세", [stated]), [Nori(), Cjk()])
    [(_, without)] = records.chunk_lines(entry("나이 제한 19~34세", [stated]), [Nori(), Bigrams()])
    fields, plain = json.loads(with_them), json.loads(without)
    for question in ("소득이 40만 원이면?", "만 25세"):
        assert set(amount_tokens(normalise(question))) & set(fields["text"].split())
    assert set(amount_tokens("25세")) & set(fields["head"].split())
    # The same tokens that our own bigrams add, and none for a view that does not know them.
    tokens = {word for word in plain["bigram"].split() if word.startswith("z")}
    assert tokens == {word for word in fields["text"].split() if word.startswith("z")}
    assert "zr" not in plain["text"]


def test_pages_and_heads_come_back_as_they_were() -> None:
    made = entry("긴 쪽", ["가" * 10 + "\ud800"])
    parts, items = records.page_lines(made)
    assert parts == len(items) == 1
    standing = records.Standing(
        head=Head(document_id="d_1", source="file:///a", version=7, digest="x", deleted=True), edition=""
    )
    assert standing.rank == 15
    assert b'"version_type":"external_gte"' in records.head_lines(standing)[0]


def test_hangul_and_figures_are_kept_apart_for_the_node() -> None:
    assert for_node("5G요금제 33,000원 LTE망") == "5g 요금제 33000 원 lte 망"
    assert Nori(("5G요금제", "올인원")).words == ("올인원",)
