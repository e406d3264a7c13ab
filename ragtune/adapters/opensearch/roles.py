"""Who may do what: the roles that a domain's set-up puts, and that the suites run as.

reader    the function that answers: searches and reads, nothing else
writer    the functions that ingest: reads, writes pages; makes and removes no index
operator  a person: makes, switches and removes indexes of the name, takes snapshots; sees no other index

None may change roles. Which IAM role has which is decided by a mapping: see `setting_up`.
"""

from typing import Any

READER, WRITER, OPERATOR = "reader", "writer", "operator"

_READING = (
    "indices:admin/get",
    "indices:data/read/get",
    "indices:data/read/mget*",
    "indices:data/read/search*",
    "indices:data/read/msearch*",
    "indices:data/read/tv*",
)
_WRITING = (
    "indices:admin/refresh*",
    "indices:data/write/bulk*",
    "indices:data/write/index",
    "indices:data/write/delete",
    "indices:monitor/stats",
)
_OPERATING = (
    "indices:admin/aliases",
    "indices:admin/create",
    "indices:admin/delete",
    "indices:admin/mappings/get",
    "indices:admin/settings/update",
    "indices:monitor/settings/get",
    "indices:monitor/*",
)
_CLUSTER: dict[str, tuple[str, ...]] = {
    READER: ("cluster_composite_ops_ro",),
    WRITER: ("cluster_composite_ops",),
    OPERATOR: ("cluster_composite_ops", "cluster_monitor", "manage_snapshots", "indices:admin/analyze"),
}
_INDEX: dict[str, tuple[str, ...]] = {
    READER: _READING,
    WRITER: (*_READING, *_WRITING),
    OPERATOR: (*_READING, *_WRITING, *_OPERATING),
}


def roles(name: str) -> dict[str, dict[str, Any]]:
    """The bodies of the security plugin's roles for the index `name`, by role: READER, WRITER, OPERATOR."""
    patterns = [name, f"{name}-*"]
    return {
        role: {
            "cluster_permissions": list(_CLUSTER[role]),
            "index_permissions": [{"index_patterns": patterns, "allowed_actions": list(_INDEX[role])}],
            "tenant_permissions": [],
        }
        for role in (READER, WRITER, OPERATOR)
    }


def role_name(name: str, role: str) -> str:
    """What the role is called in the cluster."""
    return f"{name}_{role}"
