from ragtune.adapters.opensearch.searches import body, counts, distinct
from ragtune.adapters.opensearch.views import Cjk, Nori
from ragtune.analysis import Bigrams
from ragtune.ports import Access, Leg, Near
from tests.contracts.entries import word

ACCESS = Access(labels=frozenset({"public", "staff"}), day="2026-11-20")
VIEWS = (Nori(), Cjk(), Bigrams())


def test_every_leg_holds_the_filters() -> None:
    lexical = body(Leg(field="bigram", terms=(word("요금"),)), ACCESS, 50, VIEWS, {"d_1:2.x"})
    near = body(Near(vector=(1.0, 0.0)), ACCESS, 50, VIEWS, {"d_1:2.x"})
    for filters in (lexical["query"]["bool"], near["query"]["knn"]["dense"]["filter"]["bool"]):
        assert filters["filter"] == [{"terms": {"labels": ["public", "staff"]}}]
        assert {"range": {"valid_from": {"gt": 20261120}}} in filters["must_not"]
        assert {"range": {"valid_until": {"lt": 20261120}}} in filters["must_not"]
        assert {"terms": {"edition": ["d_1:2.x"]}} in filters["must_not"]


def test_a_view_of_the_node_is_analysed_there_unless_its_terms_are_exact() -> None:
    def asked(field: str) -> object:
        made = body(Leg(field=field, terms=(word("위약금", 0.5),)), ACCESS, 5, VIEWS, ())
        return made["query"]["bool"]["must"][0]["bool"]["should"]

    assert asked("nori_head") == [{"match": {"head.nori": {"query": "위약금", "boost": 0.5}}}]
    assert asked("cjk") == [{"term": {"text.cjk": {"value": "위약금", "boost": 0.5}}}]
    assert asked("bigram") == [{"term": {"bigram": {"value": "위약금", "boost": 0.5}}}]


def test_terms_that_come_twice_weigh_twice_and_the_heaviest_are_kept() -> None:
    assert distinct([word("a"), word("b c", 0.25), word("a", 0.5)], 9) == {"a": 1.5, "b_c": 0.25}
    assert list(distinct([word(f"w{n}", 1 / (n + 1)) for n in range(9)], 3)) == ["w0", "w1", "w2"]
    long = body(Leg(field="nori", terms=tuple(word(f"w{n}") for n in range(5_000))), ACCESS, 5, VIEWS, ())
    assert len(long["query"]["bool"]["must"][0]["bool"]["should"]) == 250


def test_a_word_counts_as_its_rarest_morpheme() -> None:
    found = {
        "위약": {"doc_freq": 3, "tokens": [{"start_offset": 0}]},
        "금": {"doc_freq": 9, "tokens": [{"start_offset": 2}, {"start_offset": 5}]},
    }
    assert counts(found, ["위약금", "x", "금"], by_place=True) == [3, 9, 0]
    assert counts(found, ["위약", "금", "없음"], by_place=False) == [3, 9, 0]
