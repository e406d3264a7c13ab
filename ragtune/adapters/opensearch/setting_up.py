"""Making a cluster ready: roles, who has them, and the index with its aliases. May be done again at any time.

set_up(cluster, "ragtune", [Nori(), Bigrams()], manifest, callers={
    "reader": ["arn:aws:iam::111122223333:role/ragtune-dev-answer"],
    "writer": ["arn:aws:iam::111122223333:role/ragtune-dev-ingest"], "operator": []})
SetUp(index='ragtune-5f0c1a2b-0', nori=True, differs='')
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ragtune.adapters.opensearch.cluster import Cluster
from ragtune.adapters.opensearch.layout import recipe
from ragtune.adapters.opensearch.names import checked, find, make
from ragtune.adapters.opensearch.roles import role_name, roles
from ragtune.adapters.opensearch.views import Nori
from ragtune.errors import BadInput, ManifestMismatch
from ragtune.manifest import Manifest
from ragtune.ports import Analyzer, Embedder

_API = "/_plugins/_security/api"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What stands afterwards. `differs`: how an index that was there was made otherwise; it is left alone."""

    index: str
    nori: bool  # the view of that name is the Korean analyser's, not bigrams
    differs: str = ""


def set_up(
    cluster: Cluster,
    name: str,
    views: Sequence[Analyzer],
    manifest: Manifest,
    *,
    callers: Mapping[str, Sequence[str]] | None = None,
    embedder: Embedder | None = None,
) -> SetUp:
    """Put roles and their mappings (with `callers`: role -> ARNs of IAM roles), make the index if none is.

    `cluster` is used as its administrator. What was put before is replaced; an index is never touched.
    Raises BadInput for a role that is none, NotAllowed, IndexUnavailable.
    """
    checked(name)
    if callers is not None:
        _put_roles(cluster, name, callers)
    by = recipe(views, manifest, embedder)
    made = find(cluster, name) or make(cluster, name, by)
    differs = ""
    try:
        made.manifest.require(by.manifest, what=made.physical, remedy="rebuild it (ragtune index rebuild)")
    except ManifestMismatch as error:
        differs = str(error)
    has_view = any(isinstance(view, Nori) for view in views)
    return SetUp(index=made.physical, nori=made.nori and has_view, differs=differs)


def _put_roles(cluster: Cluster, name: str, callers: Mapping[str, Sequence[str]]) -> None:
    bodies = roles(name)
    unknown = sorted(callers.keys() - bodies.keys())
    if unknown:
        raise BadInput(f"callers: {unknown[0]!r} is none of {', '.join(bodies)}")
    for role, body in bodies.items():
        cluster.ask("PUT", f"{_API}/roles/{role_name(name, role)}", body)
        mapped = {"backend_roles": sorted(callers.get(role, ())), "hosts": [], "users": []}
        cluster.ask("PUT", f"{_API}/rolesmapping/{role_name(name, role)}", mapped)
