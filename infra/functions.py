"""One way to make a function: its bundle, its log, and a role of its own that may do what it is allowed."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources
from constructs import Construct

from infra.assets import LAMBDAS, bundle
from infra.safeguards import NAME, acknowledge
from infra.storage import log_group
from ragtune.deployment import AwsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Work that stands outside the VPC. `why` says what it sees there, where the internet is."""

    source: str  # folder below lambdas/
    handler: str  # module.function
    allowed: tuple[iam.PolicyStatement, ...]
    why: str
    why_any: str = ""  # for what is allowed on every resource


def outside_function(
    scope: Construct, name: str, *, work: Outside, aws: AwsSettings, log_key: kms.IKey
) -> lambda_.Function:
    """A function outside the VPC. Raises BadInput when its bundle was never built."""
    role = iam.Role(
        scope,
        f"{name}Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"{aws.name}: {work.source}, {work.handler}",
    )
    log = log_group(scope, f"{name}Log", aws=aws, key=log_key)
    log.grant_write(role)
    for statement in work.allowed:
        role.add_to_policy(statement)
    if work.why_any:
        acknowledge(role, "AwsSolutions-IAM5[Resource::*]", work.why_any)
    arm = aws.functions.architecture == "arm64"
    function = lambda_.Function(
        scope,
        name,
        runtime=lambda_.Runtime(f"python{aws.functions.python}", lambda_.RuntimeFamily.PYTHON),
        architecture=lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
        code=lambda_.Code.from_asset(str(bundle(LAMBDAS / work.source, aws.functions))),
        handler=work.handler,
        role=role,
        log_group=log,
        memory_size=256,
        timeout=cdk.Duration.seconds(60),
        description=f"{aws.name}: {work.source}",
    )
    acknowledge(function, f"{NAME}::outside-vpc", work.why)
    version = "The file names the version: the one that the bundles are compiled for and tested with."
    acknowledge(function, "AwsSolutions-L1", version)
    return function


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
