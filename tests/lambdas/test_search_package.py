"""The plug-in's association, against the service's own model: botocore checks every call and every answer."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore.stub import Stubber

FOLDER = Path("lambdas/search_package")
ENGINE = "OpenSearch_2.19"
NORI = {
    "PackageID": "G1",
    "PackageName": "analysis-nori",
    "PackageStatus": "AVAILABLE",
    "EngineVersion": ENGINE,
}
FILTERS = {
    "Filters": [
        {"Name": "PackageName", "Value": ["analysis-nori"]},
        {"Name": "EngineVersion", "Value": [ENGINE]},
    ]
}
ASKED = {"Domain": "ragtune-dev", "Package": "analysis-nori", "Engine": ENGINE}
CREATE = {"RequestType": "Create", "ResourceProperties": ASKED}
MADE = {**CREATE, "PhysicalResourceId": "ragtune-dev/G1"}
DOMAIN = {"DomainName": "ragtune-dev"}


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The function's module as Lambda loads it: its folder is the path."""
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("search_package_handler", FOLDER / "handler.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("packages")


@pytest.fixture
def service(handler: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    with Stubber(handler.client()) as stub:
        yield stub
        stub.assert_no_pending_responses()


def offers(service: Stubber, *packages: dict[str, Any]) -> None:
    service.add_response("describe_packages", {"PackageDetailsList": list(packages)}, FILTERS)


def has(service: Stubber, *states: str) -> None:
    listed = [{"PackageID": "G1", "DomainPackageStatus": state} for state in states]
    service.add_response("list_packages_for_domain", {"DomainPackageDetailsList": listed}, DOMAIN)


def domain(service: Stubber, **status: Any) -> None:
    whole = {
        "DomainId": "1/x",
        "DomainName": "ragtune-dev",
        "ARN": "arn:aws:es:r:1:domain/x",
        "ClusterConfig": {},
    }
    service.add_response("describe_domain", {"DomainStatus": whole | status}, DOMAIN)


def test_the_plugin_of_the_engine_is_associated(handler: ModuleType, service: Stubber) -> None:
    offers(service, NORI | {"PackageID": "G0", "EngineVersion": "OpenSearch_2.17"}, NORI)
    has(service)
    service.add_response("associate_package", {}, {"PackageID": "G1", **DOMAIN})
    assert handler.begin(CREATE, None) == {"PhysicalResourceId": "ragtune-dev/G1"}


@pytest.mark.parametrize("state", ["ACTIVE", "ASSOCIATING"])
def test_what_is_there_or_on_its_way_is_left_alone(handler: ModuleType, service: Stubber, state: str) -> None:
    offers(service, NORI)
    has(service, state)
    assert handler.begin(CREATE, None) == {"PhysicalResourceId": "ragtune-dev/G1"}


def test_every_page_of_the_offers_is_read(handler: ModuleType, service: Stubber) -> None:
    first = {"PackageDetailsList": [], "NextToken": "more"}
    service.add_response("describe_packages", first, FILTERS)
    service.add_response(
        "describe_packages", {"PackageDetailsList": [NORI]}, {**FILTERS, "NextToken": "more"}
    )
    has(service, "ACTIVE")
    assert handler.begin(CREATE, None)["PhysicalResourceId"].endswith("/G1")


@pytest.mark.parametrize("changed", [{"EngineVersion": "OpenSearch_3.1"}, {"PackageStatus": "DELETED"}])
def test_another_engines_plugin_is_never_taken(
    handler: ModuleType, service: Stubber, changed: dict[str, str]
) -> None:
    offers(service, NORI | changed)
    with pytest.raises(
        Exception, match=r"analysis-nori is not offered for OpenSearch_2.19; set aws.search.engine"
    ):
        handler.begin(CREATE, None)


@pytest.mark.parametrize(
    ("state", "status", "complete"),
    [
        ("ASSOCIATING", {}, False),
        ("ACTIVE", {"Processing": True}, False),
        ("ACTIVE", {"UpgradeProcessing": True}, False),
        ("ACTIVE", {"Processing": False}, True),
    ],
)
def test_it_is_complete_when_the_domain_has_settled(
    handler: ModuleType, service: Stubber, state: str, status: dict[str, bool], complete: bool
) -> None:
    has(service, state)
    domain(service, **status)
    assert handler.is_complete(MADE, None) == {"IsComplete": complete}


@pytest.mark.parametrize("states", [(), ("ASSOCIATION_FAILED",)])
def test_a_failure_ends_the_wait(handler: ModuleType, service: Stubber, states: tuple[str, ...]) -> None:
    has(service, *states)
    with pytest.raises(Exception, match="look at the domain's notifications and deploy again"):
        handler.is_complete(MADE, None)


def test_deleting_leaves_the_plugin_with_its_domain(handler: ModuleType, service: Stubber) -> None:
    gone = MADE | {"RequestType": "Delete"}
    assert handler.begin(gone, None) == {"PhysicalResourceId": "ragtune-dev/G1"}
    assert handler.is_complete(gone, None) == {"IsComplete": True}
