"""Custom resource: the search domain's plug-in. Outside the VPC, where the service's API is; sees no data.

    {"RequestType": "Create", "ResourceProperties": {"Domain": "ragtune-dev", "Package": "analysis-nori",
     "Engine": "OpenSearch_2.19"}}  →  {"PhysicalResourceId": "ragtune-dev/G240285063"}

`begin` asks for the association, `is_complete` is called every minute until the domain has settled. Deleting
the resource leaves the association: it goes with the domain; without it indexes in use could not be opened.
"""

from functools import cache
from typing import Any

import boto3
import packages


@cache
def client() -> Any:
    """Of the runtime's region; made at the first call, never at import."""
    return boto3.client("opensearch")


def begin(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Called once for each change of the resource."""
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    asked = event["ResourceProperties"]
    package = packages.find(client(), asked["Package"], asked["Engine"])
    packages.associate(client(), asked["Domain"], package)
    return {"PhysicalResourceId": f"{asked['Domain']}/{package}"}


def is_complete(event: dict[str, Any], _: object) -> dict[str, bool]:
    """Called until it says so."""
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    domain, package = event["PhysicalResourceId"].split("/")
    return {"IsComplete": packages.is_settled(client(), domain, package)}
