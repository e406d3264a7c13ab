"""Who touched documents, models and records: CloudTrail with the data events of this deployment's buckets."""

import aws_cdk as cdk
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class AuditTrail(Construct):
    """Writes to `bucket`, signed file by file. Buckets are named by the beginning that all of ours share."""

    def __init__(self, scope: Construct, *, name: str, bucket: s3.IBucket, key: kms.IKey) -> None:
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
        partition = cdk.Stack.of(self).partition
        ours = f"arn:{partition}:s3:::{name}-"
        resource = trail.node.default_child
        assert isinstance(resource, cloudtrail.CfnTrail)  # noqa: S101
        # The L2 knows basic selectors only, which need each bucket's whole ARN: those of later stacks.
        resource.add_property_override(
            "AdvancedEventSelectors",
            [
                {
                    "Name": "management",
                    "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
                },
                {
                    "Name": "objects",
                    "FieldSelectors": [
                        {"Field": "eventCategory", "Equals": ["Data"]},
                        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                        # The logs' own deliveries would be logged again and again.
                        {
                            "Field": "resources.ARN",
                            "StartsWith": [f"{ours}{each}-" for each in ("documents", "models", "audit")],
                        },
                    ],
                },
            ],
        )
        resource.add_property_deletion_override("EventSelectors")
