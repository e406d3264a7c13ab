"""What SageMaker's containers share: who may take on their roles, what placing one takes, what it reaches."""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
PLACED = "Interfaces in the VPC and the registry's token: EC2 and ECR take no resource for these."
_INTERFACES = (
    "ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
)  # fmt: skip
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def sagemaker_role(stack: cdk.Stack, name: str, does: str, *, named: str = "") -> iam.Role:
    """A role that SageMaker takes on for this account alone."""
    here = {"StringEquals": {"aws:SourceAccount": stack.account}}
    return iam.Role(
        stack,
        name,
        role_name=named or None,
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com", conditions=here),
        description=does,
    )


def placing(stack: cdk.Stack, repositories: Iterable[tuple[str, str]]) -> list[iam.PolicyStatement]:
    """Pull AWS's images (account, repository) and stand in the VPC; PLACED is the reason for its stars."""
    images = [
        f"arn:{stack.partition}:ecr:{stack.region}:{account}:repository/{name}"
        for account, name in repositories
    ]
    return [
        iam.PolicyStatement(actions=list(_PULL), resources=images),
        iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        iam.PolicyStatement(actions=list(_INTERFACES), resources=["*"]),
    ]


def group_to_s3(
    stack: cdk.Stack, name: str, *, vpc: str, s3_prefix_list: str, whose: str, why: str
) -> ec2.CfnSecurityGroup:
    """The group by which SageMaker brings files in and out; what runs in the container reaches nothing."""
    to_s3 = ec2.CfnSecurityGroup.EgressProperty(
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        destination_prefix_list_id=s3_prefix_list,
        description=why,
    )
    return ec2.CfnSecurityGroup(
        stack, name, vpc_id=vpc, group_description=whose, security_group_egress=[to_s3]
    )
