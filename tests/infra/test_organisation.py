"""What the organisation's management account deploys, and what its perimeter lets through."""

import copy
from dataclasses import replace
from fnmatch import fnmatch
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from ragtune.organisation_settings import OrganisationSettings, PerimeterSettings
from tests.infra.claims import Break, of
from tests.infra.synthesis import Template, profile, synthesise

OWN, FOREIGN = "o-ab12cd34ef", "o-zz99zz99zz"
VPC = "vpc-0a1b2c3d4e5f60718"
PERIMETER = PerimeterSettings(organisation=OWN, networks=(VPC,), addresses=("203.0.113.0/24",))
Keys = dict[str, str]
OUTSIDE: Keys = {"aws:ResourceOrgID": OWN, "aws:SourceIp": "198.51.100.9"}
BUCKET = "arn:aws:s3:::ragtune-dev-documents-1-x/a.html"
THEIRS = "arn:aws:s3:::somebody-else/a.html"
ROLE = "arn:aws:iam::123456789012:role/"
INSIDE: Keys = {"aws:SourceVpc": VPC, "aws:ResourceOrgID": OWN, "aws:PrincipalArn": f"{ROLE}desk"}


def matches(operator: str, wanted: list[str], found: str | None) -> bool:
    """As IAM reads an operator of the few that the policies use."""
    if operator == "Null":
        return (found is None) == (wanted == ["true"])
    if found is None:
        return operator.endswith("IfExists")
    kind = operator.removesuffix("IfExists")
    if kind == "NotIpAddress":
        return not any(ip_address(found) in ip_network(each) for each in wanted)
    return {
        "StringNotEquals": found not in wanted,
        "Bool": found in wanted,
        "ArnNotLike": not any(fnmatch(found, each) for each in wanted),
    }[kind]


def listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def denied(policy: dict[str, Any], action: str, resource: str, keys: Keys) -> bool:
    """Whether one of the policy's statements stops the request."""
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Deny"
        if "NotResource" in statement:
            named = not any(fnmatch(resource, each) for each in listed(statement["NotResource"]))
        else:
            named = any(fnmatch(resource, each) for each in listed(statement["Resource"]))
        fits = all(
            matches(operator, listed(wanted), keys.get(key))
            for operator, pairs in statement["Condition"].items()
            for key, wanted in pairs.items()
        )
        if named and fits and any(fnmatch(action, each) for each in listed(statement["Action"])):
            return True
    return False


def organisation(perimeter: PerimeterSettings | None, **network: Any) -> Template:
    dev = profile("dev")
    settings = OrganisationSettings(targets=("ou-ab12-cdefgh34",), perimeter=perimeter)
    aws = replace(dev.aws, organisation=settings, network=replace(dev.aws.network, **network))
    return synthesise(replace(dev, aws=aws))["organisation"]


@pytest.fixture(scope="module")
def template() -> Template:
    return organisation(PERIMETER, aws_buckets={"aws-example-layers": "pulls an image"})


def policy(template: Template, kind: str) -> dict[str, Any]:
    (found,) = [each for _, each in of(template, "AWS::Organizations::Policy") if each["Type"] == kind]
    content: dict[str, Any] = found["Content"]
    return content


def who(template: Template) -> dict[str, Any]:
    return policy(template, "RESOURCE_CONTROL_POLICY")


def where(template: Template) -> dict[str, Any]:
    return policy(template, "SERVICE_CONTROL_POLICY")


def test_it_opts_out_of_ai_services_and_leaves_the_rest_alone() -> None:
    template = organisation(None)
    ((_, found),) = of(template, "AWS::Organizations::Policy")
    assert found["Type"] == "AISERVICES_OPT_OUT_POLICY"
    assert found["Content"]["services"]["default"]["opt_out_policy"]["@@assign"] == "optOut"
    assert "organisation" not in synthesise(profile("dev"))


SERVICE = {"aws:PrincipalIsAWSService": "true"}
IDENTITIES = [
    ({"aws:PrincipalOrgID": OWN, "aws:PrincipalIsAWSService": "false"}, False),
    ({"aws:PrincipalOrgID": FOREIGN, "aws:PrincipalIsAWSService": "false"}, True),
    ({}, True),  # nobody at all
    (SERVICE | {"aws:SourceAccount": "1", "aws:SourceOrgID": OWN}, False),
    (SERVICE | {"aws:SourceAccount": "2", "aws:SourceOrgID": FOREIGN}, True),
    (SERVICE | {"aws:SourceAccount": "3"}, True),  # of an account in no organisation
    (SERVICE, False),  # a service on its own account
]


@pytest.mark.parametrize(("keys", "stopped"), IDENTITIES, ids=str)
@pytest.mark.parametrize("action", ["s3:GetObject", "sqs:SendMessage", "kms:Decrypt"])
def test_own_resources_are_reached_by_own_identities(
    template: Template, action: str, keys: Keys, stopped: bool
) -> None:
    assert denied(who(template), action, BUCKET, keys) is stopped


NETWORKS = [
    ("s3:GetObject", BUCKET, INSIDE, False),
    ("s3:PutObject", THEIRS, INSIDE | {"aws:ResourceOrgID": FOREIGN}, True),
    ("s3:GetObject", THEIRS, {k: v for k, v in INSIDE.items() if k != "aws:ResourceOrgID"}, True),
    ("s3:GetObject", "arn:aws:s3:::aws-example-layers/x", INSIDE | {"aws:ResourceOrgID": FOREIGN}, False),
    ("s3:GetObject", BUCKET, {"aws:ResourceOrgID": OWN, "aws:SourceIp": "203.0.113.9"}, False),
    ("s3:GetObject", BUCKET, OUTSIDE, True),
    ("s3:GetObject", BUCKET, INSIDE | {"aws:SourceVpc": "vpc-0fffffffffffffff0"}, True),
    (
        "s3:GetObject",
        "arn:aws:s3:::other-team/x",
        OUTSIDE,
        False,
    ),
    (
        "s3:PutObject",
        BUCKET,
        {"aws:ResourceOrgID": OWN, "aws:PrincipalArn": f"{ROLE}ragtune-dev-search-domain-Snapshots"},
        False,
    ),
    ("s3:GetObject", BUCKET, {"aws:ResourceOrgID": OWN, "aws:ViaAWSService": "true"}, False),
]


@pytest.mark.parametrize(("action", "resource", "keys", "stopped"), NETWORKS)
def test_own_identities_reach_own_resources_from_own_networks(
    template: Template, action: str, resource: str, keys: Keys, stopped: bool
) -> None:
    assert denied(where(template), action, resource, keys) is stopped


BREAKS: dict[str, tuple[Any, Break]] = {
    "identities": (who, lambda p: p["Statement"][0]["Condition"].pop("StringNotEqualsIfExists")),
    "services": (who, lambda p: p["Statement"].pop()),
    "resources": (where, lambda p: p["Statement"].pop(0)),
    "networks": (where, lambda p: p["Statement"].pop()),
    "buckets of AWS": (where, lambda p: p["Statement"][0].update(NotResource="arn:aws:s3:::*")),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_policy_answers_some_request_otherwise(template: Template, name: str) -> None:
    find, breaks = BREAKS[name]
    broken = copy.deepcopy(find(template))
    breaks(broken)
    asked = [("kms:Decrypt", BUCKET, *each) for each in IDENTITIES] if find is who else NETWORKS
    answers = [denied(broken, action, resource, keys) for action, resource, keys, _ in asked]
    assert answers != [stopped for *_, stopped in asked]


def test_without_networks_nobody_is_bound_to_one() -> None:
    template = organisation(PerimeterSettings(organisation=OWN))
    assert [each["Sid"] for each in where(template)["Statement"]] == ["OwnResources"]
    assert denied(where(template), "s3:GetObject", BUCKET, {"aws:ResourceOrgID": OWN}) is False


def test_policies_fit_what_organisations_takes(template: Template) -> None:
    for find in (who, where):
        assert len(str(find(template))) < 5_120
