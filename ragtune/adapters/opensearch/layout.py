"""How an index is laid out: settings and strict mappings, from its views.

layout(recipe([Nori(), Bigrams()], manifest), nori=True)
{"settings": {"index": {"number_of_shards": 1, …}, "analysis": {…}},
 "mappings": {"dynamic": "strict", "_meta": {"ragtune": {…}}, "properties": {"kind": …, "text": …}}}
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ragtune.adapters.opensearch.views import Nori, OnNode
from ragtune.manifest import Manifest, analysis_version
from ragtune.ports import Analyzer, Embedder
from ragtune.records import digest, encode

FORMAT = 1  # raise it when an older ragtune could not read what this one writes
_CODE = {"type": "keyword"}
_KEPT = {"type": "keyword", "index": False, "doc_values": False}
_LONGEST_LABEL = 8_191  # characters; Lucene takes 32,766 bytes. A longer label lets no one in
_FIELDS: dict[str, dict[str, Any]] = {
    "kind": _CODE,
    "document": _CODE,
    "edition": _CODE,
    "rank": {"type": "long"},
    "ordinal": {"type": "integer"},
    "chunk": _CODE,
    "labels": {"type": "keyword", "ignore_above": _LONGEST_LABEL},
    "valid_from": {"type": "integer"},
    "valid_until": {"type": "integer"},
    "version": {"type": "long", "index": False},
    "source": _KEPT,
    "digest": _KEPT,
    "deleted": {"type": "boolean"},
    "chunks": {"type": "integer", "index": False},
    "parts": {"type": "integer", "index": False},
    "packed": {"type": "binary"},
    "body": {"type": "object", "enabled": False},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What an index is made by; `manifest` names all of it."""

    views: tuple[Analyzer, ...]
    manifest: Manifest
    embedder: Embedder | None


def recipe(views: Sequence[Analyzer], manifest: Manifest, embedder: Embedder | None = None) -> Recipe:
    """The recipe of these views and embedder, for pages prepared as `manifest` says."""
    named = embedder.name if embedder else ""
    whole = replace(manifest, analysis=analysis_version(views), embedder=named)
    return Recipe(views=tuple(views), manifest=whole, embedder=embedder)


def layout(by: Recipe, *, nori: bool) -> dict[str, Any]:
    """The body of an index's creation. Without `nori`, the node's view of that name is made of bigrams."""
    views = by.views
    meta = {"format": FORMAT, "manifest": encode(by.manifest), "nori": nori}
    index: dict[str, Any] = {
        # One shard: word statistics, and so scores, are those of the whole index.
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "translog.durability": "request",
    }
    properties = dict(_FIELDS)
    for view in views:
        if not isinstance(view, OnNode):
            properties |= dict.fromkeys((view.name, f"{view.name}_head"), _text("whitespace"))
    fields = {view.name: _text(_analyzer(view, nori=nori)) for view in views if isinstance(view, OnNode)}
    if fields:
        properties |= {key: {"type": "text", "index": False, "fields": fields} for key in ("text", "head")}
    if by.embedder:
        index["knn"] = True
        properties["dense"] = _vectors(by.embedder.dimension)
    mappings = {"dynamic": "strict", "_meta": {"ragtune": meta}, "properties": properties}
    return {"settings": {"index": index, "analysis": _analysis(views, nori=nori)}, "mappings": mappings}


def field(name: str, views: Sequence[Analyzer]) -> tuple[str, OnNode | None]:
    """(field of the index, the node's view) of a leg's field: `nori_head` is `head.nori`."""
    view = name.removesuffix("_head")
    made = next((one for one in views if one.name == view and isinstance(one, OnNode)), None)
    if made is None:
        return name, None
    return f"{'head' if name.endswith('_head') else 'text'}.{view}", made


def layout_digest(body: dict[str, Any]) -> str:
    """Eight hex digits of what a layout says."""
    return digest(body)[:8]


def _text(analyzer: str) -> dict[str, Any]:
    return {"type": "text", "analyzer": analyzer, "index_options": "freqs"}


def _analyzer(view: OnNode, *, nori: bool) -> str:
    if isinstance(view, Nori):
        return "korean" if nori else "cjk"
    return view.analyzer


def _analysis(views: Sequence[Analyzer], *, nori: bool) -> dict[str, Any]:
    found = next((view for view in views if isinstance(view, Nori)), None)
    if found is None or not nori:
        return {}
    return {
        "tokenizer": {
            "korean": {
                "type": "nori_tokenizer",
                "decompound_mode": "discard",
                **({"user_dictionary_rules": list(found.words)} if found.words else {}),
            }
        },
        "analyzer": {
            "korean": {
                "type": "custom",
                "tokenizer": "korean",
                "filter": ["nori_part_of_speech", "nori_readingform", "lowercase"],
            }
        },
    }


def _vectors(dimension: int) -> dict[str, Any]:
    # Named, because the default engine needs native libraries and ends a node that has none.
    method = {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"}
    return {"type": "knn_vector", "dimension": dimension, "method": method}
