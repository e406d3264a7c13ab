"""What fails a synth: a way to the internet, a store without encryption, a wildcard without a written reason.

The rules read the finished templates, so nothing that a construct or an override wrote gets by them. What is
right as it is gets a reason where it arises: `acknowledge(bucket, "ragtune::plain-store", "…")`. Wildcards in
the policies of IAM roles are cdk-nag's (AwsSolutions-IAM5); those in resource policies are ours.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

Resource = dict[str, Any]
NAME = "ragtune"
_NOWHERE = "255.255.255.255/32"  # the address of nobody: a rule that allows nothing
_MIN_REASON = 30  # characters; less is no reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`rule` as it is acknowledged, without the plugin's name: wildcard[Action::kms:*]."""

    rule: str
    resource: str  # logical id
    where: str
    what: str


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Let `rule` pass at `construct` and below. Raises ValueError when the reason says nothing."""
    if len(reason) < _MIN_REASON:
        raise ValueError(f"{rule}: {reason!r} is no reason; say why it is right here")
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


def findings(template: dict[str, Any]) -> list[Finding]:
    """What is wrong in one template, by resource."""
    return [
        Finding(rule=rule, resource=name, where=where, what=what)
        for name, resource in template.get("Resources", {}).items()
        for check in (_internet, _public, _plain_store, _unplaced_function, _wildcards)
        for rule, where, what in check(resource)
    ]


def apply_rules(app: cdk.App) -> None:
    """Let cdk-nag's AwsSolutions and our own rules look at every synth of `app`."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), Safeguards())


@jsii.implements(cdk.IPolicyValidationPlugin)
class Safeguards:
    """`findings` as a step of every synth; what is found fails it."""

    @property
    def name(self) -> str:
        """The namespace of the rules."""
        return NAME

    @property
    def version(self) -> str:
        """Of the rules."""
        return "1.0.0"

    @property
    def rule_ids(self) -> list[str]:
        """The rules, without what a wildcard's names."""
        return ["internet", "public", "plain-store", "outside-vpc", "wildcard"]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """See cdk.IPolicyValidationPlugin."""
        violations = [
            cdk.PolicyViolation(
                rule_name=found.rule,
                description=found.what,
                severity="error",
                violating_resources=[
                    cdk.PolicyViolatingResource(
                        resource_logical_id=found.resource, template_path=path, locations=[found.where]
                    )
                ],
            )
            for path in context.template_paths
            for found in findings(json.loads(Path(path).read_text(encoding="utf-8")))
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)


_WAYS_OUT = {
    "AWS::EC2::InternetGateway": "an internet gateway",
    "AWS::EC2::VPCGatewayAttachment": "a gateway's attachment",
    "AWS::EC2::EgressOnlyInternetGateway": "an IPv6 way out",
    "AWS::EC2::NatGateway": "a NAT gateway",
    "AWS::EC2::EIP": "a public address",
    "AWS::EC2::Route": "a route of its own; the table of flows makes the only ways",
    "AWS::Lambda::Url": "a function's public URL",
    "AWS::ApiGatewayV2::Api": "an HTTP API, which can't be private",
    "AWS::CloudFront::Distribution": "a public distribution",
    "AWS::Cognito::UserPoolDomain": "a public sign-in page",
    "AWS::GlobalAccelerator::Accelerator": "a public accelerator",
}

# Type -> (property path, allowed values or None for "must be there", what is wrong otherwise)
_MUST: dict[str, list[tuple[str, tuple[Any, ...] | None, str]]] = {
    "AWS::EC2::Subnet": [("MapPublicIpOnLaunch", (False, "ABSENT"), "gives out public addresses")],
    "AWS::ApiGateway::RestApi": [("EndpointConfiguration.Types", (["PRIVATE"],), "is not private")],
    "AWS::OpenSearchService::Domain": [("VPCOptions.SubnetIds", None, "is not in the VPC")],
    "AWS::SageMaker::Model": [("EnableNetworkIsolation", (True,), "has no network isolation")],
    "AWS::ElasticLoadBalancingV2::LoadBalancer": [("Scheme", ("internal",), "faces the internet")],
    "AWS::SageMaker::NotebookInstance": [("DirectInternetAccess", ("Disabled",), "reaches the internet")],
    "AWS::S3::Bucket": [
        (f"PublicAccessBlockConfiguration.{each}", (True,), f"lacks {each}")
        for each in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    ],
}

_STORES: dict[str, list[tuple[str, tuple[Any, ...] | None, str]]] = {
    "AWS::S3::Bucket": [
        (
            "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm",
            ("aws:kms", "aws:kms:dsse"),
            "is not encrypted with a key of this account",
        )
    ],
    "AWS::SQS::Queue": [("KmsMasterKeyId", None, "has no key")],
    "AWS::SNS::Topic": [("KmsMasterKeyId", None, "has no key")],
    "AWS::Logs::LogGroup": [("KmsKeyId", None, "has no key")],
    "AWS::CloudTrail::Trail": [("KMSKeyId", None, "has no key")],
    "AWS::DynamoDB::Table": [("SSESpecification.KMSMasterKeyId", None, "has no key")],
    "AWS::Kinesis::Stream": [("StreamEncryption.KeyId", None, "has no key")],
    "AWS::EC2::Volume": [("KmsKeyId", None, "has no key")],
    "AWS::EFS::FileSystem": [("KmsKeyId", None, "has no key")],
    "AWS::SageMaker::EndpointConfig": [("KmsKeyId", None, "has no key")],
    "AWS::SecretsManager::Secret": [("KmsKeyId", None, "has no key")],
    "AWS::KMS::Key": [("EnableKeyRotation", (True,), "is never renewed")],
    "AWS::OpenSearchService::Domain": [
        ("EncryptionAtRestOptions.KmsKeyId", None, "has no key"),
        ("NodeToNodeEncryptionOptions.Enabled", (True,), "does not encrypt between nodes"),
        ("DomainEndpointOptions.EnforceHTTPS", (True,), "lets plain HTTP in"),
    ],
}

# Their policies can't reach beyond the resource that they belong to, whatever pattern they name.
_BOUND = frozenset(
    {
        "AWS::KMS::Key",
        "AWS::S3::BucketPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::OpenSearchService::Domain",
        "AWS::ApiGateway::RestApi",
    }
)

Found = Iterator[tuple[str, str, str]]  # (rule, where in the resource, what is wrong)


def _internet(resource: Resource) -> Found:
    kind = resource["Type"]
    if kind in _WAYS_OUT:
        yield "internet", "Type", f"is {_WAYS_OUT[kind]}"
    yield from _musts("internet", _MUST, resource)
    for where, rule in _rules(resource):
        for key in ("CidrIp", "CidrIpv6"):
            if key in rule and not _within_private(rule[key]):
                yield "internet", where, f"opens {rule[key]}, which is not a private range"


def _rules(resource: Resource) -> Iterator[tuple[str, Resource]]:
    properties = resource.get("Properties", {})
    if resource["Type"] in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
        yield "Properties", properties
    if resource["Type"] == "AWS::EC2::SecurityGroup":
        for direction in ("SecurityGroupIngress", "SecurityGroupEgress"):
            # Without any egress rule EC2 itself puts one that allows everything.
            absent = [{"CidrIp": "0.0.0.0/0"}] if direction == "SecurityGroupEgress" else []
            for rule in properties.get(direction) or absent:
                yield f"Properties.{direction}", rule


def _within_private(cidr: Any) -> bool:
    if isinstance(cidr, dict):  # the VPC's own range, by reference
        return bool(cidr.get("Fn::GetAtt", ["", ""])[1] == "CidrBlock")
    network = ip_network(cidr, strict=False)
    return cidr == _NOWHERE or (network.prefixlen > 0 and network.is_private)


def _public(resource: Resource) -> Found:
    for where, statement in _statements(resource):
        principal = statement.get("Principal")
        anyone = principal == "*" or (
            isinstance(principal, dict) and "*" in _listed(principal.get("AWS", ()))
        )
        limited = {"aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:SourceAccount"}
        conditions = {key for each in statement.get("Condition", {}).values() for key in each}
        if statement.get("Effect") == "Allow" and anyone and not conditions & limited:
            yield "public", where, "lets anyone in; name principals or the account"


def _plain_store(resource: Resource) -> Found:
    yield from _musts("plain-store", _STORES, resource)


def _musts(
    rule: str, table: dict[str, list[tuple[str, tuple[Any, ...] | None, str]]], resource: Resource
) -> Found:
    for path, allowed, wrong in table.get(resource["Type"], ()):
        value = _at(resource.get("Properties", {}), path)
        good = value != "ABSENT" if allowed is None else value in allowed
        if not good:
            yield rule, f"Properties.{path}", wrong


def _unplaced_function(resource: Resource) -> Found:
    placed = _at(resource.get("Properties", {}), "VpcConfig.SubnetIds") != "ABSENT"
    if resource["Type"] == "AWS::Lambda::Function" and not placed:
        yield "outside-vpc", "Properties.VpcConfig", "is outside the VPC; say what it may see there"


def _wildcards(resource: Resource) -> Found:
    if resource["Type"].startswith("AWS::IAM::"):  # cdk-nag: AwsSolutions-IAM5
        return
    bound = resource["Type"] in _BOUND
    for where, statement in _statements(resource):
        if statement.get("Effect") != "Allow":
            continue
        for action in _listed(statement.get("Action", ())):
            if "*" in action:
                yield f"wildcard[Action::{action}]", where, f"allows {action}; name the actions"
        for target in _listed(statement.get("Resource", ())):
            if (text := _text(target)) and "*" in text and not bound:
                yield f"wildcard[Resource::{text}]", where, f"allows {text}; name the resources"


def _statements(resource: Resource) -> Iterator[tuple[str, Resource]]:
    """Statements of every policy in a resource's properties, but for trust of roles."""
    for key, value in resource.get("Properties", {}).items():
        for document in (value, *(value.values() if isinstance(value, dict) else ())):
            if isinstance(document, dict) and isinstance(document.get("Statement"), list):
                yield from ((f"Properties.{key}", each) for each in document["Statement"])


def _text(value: Any) -> str:
    """A resource's name with references in angle brackets, as cdk-nag writes it."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(_text(part) for part in value["Fn::Join"][1])
    kind, argument = next(iter(value.items()))
    if kind == "Fn::GetStackOutput":
        return f"<{argument['StackName']}.{argument['OutputName']}>"
    return "<" + ".".join(map(str, _listed(argument))) + ">"


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _at(value: Any, path: str) -> Any:
    """The value at a dotted path, or the word ABSENT."""
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return "ABSENT"
    return value
