"""Legs as searches of OpenSearch, and their answers as hits.

body(Leg(field="bigram", terms=(Term(text="요금"),)), access, 50, …)
{"query": {"bool": {"must": [{"bool": {"should": [{"term": {"bigram": {"value": "요금", "boost": 1}}}]}}],
 "filter": [{"terms": {"labels": ["public"]}}], "must_not": [{"range": {"valid_from": …}}, …]}},
 "sort": [{"_score": "desc"}, {"chunk": "asc"}, {"edition": "asc"}], "size": 50, …}
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ragtune.adapters.opensearch.layout import field
from ragtune.adapters.opensearch.records import day
from ragtune.ports import Access, Analyzer, Hit, Leg, Near, Term

_MANY = 2**62
_MOST_TERMS = 1_000  # Lucene counts 1,024 clauses a query, filters included; a question has some hundred
_MOST_WORDS = 250  # each becomes up to a few morphemes
_NEAR_SLACK = 16  # neighbours beyond the limit, to see whether a tie goes over it
_FEWEST_NEAR = 100  # neighbours looked for; a graph searched for fewer misses some


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A hit and the edition it belongs to."""

    hit: Hit
    edition: str

    @property
    def document_id(self) -> str:
        return self.hit.chunk_id.partition(":")[0]


def body(
    leg: Leg | Near, access: Access, limit: int, views: Sequence[Analyzer], left_out: Collection[str]
) -> dict[str, Any]:
    """The search of one leg for up to `limit` chunks; nothing of the editions in `left_out`."""
    filters = _filters(access, left_out)
    if isinstance(leg, Near):
        size = max(limit + _NEAR_SLACK, _FEWEST_NEAR)
        near = {"vector": list(leg.vector), "k": size, "filter": {"bool": filters}}
        query: dict[str, Any] = {"knn": {leg.field: near}}
    else:
        size = limit
        query = {"bool": {"must": [{"bool": {"should": _should(leg, views)}}], **filters}}
    return {
        "query": query,
        "size": size,
        # Ties by chunk id, here and not on the client: a tie may go over the limit.
        "sort": [{"_score": "desc"}, {"chunk": "asc"}, {"edition": "asc"}],
        "track_total_hits": False,
        "stored_fields": "_none_",
    }


def hits(answer: Mapping[str, Any]) -> list[Found]:
    """The hits of one search's answer, best first."""
    return [
        Found(hit=Hit(chunk_id=chunk, score=float(score)), edition=edition)
        for score, chunk, edition in (one["sort"] for one in answer["hits"]["hits"])
    ]


def tied_beyond(found: Sequence[Found], limit: int, asked: int) -> bool:
    """Whether chunks that were not returned may tie with the last one within the limit."""
    return len(found) >= asked and found[limit - 1].hit.score <= found[-1].hit.score


def counts(found: Mapping[str, Any], words: Sequence[str], *, by_place: bool) -> list[int]:
    """How many chunks hold each of `words`, from the term vectors of the words in a row.

    `by_place`: the node made terms of its own from the words; a word has the count of its rarest one.
    """
    if not by_place:
        return [int(found.get(word, {}).get("doc_freq", 0)) for word in words]
    starts = [0, *accumulate(len(word) + 1 for word in words)][:-1]
    fewest: dict[int, int] = {}
    for term in found.values():
        for token in term["tokens"]:
            place = bisect_right(starts, token["start_offset"]) - 1
            fewest[place] = min(fewest.get(place, _MANY), int(term.get("doc_freq", 0)))
    return [fewest.get(place, 0) for place in range(len(words))]


def distinct(terms: Sequence[Term], most: int) -> dict[str, float]:
    """Term -> weight; one that comes twice weighs twice. The heaviest `most`."""
    weights: dict[str, float] = {}
    for term in terms:
        text = term.text.replace(" ", "_")
        weights[text] = weights.get(text, 0.0) + term.weight
    if len(weights) <= most:
        return weights
    kept = sorted(weights, key=weights.__getitem__, reverse=True)[:most]
    return {text: weights[text] for text in kept}


def _should(leg: Leg, views: Sequence[Analyzer]) -> list[dict[str, Any]]:
    name, view = field(leg.field, views)
    if view is not None and not view.exact:
        words = distinct(leg.terms, _MOST_WORDS).items()
        return [{"match": {name: {"query": text, "boost": weight}}} for text, weight in words]
    terms = distinct(leg.terms, _MOST_TERMS).items()
    return [{"term": {name: {"value": text, "boost": weight}}} for text, weight in terms]


def _filters(access: Access, left_out: Collection[str]) -> dict[str, Any]:
    today = day(access.day)
    without: list[dict[str, Any]] = [
        {"range": {"valid_from": {"gt": today}}},
        {"range": {"valid_until": {"lt": today}}},
    ]
    if left_out:
        without.append({"terms": {"edition": sorted(left_out)}})
    return {"filter": [{"terms": {"labels": sorted(access.labels)}}], "must_not": without}
