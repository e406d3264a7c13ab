"""Where the search domain keeps snapshots beside its own of every hour: a bucket, a role that writes there.

    ragtune index snapshot before-upgrade --config config/prod.toml

OpenSearch itself writes them, by a role that it alone assumes, for this one domain.
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.landing_zone import LandingZone
from infra.safeguards import acknowledge
from infra.storage import bucket_name, private_bucket
from ragtune.deployment import AwsSettings


class Snapshots(Construct):
    """`told`: bucket, region and role_arn, for the set-up."""

    def __init__(self, scope: Construct, *, aws: AwsSettings, landing_zone: LandingZone) -> None:
        super().__init__(scope, "Snapshots")
        stack, key = cdk.Stack.of(self), landing_zone.keys["documents"]
        bucket = private_bucket(self, "snapshots", aws=aws, key=key, access_logs=landing_zone.access_logs)
        domain = stack.format_arn(service="es", resource="domain", resource_name=aws.name)
        this_domain = {
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnEquals": {"aws:SourceArn": domain},
        }
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("es.amazonaws.com", conditions=this_domain),
            description=f"{aws.name}: the search domain writes and reads its snapshots",
        )
        for actions, resource in (
            (["s3:ListBucket"], bucket.bucket_arn),
            (["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], bucket.arn_for_objects("*")),
            (["kms:Decrypt", "kms:GenerateDataKey"], key.key_arn),
        ):
            self._role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
        made = bucket.node.default_child
        assert isinstance(made, cdk.CfnElement)  # noqa: S101  every bucket has one
        shown = f"AwsSolutions-IAM5[Resource::<{stack.get_logical_id(made)}.Arn>/*]"
        acknowledge(
            self._role, shown, "OpenSearch names a repository's objects; the bucket holds nothing else."
        )
        self.told = {
            "bucket": bucket_name(aws, "snapshots", stack),
            "region": aws.region,
            "role_arn": self._role.role_arn,
        }

    def let_register(self, role: iam.Role) -> None:
        """Whoever tells the domain of the bucket hands it the role, and to OpenSearch alone."""
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self._role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "es.amazonaws.com"}},
            )
        )
