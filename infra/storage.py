"""Keys, buckets and log groups as every part of the deployment makes them."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.safeguards import NAME, acknowledge
from ragtune.deployment import AwsSettings

TELLERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")  # of alarms, of a month that costs too much
CLASSES = ("documents", "models", "audit", "logs")  # one key each: who may read one may not read the others

_USES = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey")


def removal(aws: AwsSettings, what: str) -> cdk.RemovalPolicy:
    """What happens to `what`, one of LEAVABLE, when its stack is deleted."""
    return cdk.RemovalPolicy.RETAIN if what in aws.retention.left else cdk.RemovalPolicy.DESTROY


class DataKeys(Construct):
    """A customer-managed key for each class of data, renewed every year."""

    def __init__(self, scope: Construct, *, aws: AwsSettings) -> None:
        super().__init__(scope, "Keys")
        self._keys = {
            name: kms.Key(
                self,
                name.capitalize(),
                alias=f"alias/{aws.name}-{name}",
                description=f"{aws.name}: {name}",
                enable_key_rotation=True,
                removal_policy=removal(aws, "keys"),
            )
            for name in CLASSES
        }
        acknowledge(
            self,
            f"{NAME}::wildcard[Action::kms:*]",
            "Hands the key to this account's IAM policies; without it nobody could change the key again.",
        )
        self._let_logs_encrypt()
        self._let_services_send()

    def __getitem__(self, name: str) -> kms.Key:
        return self._keys[name]

    def _let_logs_encrypt(self) -> None:
        stack = cdk.Stack.of(self)
        key = self["logs"]
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroupsOfThisAccount",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=[f"kms:{each}" for each in _USES],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                            service="logs", resource="log-group:*"
                        )
                    }
                },
            )
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="TrailOfThisAccount",
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                actions=["kms:GenerateDataKey", "kms:DescribeKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )

    def _let_services_send(self) -> None:
        """S3's events into a queue, alarms and the budget into a topic."""
        for name, services in (("documents", ("s3.amazonaws.com",)), ("logs", TELLERS)):
            self[name].add_to_resource_policy(
                iam.PolicyStatement(
                    sid="SendersOfThisAccount",
                    principals=[iam.ServicePrincipal(each) for each in services],
                    actions=["kms:GenerateDataKey", "kms:Decrypt"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
                )
            )


def bucket_name(aws: AwsSettings, purpose: str, stack: cdk.Stack) -> str:
    """Known before the bucket is there, so that policies and the trail of another stack can name it."""
    return f"{aws.name}-{purpose}-{stack.account}-{aws.region}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What is written stays for so many days, then goes. `firm`: not even the account's owner shortens it."""

    days: int
    firm: bool

    @property
    def retention(self) -> s3.ObjectLockRetention:
        """As the bucket has it."""
        kind = s3.ObjectLockRetention.compliance if self.firm else s3.ObjectLockRetention.governance
        return kind(cdk.Duration.days(self.days))


def private_bucket(
    scope: Construct,
    purpose: str,
    *,
    aws: AwsSettings,
    key: kms.IKey | None,
    access_logs: s3.IBucket | None,
    lock: Lock | None = None,
) -> s3.Bucket:
    """A versioned bucket for TLS and this account's principals only; without `key`, S3's own keys."""
    stack = cdk.Stack.of(scope)
    bucket = s3.Bucket(
        scope,
        purpose.capitalize(),
        bucket_name=bucket_name(aws, purpose, stack),
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key,
        bucket_key_enabled=True if key else None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        object_lock_default_retention=lock.retention if lock else None,
        server_access_logs_bucket=access_logs,
        server_access_logs_prefix=f"{purpose}/" if access_logs else None,
        removal_policy=removal(aws, purpose),
        lifecycle_rules=[
            s3.LifecycleRule(
                id="old-versions",
                noncurrent_version_expiration=cdk.Duration.days(aws.retention.old_versions_days),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                expired_object_delete_marker=None if lock else True,
                expiration=cdk.Duration.days(lock.days + 1) if lock else None,
            )
        ],
    )
    _keep_in_account(bucket, stack)
    if not access_logs:
        acknowledge(
            bucket, "AwsSolutions-S1", "Holds the other buckets' access logs; logging itself would never end."
        )
    return bucket


def _keep_in_account(bucket: s3.Bucket, stack: cdk.Stack) -> None:
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="NobodyFromOutside",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:*"],
            resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
            conditions={
                "StringNotEqualsIfExists": {"aws:PrincipalAccount": stack.account},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        )
    )


def log_group(
    scope: Construct, name: str, *, aws: AwsSettings, key: kms.IKey, path: str = ""
) -> logs.LogGroup:
    """Encrypted with `key`, kept for the file's days. `path` is its name, where a service asks for one."""
    group = logs.LogGroup(
        scope,
        name,
        log_group_name=path or None,
        encryption_key=key,
        removal_policy=removal(aws, "log-groups"),
    )
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101  the L2 takes an enum, the file holds days
    resource.retention_in_days = aws.retention.logs_days
    return group
