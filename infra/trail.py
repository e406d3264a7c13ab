"""Who touched documents, models and records: CloudTrail with the data events of this deployment's buckets."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class AuditTrail(Construct):
    """Writes to `bucket`, signed file by file. Buckets are named by the beginning that all of ours share.

    `endpoints`: also who asked a model itself, which leaves no record of ours.
    """

    def __init__(
        self, scope: Construct, *, name: str, bucket: s3.IBucket, key: kms.IKey, endpoints: bool = False
    ) -> None:
        super().__init__(scope, "AuditTrail")
        trail = cloudtrail.Trail(
            self,
            "Trail",
            trail_name=name,
            bucket=bucket,
            encryption_key=key,
            enable_file_validation=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
        )
        resource = trail.node.default_child
        assert isinstance(resource, cloudtrail.CfnTrail)  # noqa: S101
        # The L2 knows basic selectors only, which need each bucket's whole ARN: those of later stacks.
        stack = cdk.Stack.of(self)
        buckets = [f"arn:{stack.partition}:s3:::{name}-{each}-" for each in ("documents", "models", "audit")]
        selectors = [
            {
                "Name": "management",
                "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
            },
            # The logs' own deliveries would be logged again and again.
            _data("objects", "AWS::S3::Object", buckets),
        ]
        if endpoints:
            ours = stack.format_arn(service="sagemaker", resource="endpoint", resource_name=f"{name}-")
            selectors.append(_data("models", "AWS::SageMaker::Endpoint", [ours]))
        resource.add_property_override("AdvancedEventSelectors", selectors)
        resource.add_property_deletion_override("EventSelectors")


def _data(name: str, kind: str, starts: list[str]) -> dict[str, Any]:
    return {
        "Name": name,
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": [kind]},
            {"Field": "resources.ARN", "StartsWith": starts},
        ],
    }
