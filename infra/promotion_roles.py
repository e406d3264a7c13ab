"""The two roles of a served model: what its container may read, and what CloudFormation may change of it."""

from collections.abc import Iterator

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from infra.safeguards import acknowledge
from infra.sagemaker_roles import LOGS, PLACED, placing, sagemaker_role
from infra.storage import bucket_name
from ragtune.deployment import AwsSettings
from ragtune.endpoint_settings import Endpoint
from ragtune.promotion import Names

_READ = ("staged/*", "runs/*")
_SCALES = ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy")
_LOOKS = ("DescribeScalableTargets", "DescribeScalingPolicies")
_TAGS = ("TagResource", "UntagResource", "ListTagsForResource")
_ALARMS = ("PutMetricAlarm", "DeleteAlarms", *_TAGS)
_BOOTSTRAP = "cdk-bootstrap/hnb659fds/version"  # a parameter that every template of CDK's asks for


def model_role(stack: cdk.Stack, aws: AwsSettings, endpoint: Endpoint, key: str) -> iam.Role:
    """For SageMaker, which brings weights and image in; the container itself holds no credentials."""
    role = sagemaker_role(
        stack, "ModelRole", f"{aws.name}: reads the weights that serve", named=f"{aws.name}-serve"
    )
    models = f"arn:{stack.partition}:s3:::{bucket_name(aws, 'models', stack)}"
    log_group = stack.format_arn(service="logs", resource=f"log-group:/aws/sagemaker/*/{aws.name}-*")
    prefixes = {"StringLike": {"s3:prefix": list(_READ)}}
    for statement in (
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{models}/{each}" for each in _READ]),
        iam.PolicyStatement(actions=["s3:ListBucket"], resources=[models], conditions=prefixes),
        iam.PolicyStatement(actions=["kms:Decrypt", "kms:DescribeKey"], resources=[key]),
        iam.PolicyStatement(actions=list(LOGS), resources=[log_group]),
        *placing(stack, endpoint.training.repositories[1:]),
    ):
        role.add_to_policy(statement)
    account = f"{aws.region}:<AWS::AccountId>"
    files = "Files are named by what they hold; the role sees what was staged and made, and no document."
    for rule, why in {
        **{f"arn:aws:s3:::{aws.name}-models-<AWS::AccountId>-{aws.region}/{each}": files for each in _READ},
        f"arn:aws:logs:{account}:log-group:/aws/sagemaker/*/{aws.name}-*": "Groups of endpoints and of "
        "components, named by SageMaker after ours, and the streams in them.",
        "*": PLACED,
    }.items():
        acknowledge(role, f"AwsSolutions-IAM5[Resource::{rule}]", why)
    return role


def change_role(stack: cdk.Stack, aws: AwsSettings, endpoint: Endpoint, model: iam.IRole) -> iam.Role:
    """For CloudFormation, when a promotion updates the endpoint's stack; a deployment uses CDK's own role."""
    role = iam.Role(
        stack,
        "ChangeRole",
        assumed_by=iam.ServicePrincipal("cloudformation.amazonaws.com"),
        description=f"{aws.name}: changes the model's endpoint and nothing else",
    )
    for statement in _changes(stack, aws, endpoint, model):
        role.add_to_policy(statement)
    for rule, why in _change_reasons(aws):
        acknowledge(role, f"AwsSolutions-IAM5[Resource::{rule}]", why)
    return role


def _change_reasons(aws: AwsSettings) -> Iterator[tuple[str, str]]:
    """Why a resource of the change's policy ends in a star."""
    names, here = Names(name=aws.name), f"{aws.region}:<AWS::AccountId>"
    versions = "One for each version and configuration of this endpoint; the name begins with its own."
    for kind in ("model", "endpoint-config"):
        yield f"arn:aws:sagemaker:{here}:{kind}/{names.endpoint}-*", versions
    outputs = "References to this deployment's other stacks are read from their outputs; ids are made up."
    yield f"arn:aws:cloudformation:{here}:stack/{aws.name}-*/*", outputs
    tags = "Application Auto Scaling makes up the names of targets; their tags are all that is allowed."
    yield f"arn:aws:application-autoscaling:{here}:scalable-target/*", tags
    alarms = "CloudFormation and scaling end the names of this endpoint's alarms in an id of their own."
    for pattern in _alarm_patterns(names):
        yield f"arn:aws:cloudwatch:{here}:alarm:{pattern}", alarms
    yield (
        "*",
        "Targets are named by Application Auto Scaling, and alarms can't be described by name; the condition "
        "lets it scale SageMaker alone.",
    )


def _changes(
    stack: cdk.Stack, aws: AwsSettings, endpoint: Endpoint, model: iam.IRole
) -> Iterator[iam.PolicyStatement]:
    names = Names(name=aws.name)

    def arns(service: str, *pairs: tuple[str, str]) -> list[str]:
        return [stack.format_arn(service=service, resource=kind, resource_name=name) for kind, name in pairs]

    kept = arns("sagemaker", ("model", f"{names.endpoint}-*"), ("endpoint-config", f"{names.endpoint}-*"))
    stands = arns("sagemaker", ("endpoint", names.endpoint))
    verbs = ("Create", "Describe", "Delete")
    yield iam.PolicyStatement(
        actions=[f"sagemaker:{verb}{kind}" for kind in ("Model", "EndpointConfig") for verb in verbs],
        resources=kept,
    )
    yield iam.PolicyStatement(
        actions=[f"sagemaker:{verb}Endpoint" for verb in (*verbs, "Update")], resources=[*stands, *kept]
    )
    parts = []
    if not endpoint.merged:
        parts = arns(
            "sagemaker", ("inference-component", names.base), ("inference-component", names.component)
        )
        changed = [f"sagemaker:{verb}InferenceComponent" for verb in (*verbs, "Update")]
        changed.append("sagemaker:UpdateInferenceComponentRuntimeConfig")
        yield iam.PolicyStatement(actions=changed, resources=[*parts, *stands])
    tags = ["sagemaker:AddTags", "sagemaker:DeleteTags", "sagemaker:ListTags"]
    yield iam.PolicyStatement(actions=tags, resources=[*kept, *stands, *parts])
    yield iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[model.role_arn],
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )
    read = arns("ssm", ("parameter", names.current.removeprefix("/")), ("parameter", _BOOTSTRAP))
    yield iam.PolicyStatement(actions=["ssm:GetParameter", "ssm:GetParameters"], resources=read)
    yield iam.PolicyStatement(
        actions=["cloudformation:DescribeStacks"],
        resources=arns("cloudformation", ("stack", f"{aws.name}-*/*")),
    )
    yield from _scaling(stack, names, stands)


def _scaling(stack: cdk.Stack, names: Names, endpoint: list[str]) -> Iterator[iam.PolicyStatement]:
    """Whoever makes a target needs what scaling will do: SageMaker's documentation lists it."""
    what = "application-autoscaling"
    there = {"StringEquals": {f"{what}:service-namespace": "sagemaker"}}
    targets = stack.format_arn(service=what, resource="scalable-target", resource_name="*")
    linked = f"sagemaker.{what}.amazonaws.com"
    role = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    for actions, resources, conditions in (
        ([f"{what}:{verb}" for verb in _SCALES], ["*"], there),
        ([f"{what}:{verb}" for verb in _TAGS], [targets], None),
        ([f"{what}:{verb}" for verb in _LOOKS] + ["cloudwatch:DescribeAlarms"], ["*"], None),
        (["sagemaker:UpdateEndpointWeightsAndCapacities"], endpoint, None),
        ([f"cloudwatch:{verb}" for verb in _ALARMS], _alarm_arns(stack, names), None),
        (
            ["iam:CreateServiceLinkedRole"],
            [f"arn:{stack.partition}:iam::{stack.account}:role/aws-service-role/{linked}/{role}"],
            {"StringEquals": {"iam:AWSServiceName": linked}},
        ),
    ):
        yield iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions)


def _alarm_arns(stack: cdk.Stack, names: Names) -> list[str]:
    return [
        stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        for name in _alarm_patterns(names)
    ]


def _alarm_patterns(names: Names) -> list[str]:
    """Those of the endpoint's own stack, and those that scaling makes."""
    return [
        f"{names.endpoint}-*",
        f"TargetTracking-endpoint/{names.endpoint}/*",
        f"TargetTracking-inference-component/{names.base}-*",
    ]
