"""A VPC that is there already is brought in: what the file names is used, what it does not name is made."""

from dataclasses import replace
from typing import Any

import pytest

from ragtune.deployment import Deployment
from ragtune.network_settings import ExistingEndpoint, ExistingNetwork
from tests.infra.claims import of
from tests.infra.synthesis import Template, profile, synthesise, whole

VPC, GROUP = "vpc-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60718"
SUBNETS = ("subnet-0a1b2c3d4e5f60711", "subnet-0a1b2c3d4e5f60712")


def with_network(**changes: Any) -> Deployment:
    dev = profile("dev")
    return replace(dev, aws=replace(dev.aws, network=replace(dev.aws.network, **changes)))


@pytest.fixture(scope="module")
def brought_in() -> Template:
    existing = ExistingNetwork(
        vpc=VPC,
        subnets=SUBNETS,
        security_groups={"answer": GROUP},
        endpoints={
            "s3": ExistingEndpoint(id="vpce-0a1b2c3d4e5f60718"),
            "sagemaker.runtime": ExistingEndpoint(id="vpce-0a1b2c3d4e5f60719", security_group=GROUP),
        },
    )
    return whole(synthesise(with_network(existing=existing)))


def test_what_is_named_is_used_and_not_touched(brought_in: Template) -> None:
    kinds = [resource["Type"] for resource in brought_in["Resources"].values()]
    for made in ("VPC", "Subnet", "RouteTable", "FlowLog"):
        assert f"AWS::EC2::{made}" not in kinds
    assert not [kind for kind in kinds if kind.startswith("AWS::Route53Resolver")]
    rules = [
        *of(brought_in, "AWS::EC2::SecurityGroupIngress"),
        *of(brought_in, "AWS::EC2::SecurityGroupEgress"),
    ]
    assert not [name for name, rule in rules if rule["GroupId"] == GROUP]


def test_what_is_not_named_is_made_in_it(brought_in: Template) -> None:
    ((_, endpoint),) = of(brought_in, "AWS::EC2::VPCEndpoint")
    assert endpoint["ServiceName"].endswith(".execute-api")
    assert (endpoint["VpcId"], endpoint["SubnetIds"]) == (VPC, [SUBNETS[0]])
    ingress = [rule for _, rule in of(brought_in, "AWS::EC2::SecurityGroupIngress")]
    assert GROUP in [rule["SourceSecurityGroupId"] for rule in ingress]  # the search domain lets `answer` in


def test_clients_are_let_in_by_their_range_and_no_other() -> None:
    template = whole(synthesise(with_network(clients=("10.10.0.0/16", "192.168.4.0/24"))))
    ranges = [
        rule["CidrIp"] for _, rule in of(template, "AWS::EC2::SecurityGroupIngress") if "CidrIp" in rule
    ]
    assert sorted(ranges) == ["10.10.0.0/16", "192.168.4.0/24"]


def test_each_bucket_of_aws_is_a_statement_of_its_own() -> None:
    template = whole(synthesise(with_network(aws_buckets={"aws-example-layers": "pulls an image"})))
    policies = [each["PolicyDocument"]["Statement"] for _, each in of(template, "AWS::EC2::VPCEndpoint")]
    (gateway,) = [each for each in policies if len(each) > 1]
    assert gateway[1]["Resource"] == "arn:aws:s3:::aws-example-layers/*"
    assert gateway[1]["Action"] == "s3:GetObject"
