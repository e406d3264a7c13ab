"""Clusters by URL: `opensearch+https://host[/name]` on AWS, `opensearch+http://127.0.0.1:9201/name` here.

Calls over https are signed with the environment's AWS credentials for the service `es`; plain http goes to
this machine alone, because pages and questions would be readable on the way.
"""

import os
import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from ragtune.adapters.opensearch.cluster import Cluster
from ragtune.adapters.opensearch.names import checked
from ragtune.adapters.signing import signer
from ragtune.errors import BadInput

SCHEME = "opensearch+"
_NAME = "ragtune"
_REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.es\.amazonaws\.com(?:\.cn)?$")


def cluster_at(url: str, *, timeout_s: float = 20.0, patience_s: float = 20.0) -> tuple[Cluster, str]:
    """The cluster at `url` and the index's name there, "ragtune" unless the path says another.

    Raises BadInput for another URL, and when https finds no credentials or region.
    """
    place = urlsplit(url.removeprefix(SCHEME))
    name = checked(place.path.strip("/") or _NAME)
    if not url.startswith(SCHEME) or place.scheme not in ("http", "https") or not place.hostname:
        forms = "opensearch+https://host[/name] or opensearch+http://127.0.0.1:9201/name"
        raise BadInput(f"index.url: {url!r} is not {forms}")
    if place.username or place.query or place.fragment:
        raise BadInput(
            "index.url: holds more than host, port and name; credentials belong in the environment"
        )
    signs = None
    if place.scheme == "https":
        signs = signer("es", _region(place.hostname))
    elif not _is_here(place.hostname):
        raise BadInput(f"index.url: {place.hostname!r} is another machine; use opensearch+https://")
    address = f"{place.scheme}://{place.netloc}"
    return Cluster(address, signer=signs, timeout_s=timeout_s, patience_s=patience_s), name


def _region(host: str) -> str:
    found = _REGION.search(host)
    region = found[1] if found else os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise BadInput(f"index.url: {host} names no AWS region; set AWS_REGION")
    return region


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
