"""One way to make a function: its bundle, its log, and a role of its own that may do what it is allowed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources
from constructs import Construct

from infra.assets import LAMBDAS, bundle, digest
from infra.network import Network
from infra.safeguards import NAME, acknowledge
from infra.storage import log_group
from ragtune.deployment import AwsSettings, Deployment
from ragtune.errors import BadInput
from ragtune.records import encode
from ragtune.wiring import dictionary_of

_MOST_VARIABLES = 3_800  # characters in all; Lambda takes 4 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Work that stands outside the VPC. `why` says what it sees there, where the internet is."""

    source: str  # folder below lambdas/
    handler: str  # module.function
    allowed: tuple[iam.PolicyStatement, ...]
    why: str
    why_any: str = ""  # for what is allowed on every resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Work in the VPC, as `caller` of the table of flows; what it may do is granted to its role."""

    source: str  # folder below lambdas/
    caller: str
    memory_mib: int
    timeout_s: int
    variables: Mapping[str, str] = field(default_factory=dict)
    reserved: int | None = None  # calls at once, kept for it and never more


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """Makes the functions of one deployment from the bundles in `bundles`."""

    aws: AwsSettings
    bundles: Path
    network: Network
    log_key: kms.IKey

    def outside(self, scope: Construct, name: str, work: Outside) -> lambda_.Function:
        """A function outside the VPC. Raises BadInput when its bundle was never built."""
        role = self.role(scope, f"{name}Role", f"{work.source}, {work.handler}")
        for statement in work.allowed:
            role.add_to_policy(statement)
        if work.why_any:
            acknowledge(role, "AwsSolutions-IAM5[Resource::*]", work.why_any)
        function = self._function(scope, name, work.source, role, handler=work.handler, timeout_s=60)
        acknowledge(function, f"{NAME}::outside-vpc", work.why)
        return function

    def inside(self, scope: Construct, name: str, role: iam.Role, work: Inside) -> lambda_.Function:
        """A function in the VPC. Raises BadInput when its bundle was never built."""
        if sum(len(key) + len(value) for key, value in work.variables.items()) > _MOST_VARIABLES:
            raise ValueError(f"{work.source}: variables of more than {_MOST_VARIABLES} characters")
        interfaces = [f"ec2:{verb}NetworkInterface" for verb in ("Create", "Delete")]
        every = iam.PolicyStatement(
            sid="PlaceInTheVpc",
            actions=[*interfaces, "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
            resources=["*"],
        )
        role.add_to_policy(every)
        why = (
            "Lambda itself places the function in the VPC; these actions know no resource that exists before."
        )
        acknowledge(role, "AwsSolutions-IAM5[Resource::*]", why)
        function = self._function(
            scope,
            name,
            work.source,
            role,
            timeout_s=work.timeout_s,
            memory_size=work.memory_mib,
            environment=dict(work.variables),
            reserved_concurrent_executions=work.reserved,
            function_name=f"{self.aws.name}-{work.source.replace('_', '-')}",
        )
        resource = function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101  every function has one
        # Not by the L2's `vpc`: it attaches a managed policy that may write any log group.
        resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            subnet_ids=[subnet.subnet_id for subnet in self.network.subnets],
            security_group_ids=[self.network.groups[work.caller].security_group_id],
        )
        return function

    def digest(self, source: str) -> str:
        """Of everything that goes into the bundle of lambdas/`source`."""
        return digest(LAMBDAS / source, self.aws.functions)

    def role(self, scope: Construct, name: str, does: str, *, named: str = "") -> iam.Role:
        """For one function. `named` where another stack has to know its name beforehand."""
        return iam.Role(
            scope,
            name,
            role_name=named or None,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"{self.aws.name}: {does}",
        )

    def _function(
        self, scope: Construct, name: str, source: str, role: iam.Role, *, timeout_s: int, **more: Any
    ) -> lambda_.Function:
        log = log_group(scope, f"{name}Log", aws=self.aws, key=self.log_key)
        log.grant_write(role)
        arm = self.aws.functions.architecture == "arm64"
        function = lambda_.Function(
            scope,
            name,
            runtime=lambda_.Runtime(f"python{self.aws.functions.python}", lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
            code=lambda_.Code.from_asset(str(bundle(LAMBDAS / source, self.aws.functions, self.bundles))),
            role=role,
            log_group=log,
            timeout=cdk.Duration.seconds(timeout_s),
            description=f"{self.aws.name}: {source}",
            **{"handler": "handler.handler", "memory_size": 256, **more},
        )
        version = "The file names the version: the one that the bundles are compiled for and tested with."
        acknowledge(function, "AwsSolutions-L1", version)
        return function


def role_arn(scope: Construct, name: str) -> str:
    """Of this account's role of that name, which may be another stack's."""
    return f"arn:{cdk.Stack.of(scope).partition}:iam::{cdk.Stack.of(scope).account}:role/{name}"


def settings_variable(deployment: Deployment, index_url: str) -> str:
    """The deployment's file without what a function has no use for, with the index that the stacks made.

    Raises BadInput where it names a file that a function can't see.
    """
    product = deployment.product
    if product.retrieval.dictionary:
        place = f"words/dictionary.toml of the bucket {deployment.aws.name}-state-…"
        named = f"{deployment.path}: retrieval.dictionary is a file of this machine"
        raise BadInput(f"{named}; put its contents at {place}, and leave the value out")
    told = encode(product)
    for unused in ("aws", "console"):
        told.pop(unused)
    told["index"] |= {"url": index_url, "words": dictionary_of(product), "words_file": None}
    return json.dumps(told, ensure_ascii=False)


def acknowledge_provider(provider: custom_resources.Provider, *called: lambda_.Function) -> None:
    """Give the reasons for CDK's own functions around `called`: they pass answers on and see no data."""
    stack = cdk.Stack.of(provider)
    own = [each for each in provider.node.find_all() if isinstance(each, lambda_.Function)]
    basic = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    why = "CDK's own function of a custom resource: it calls ours, passes the answer on and sees no data."
    for rule in (f"{NAME}::outside-vpc", f"AwsSolutions-IAM4[{basic}]", "AwsSolutions-L1"):
        acknowledge(provider, rule, why)
    for function in (*called, *own):
        resource = function.node.default_child
        assert isinstance(resource, cdk.CfnElement)  # noqa: S101  every function has one
        name = stack.get_logical_id(resource)
        versions = "CDK lets its own functions call every version of ours; there is but one."
        acknowledge(provider, f"AwsSolutions-IAM5[Resource::<{name}.Arn>:*]", versions)
    waits = "It waits and asks once a minute; the functions that it calls keep their own logs."
    for rule in ("AwsSolutions-SF1", "AwsSolutions-SF2"):
        acknowledge(provider, rule, waits)
