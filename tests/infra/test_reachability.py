"""From the templates alone: who reaches what, and that the only ends are the named AWS services."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import reachability as proof
from infra.figure import draw
from infra.flows import TABLE, dns_names
from infra.reachability import Map
from ragtune.network_settings import SERVICES
from tests.infra.claims import first, of
from tests.infra.synthesis import Template

FIGURE = Path("docs/ways.svg")


def reachability(templates: dict[str, Template]) -> Map:
    return proof.reachability(templates, "pl-78a54011")


def group(templates: dict[str, Template], word: str) -> dict[str, Any]:
    """A reference to the group whose description ends in `word`."""
    for name, resource in templates["landing-zone"]["Resources"].items():
        if resource["Properties"].get("GroupDescription", "").endswith(f" {word}"):
            return {"Fn::GetAtt": [name, "GroupId"]}
    raise LookupError(word)


def gateway(templates: dict[str, Template]) -> dict[str, Any]:
    """The endpoint of S3."""
    endpoints = of(templates["landing-zone"], "AWS::EC2::VPCEndpoint")
    return next(each for _, each in endpoints if each["VpcEndpointType"] == "Gateway")


def rule(direction: str, templates: dict[str, Template], word: str, port: int = 443, **end: Any) -> None:
    """One more rule on that group."""
    ports = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    properties = {"GroupId": group(templates, word), **ports, **end}
    added = {"Type": f"AWS::EC2::SecurityGroup{direction}", "Properties": properties}
    templates["landing-zone"]["Resources"][f"added{direction}"] = added


@pytest.fixture(params=["dev", "prod"])
def found(request: pytest.FixtureRequest) -> Map:
    return reachability(request.getfixturevalue(request.param))


def test_the_only_ends_are_the_named_services(found: Map) -> None:
    assert found.sinks == frozenset(SERVICES)


def test_ways_are_the_table_and_the_table_is_ways(found: Map) -> None:
    told = sorted((flow.caller, flow.service, f"{flow.caller} {flow.why}") for flow in TABLE)
    assert sorted((way.caller, way.service, way.why) for way in found.ways) == told
    assert {way.ports for way in found.ways} == {"443"}


def test_no_rule_waits_for_an_answer(found: Map) -> None:
    assert found.half_open == ()


def test_only_the_names_of_the_table_resolve(found: Map) -> None:
    assert list(found.names) == sorted(dns_names("ap-northeast-2"))


def test_nobody_passes_through_a_service(found: Map) -> None:
    assert not found.sinks & {way.caller for way in found.ways}


def test_what_lets_data_in_never_reaches_the_model_or_the_api(found: Map) -> None:
    reached = {way.service for way in found.ways if way.caller == "ingest"}
    assert reached == {"s3", "search"}


MUTATIONS: list[tuple[str, Callable[[dict[str, Template]], object], Callable[[Map], bool]]] = [
    (
        "a rule to anywhere is an end",
        lambda t: rule("Egress", t, "ingest", CidrIp="0.0.0.0/0"),
        lambda found: "0.0.0.0/0" in found.sinks,
    ),
    (
        "a group without rules lets everything out",
        lambda t: first(t["landing-zone"], "AWS::EC2::SecurityGroup").pop("SecurityGroupEgress"),
        lambda found: "0.0.0.0/0" in found.sinks,
    ),
    (
        "another group is an end under its own name",
        lambda t: rule("Egress", t, "answer", DestinationSecurityGroupId="sg-0123456789"),
        lambda found: "sg-0123456789" in found.sinks,
    ),
    (
        "another prefix list is no way to s3",
        lambda t: rule("Egress", t, "search_setup", DestinationPrefixListId="pl-0123456789"),
        lambda found: "pl-0123456789" in found.sinks,
    ),
    (
        "without its gateway the prefix list leads nowhere",
        lambda t: gateway(t).update(VpcEndpointType="Interface"),
        lambda found: "s3" not in found.sinks,
    ),
    (
        "a rule whose other side is shut is half open and no way",
        lambda t: rule("Egress", t, "ingest", DestinationSecurityGroupId=group(t, "search"), port=9300),
        lambda found: found.half_open == ("ingest may call search, which does not let it in",),
    ),
    (
        "a service that may call is no end any more",
        lambda t: rule("Egress", t, "search", CidrIp="10.0.0.0/8"),
        lambda found: "search" not in found.sinks and "10.0.0.0/8" in found.sinks,
    ),
    (
        "a client's range is a caller",
        lambda t: rule("Ingress", t, "execute-api", CidrIp="10.9.0.0/16"),
        lambda found: ("10.9.0.0/16", "execute-api") in {(way.caller, way.service) for way in found.ways},
    ),
    (
        "without the blocking rule every name resolves",
        lambda t: first(t["landing-zone"], "AWS::Route53Resolver::FirewallRuleGroup")["FirewallRules"].pop(),
        lambda found: found.names == ("*",),
    ),
]


@pytest.mark.parametrize(("name", "change", "shows"), MUTATIONS, ids=[name for name, *_ in MUTATIONS])
def test_a_change_shows(
    name: str,
    change: Callable[[dict[str, Template]], object],
    shows: Callable[[Map], bool],
    dev: dict[str, Template],
) -> None:
    assert not shows(reachability(dev))
    changed = copy.deepcopy(dev)
    change(changed)
    assert shows(reachability(changed))


def test_a_reference_to_another_stack_is_followed(dev: dict[str, Template]) -> None:
    moved = copy.deepcopy(dev)
    here = moved["landing-zone"]
    here["Outputs"] = {"Group": {"Value": group(moved, "search")}}
    there: Template = {"Resources": {}}
    for name, resource in list(here["Resources"].items()):
        if resource["Type"] == "AWS::EC2::SecurityGroupIngress" and resource["Properties"][
            "GroupId"
        ] == group(moved, "search"):
            del here["Resources"][name]
            properties = dict(resource["Properties"])
            source = properties["SourceSecurityGroupId"]
            here["Outputs"][f"Of{name}"] = {"Value": source}
            for key, output in (("GroupId", "Group"), ("SourceSecurityGroupId", f"Of{name}")):
                reference = {"StackName": "landing-zone", "OutputName": output, "Region": "ap-northeast-2"}
                properties[key] = {"Fn::GetStackOutput": reference}
            there["Resources"][name] = resource | {"Properties": properties}
    assert there["Resources"]
    moved["search-domain"] = there
    assert reachability(moved) == reachability(dev)


def test_the_figure_in_the_docs_is_this_map(prod: dict[str, Template]) -> None:
    assert FIGURE.read_text(encoding="utf-8") == draw(reachability(prod)), "call make synth: it draws it anew"
