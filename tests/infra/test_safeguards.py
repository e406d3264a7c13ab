"""Every rule finds what it is for, lets the shipped templates pass, and fails a synth."""

import copy
import tempfile
from collections.abc import Callable
from typing import Any

import pytest

from infra.safeguards import acknowledge, apply_rules, findings
from tests.infra.claims import add, first
from tests.infra.synthesis import FLAGS, Template, whole

import aws_cdk as cdk  # isort: skip
from aws_cdk import aws_iam as iam  # isort: skip
from aws_cdk import aws_sqs as sqs  # isort: skip

ANYONE = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:x"}]}
SIDEWAYS = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "s3:*", "Resource": "a*"}]}
KEY = {"EnableKeyRotation": True}


def rules(template: Template) -> list[str]:
    """Of every finding, without what a wildcard's names."""
    return [found.rule.split("[")[0] for found in findings(template)]


def one(kind: str, **properties: Any) -> Template:
    """A template of one resource."""
    return {"Resources": {"It": {"Type": kind, "Properties": properties}}}


@pytest.mark.parametrize(
    ("template", "rule"),
    [
        (one("AWS::EC2::InternetGateway"), "internet"),
        (one("AWS::EC2::NatGateway"), "internet"),
        (one("AWS::EC2::Route", DestinationCidrBlock="0.0.0.0/0"), "internet"),
        (one("AWS::Lambda::Url"), "internet"),
        (one("AWS::EC2::Subnet", MapPublicIpOnLaunch=True), "internet"),
        (one("AWS::ApiGateway::RestApi", EndpointConfiguration={"Types": ["REGIONAL"]}), "internet"),
        (one("AWS::ApiGateway::RestApi"), "internet"),
        (one("AWS::SageMaker::Model", EnableNetworkIsolation=False), "internet"),
        (one("AWS::ElasticLoadBalancingV2::LoadBalancer"), "internet"),
        (one("AWS::EC2::SecurityGroup"), "internet"),
        (one("AWS::EC2::SecurityGroup", SecurityGroupEgress=[{"CidrIp": "0.0.0.0/0"}]), "internet"),
        (one("AWS::EC2::SecurityGroupIngress", CidrIp="8.8.8.0/24"), "internet"),
        (one("AWS::EC2::SecurityGroupEgress", CidrIpv6="::/0"), "internet"),
        (one("AWS::S3::BucketPolicy", PolicyDocument=ANYONE), "public"),
        (one("AWS::EC2::VPCEndpoint", PolicyDocument=ANYONE), "public"),
        (one("AWS::SQS::Queue"), "plain-store"),
        (one("AWS::SNS::Topic"), "plain-store"),
        (one("AWS::Logs::LogGroup"), "plain-store"),
        (one("AWS::KMS::Key"), "plain-store"),
        (one("AWS::DynamoDB::Table", SSESpecification={"SSEEnabled": True}), "plain-store"),
        (one("AWS::OpenSearchService::Domain", VPCOptions={"SubnetIds": ["s"]}), "plain-store"),
        (one("AWS::OpenSearchService::Domain"), "internet"),
        (one("AWS::S3::Bucket"), "plain-store"),
        (one("AWS::S3::Bucket"), "internet"),
        (one("AWS::Lambda::Function"), "outside-vpc"),
        (one("AWS::EC2::VPCEndpoint", PolicyDocument=SIDEWAYS), "wildcard"),
        (one("AWS::KMS::Key", KeyPolicy=SIDEWAYS, **KEY), "wildcard"),
    ],
    ids=str,
)
def test_a_rule_finds_what_it_is_for(template: Template, rule: str) -> None:
    assert rule in rules(template)


@pytest.mark.parametrize(
    "template",
    [
        one("AWS::EC2::SecurityGroupIngress", CidrIp="10.10.0.0/16"),
        one("AWS::EC2::SecurityGroup", SecurityGroupEgress=[{"CidrIp": "255.255.255.255/32"}]),
        one("AWS::SQS::Queue", KmsMasterKeyId="k"),
        one("AWS::Lambda::Function", VpcConfig={"SubnetIds": ["s"]}),
        one("AWS::IAM::Policy", PolicyDocument=SIDEWAYS),  # cdk-nag's
        one(
            "AWS::S3::BucketPolicy",
            PolicyDocument={"Statement": [ANYONE["Statement"][0] | {"Effect": "Deny"}]},
        ),
    ],
    ids=str,
)
def test_what_is_right_passes(template: Template) -> None:
    assert rules(template) == []


BREAKS: list[tuple[str, Callable[[Template], object]]] = [
    ("internet", lambda t: add(t, "AWS::EC2::EIP")),
    ("internet", lambda t: first(t, "AWS::EC2::SecurityGroupEgress").update(CidrIp="1.1.1.1/32")),
    ("plain-store", lambda t: first(t, "AWS::CloudTrail::Trail").pop("KMSKeyId")),
    (
        "public",
        lambda t: first(t, "AWS::EC2::VPCEndpoint")["PolicyDocument"]["Statement"][0].pop("Condition"),
    ),
    ("outside-vpc", lambda t: add(t, "AWS::Lambda::Function")),
]


@pytest.mark.parametrize(("rule", "breaks"), BREAKS)
def test_a_shipped_template_that_is_changed_is_found(
    rule: str, breaks: Callable[[Template], object], dev: dict[str, Template]
) -> None:
    before = rules(whole(dev))
    broken = copy.deepcopy(whole(dev))
    breaks(broken)
    assert rules(broken).count(rule) == before.count(rule) + 1


def synth(build: Callable[[cdk.Stack], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(context=FLAGS, analytics_reporting=False, outdir=folder)
        apply_rules(app)
        build(cdk.Stack(app, "made"))
        app.synth()


def plain_queue(stack: cdk.Stack) -> sqs.CfnQueue:
    return sqs.CfnQueue(stack, "Queue", redrive_policy={"deadLetterTargetArn": "arn:x", "maxReceiveCount": 3})


def powerful_role(stack: cdk.Stack) -> iam.Role:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:*"], resources=["*"]))
    return role


def test_a_finding_fails_the_synth() -> None:
    with pytest.raises(RuntimeError, match="ragtune::plain-store"):
        synth(plain_queue)


def test_a_wildcard_in_a_role_fails_the_synth() -> None:
    with pytest.raises(RuntimeError, match=r"AwsSolutions-IAM5\[Action::s3:\*\]"):
        synth(powerful_role)


def test_a_reason_lets_it_pass_and_only_a_real_one() -> None:
    def with_reason(stack: cdk.Stack) -> None:
        queue = plain_queue(stack)
        acknowledge(
            queue, "ragtune::plain-store", "Holds nothing but the numbers of test runs, never content."
        )
        acknowledge(
            queue, "AwsSolutions-SQS4", "Nobody sends to this queue: it is a test's own and has no policy."
        )

    synth(with_reason)
    with pytest.raises(ValueError, match="is no reason"):
        synth(lambda stack: acknowledge(plain_queue(stack), "ragtune::plain-store", "not needed"))
