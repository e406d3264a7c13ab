"""What stands under a name: the alias that is read, the one that is written, the index behind, its heads.

ragtune, ragtune-write  →  ragtune-5f0c1a2b-0       (the index's layout, then when it was made)
"""

import re
from dataclasses import dataclass

from ragtune.adapters.opensearch.cluster import Cluster, Refused
from ragtune.adapters.opensearch.layout import FORMAT, Recipe, layout, layout_digest
from ragtune.adapters.opensearch.views import Nori
from ragtune.errors import BadInput, ManifestMismatch
from ragtune.manifest import Manifest
from ragtune.records import decode

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An index that is there. `nori`: whether its node had the Korean analyser when it was made."""

    physical: str
    manifest: Manifest
    nori: bool


def checked(name: str) -> str:
    """`name` when an index can be called so. Raises BadInput."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"index.url: {name!r} can't name an index; use small letters, digits, - and _")
    return name


def write_alias(name: str) -> str:
    return f"{name}-write"


def find(cluster: Cluster, name: str) -> Made | None:
    """The index behind `name`, None when there is none. Raises ManifestMismatch for one that isn't ours."""
    try:
        found = cluster.ask("GET", f"/{name}")
    except Refused as refused:
        if refused.status == 404:
            return None
        raise
    if len(found) != 1:
        several = ", ".join(sorted(found))
        raise BadInput(f"{cluster.url}/{name} stands for several indexes ({several}); leave it to one")
    [(physical, is_)] = found.items()
    meta = is_["mappings"].get("_meta", {}).get("ragtune", {})
    if meta.get("format") != FORMAT:
        made = f"{cluster.url}/{physical}: format {meta.get('format')!r}, expected {FORMAT}"
        raise ManifestMismatch(f"{made}; give index.url another name and ingest again")
    manifest = decode(Manifest, meta["manifest"], f"{physical}: manifest")
    return Made(physical=physical, manifest=manifest, nori=bool(meta["nori"]))


def make(cluster: Cluster, name: str, by: Recipe, *, alias: str = "", stamp: str = "0") -> Made:
    """An index of `name` behind `alias`, by default the name itself, unless another one makes it meanwhile:
    then that one."""
    alias = alias or name
    nori = any(isinstance(view, Nori) for view in by.views) and has_nori(cluster)
    body = layout(by, nori=nori)
    aliases = {alias: {}, write_alias(alias): {"is_write_index": True}}
    physical = f"{name}-{layout_digest(body)}-{stamp}"
    try:
        cluster.ask("PUT", f"/{physical}", {"aliases": aliases, **body})
    except Refused as refused:
        if refused.kind not in ("resource_already_exists_exception", "invalid_alias_name_exception"):
            raise
    found = find(cluster, alias)
    if found is None:
        raise BadInput(
            f"{cluster.url}/{physical} is there, but not behind {alias}; remove it, or set the alias"
        )
    return found


def has_nori(cluster: Cluster) -> bool:
    """Whether the nodes have the Korean analyser, as they themselves show."""
    try:
        answer = cluster.ask("POST", "/_analyze", {"tokenizer": "nori_tokenizer", "text": "해지 위약금을"})
    except Refused:
        return False
    return [one["token"] for one in answer["tokens"]][:1] == ["해지"]


def behind(cluster: Cluster, name: str) -> str:
    """The index that is read."""
    return ", ".join(cluster.ask("GET", f"/{name}?filter_path=*.aliases"))


def writes_to(cluster: Cluster, name: str) -> str:
    """The index that is written."""
    alias = write_alias(name)
    found = cluster.ask("GET", f"/{alias}?filter_path=*.aliases")
    writing = [one for one, is_ in found.items() if is_["aliases"][alias].get("is_write_index", True)]
    if len(writing) != 1:
        raise BadInput(f"{cluster.url}/{alias} stands for {len(writing)} indexes; leave it to one")
    return str(writing[0])
