"""Snapshots of an index in a repository that bears its name.

    register(cluster, "ragtune", s3("ragtune-prod-snapshots-…", region="ap-northeast-2", role_arn="arn:…"))
    take(cluster, "ragtune", "before-upgrade", "ragtune-5f0c1a2b-0")

The cluster itself writes them, segment by segment: what an earlier one holds is not written again. Writers
go on. A domain of AWS also takes one of its own every hour and keeps fourteen days of them.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

from ragtune.adapters.opensearch.cluster import Cluster, Refused
from ragtune.errors import BadInput, Busy

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_PATIENCE_S = 3600.0
_POLL_S = 1.0


def s3(bucket: str, *, region: str, role_arn: str) -> dict[str, Any]:
    """A repository in a bucket, written as that role."""
    return {"type": "s3", "settings": {"bucket": bucket, "region": region, "role_arn": role_arn}}


def register(cluster: Cluster, repository: str, body: Mapping[str, Any]) -> str:
    """Say where snapshots of `repository` go; why the cluster can't keep any there, "" where it can."""
    try:
        cluster.ask("PUT", f"/_snapshot/{repository}", body)
    except Refused as refused:
        return str(refused)
    return ""


def take(cluster: Cluster, repository: str, name: str, physical: str, *, poll_s: float = _POLL_S) -> str:
    """The place of a finished snapshot of the index `physical`, called `name`.

    Raises BadInput for a name that can't be or is taken, and where no repository is registered; Busy when it
    takes more than an hour: it goes on by itself.
    """
    place = f"/_snapshot/{repository}/{name}"
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name!r} can't name a snapshot; use small letters, digits, -, _ and .")
    try:
        cluster.ask("PUT", place, {"indices": physical, "include_global_state": False})
    except Refused as refused:
        if refused.kind == "repository_missing_exception":
            reason = f"{cluster.url} has no snapshot repository {repository!r}"
            raise BadInput(f"{reason}; deploy the search domain, or register one") from None
        raise BadInput(f"{cluster.url}{place}: {refused}") from None
    deadline = time.monotonic() + _PATIENCE_S
    while (state := _state(cluster, place)) == "IN_PROGRESS":
        if time.monotonic() > deadline:
            raise Busy(f"{cluster.url}{place} is still being taken; look again later")
        time.sleep(poll_s)
    if state != "SUCCESS":
        raise BadInput(f"{cluster.url}{place} is {state}, not a whole index; delete it and take another")
    return f"{cluster.url}{place}"


def _state(cluster: Cluster, place: str) -> str:
    return str(cluster.ask("GET", place)["snapshots"][0]["state"])
