"""Plug-ins of a search domain: find one by name and engine version, associate it, see when that is done.

    {"PackageID": "G240285063", "PackageName": "analysis-nori", "EngineVersion": "OpenSearch_2.19",
     "PackageType": "ZIP-PLUGIN", "PackageStatus": "AVAILABLE"}

CloudFormation has no resource for an association. One replaces every node of the domain, which takes up to an
hour, and is over when it is ACTIVE and the domain has stopped processing.
"""

from typing import Any

_FAILED = frozenset({"ASSOCIATION_FAILED", "DISSOCIATION_FAILED"})


class PackageTrouble(Exception):
    """The plug-in is not offered, or the domain refuses it: one sentence with what to do."""


def find(client: Any, name: str, engine: str) -> str:
    """The id of the plug-in of that name for `engine` (OpenSearch_2.19). Raises PackageTrouble."""
    filters = [{"Name": "PackageName", "Value": [name]}, {"Name": "EngineVersion", "Value": [engine]}]
    offered = _every(client.describe_packages, "PackageDetailsList", Filters=filters)
    # The filters' own matching is not documented: the answer decides.
    fitting = [
        str(each["PackageID"])
        for each in offered
        if (each["PackageName"], each.get("EngineVersion"), each.get("PackageStatus"))
        == (name, engine, "AVAILABLE")
    ]
    if not fitting:
        raise PackageTrouble(
            f"{name} is not offered for {engine}; set aws.search.engine to a version that has it"
        )
    return sorted(fitting)[0]


def associate(client: Any, domain: str, package: str) -> None:
    """Ask for the association, unless the domain has it or is about to."""
    if _state(client, domain, package) not in ("ACTIVE", "ASSOCIATING"):
        client.associate_package(DomainName=domain, PackageID=package)


def is_settled(client: Any, domain: str, package: str) -> bool:
    """Whether the association is in force and the domain at rest. Raises PackageTrouble when it failed."""
    state = _state(client, domain, package)
    if state in _FAILED or not state:
        reason = f"{package} is {state or 'not associated'} with {domain}"
        raise PackageTrouble(f"{reason}; look at the domain's notifications and deploy again")
    status = client.describe_domain(DomainName=domain)["DomainStatus"]
    return state == "ACTIVE" and not status.get("Processing") and not status.get("UpgradeProcessing")


def _state(client: Any, domain: str, package: str) -> str:
    """ACTIVE, ASSOCIATING, …; empty when there is no association."""
    every = _every(client.list_packages_for_domain, "DomainPackageDetailsList", DomainName=domain)
    return next((str(each["DomainPackageStatus"]) for each in every if each["PackageID"] == package), "")


def _every(call: Any, key: str, **arguments: Any) -> list[dict[str, Any]]:
    """All pages of an answer; at most a hundred, so that a token that never ends does."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    for _ in range(100):
        page = call(**arguments, **token)
        found += page.get(key, [])
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    return found
