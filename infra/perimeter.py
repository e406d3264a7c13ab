"""A data perimeter as two policies of the organisation: who may reach what, and from where.

    resource control policy   own resources    ← own identities, and AWS's services on our own behalf
    service control policy    own identities   → own resources, and AWS's buckets that the file names
                              people and apps  → a deployment's data from own networks

They allow nothing; they bound what any policy of any account below may ever allow. The deployment's own roles
are not bound to a network here: their functions stand in the VPC, and services of AWS use the others.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
"""

from typing import Any

from ragtune.deployment import AwsSettings
from ragtune.organisation_settings import PerimeterSettings

_STORES = ("s3:*", "sqs:*", "kms:*")  # of what the stacks use, what a resource control policy bounds
_DATA = (*_STORES, "sns:Publish", "sagemaker:InvokeEndpoint*")  # what could carry data to someone else's
_FROM_NETWORKS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "sagemaker:InvokeEndpoint*")


def resource_policy(perimeter: PerimeterSettings) -> dict[str, Any]:
    """The resource control policy."""
    own = perimeter.organisation
    return _policy(
        {
            "Sid": "OwnIdentities",
            "Principal": "*",
            "Action": list(_STORES),
            "Resource": "*",
            "Condition": {
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": own},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        },
        {
            "Sid": "ServicesForOurselves",
            "Principal": "*",
            "Action": list(_STORES),
            "Resource": "*",
            "Condition": {
                "StringNotEqualsIfExists": {"aws:SourceOrgID": own},
                "Null": {"aws:SourceAccount": "false"},
                "Bool": {"aws:PrincipalIsAWSService": "true"},
            },
        },
    )


def service_policy(aws: AwsSettings, perimeter: PerimeterSettings) -> dict[str, Any]:
    """The service control policy."""
    of_aws = [f"arn:aws:s3:::{bucket}/*" for bucket in sorted(aws.network.aws_buckets)]
    own_resources: dict[str, Any] = {
        "Sid": "OwnResources",
        "Action": list(_DATA),
        **({"NotResource": of_aws} if of_aws else {"Resource": "*"}),
        "Condition": {"StringNotEqualsIfExists": {"aws:ResourceOrgID": perimeter.organisation}},
    }
    bound = [_own_networks(aws.name, perimeter)] if perimeter.networks or perimeter.addresses else []
    return _policy(own_resources, *bound)


def _own_networks(name: str, perimeter: PerimeterSettings) -> dict[str, Any]:
    """The private API and the search domain need no row: they are reached from inside the VPC alone."""
    condition: dict[str, Any] = {
        "BoolIfExists": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"},
        "ArnNotLikeIfExists": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{name}-*"},
    }
    if perimeter.networks:
        condition["StringNotEqualsIfExists"] = {"aws:SourceVpc": list(perimeter.networks)}
    if perimeter.addresses:
        condition["NotIpAddressIfExists"] = {"aws:SourceIp": list(perimeter.addresses)}
    return {
        "Sid": "OwnNetworks",
        "Action": list(_FROM_NETWORKS),
        "Resource": [f"arn:aws:s3:::{name}-*/*", f"arn:aws:sagemaker:*:*:endpoint/{name}-*"],
        "Condition": condition,
    }


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **each} for each in statements]}
