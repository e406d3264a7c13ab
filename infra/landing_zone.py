"""What everything else stands on: network, names, keys, trail, and the buckets for logs and models."""

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.alarms import AlarmTopic
from infra.dns_firewall import DnsFirewall
from infra.flows import dns_names
from infra.network import Network
from infra.safeguards import NAME, acknowledge
from infra.stack import DeploymentStack
from infra.storage import DataKeys, log_group, private_bucket
from infra.trail import AuditTrail
from ragtune.deployment import Deployment


class LandingZone(DeploymentStack):
    """`network`, `keys`, `alarms`, `access_logs` and the `models` bucket."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(
            scope, "landing-zone", deployment=deployment, description="Network, keys, trail and log buckets"
        )
        aws = deployment.aws
        self.keys = DataKeys(self, aws=aws)
        self.alarms = AlarmTopic(self, aws=aws, key=self.keys["logs"])
        self.access_logs = private_bucket(self, "logs", aws=aws, key=None, access_logs=None)
        acknowledge(
            self.access_logs,
            f"{NAME}::plain-store",
            "S3 delivers access logs only to buckets under S3's own keys; they hold no content.",
        )
        self.models = private_bucket(
            self, "models", aws=aws, key=self.keys["models"], access_logs=self.access_logs
        )
        trail = private_bucket(self, "trail", aws=aws, key=self.keys["logs"], access_logs=self.access_logs)
        endpoints = aws.model is not None
        AuditTrail(self, name=aws.name, bucket=trail, key=self.keys["logs"], endpoints=endpoints)
        self.network = Network(self, deployment=deployment)
        if aws.network.existing is None:
            self._watch(deployment)

    def _watch(self, deployment: Deployment) -> None:
        """Of a VPC of ours; in one that was brought in, others may rely on names and pay for logs."""
        aws, key, vpc = deployment.aws, self.keys["logs"], self.network.vpc
        questions = log_group(self, "DnsQuestions", aws=aws, key=key)
        DnsFirewall(self, name=aws.name, vpc=vpc, names=dns_names(aws.region), log=questions)
        flows = log_group(self, "Flows", aws=aws, key=key)
        ec2.FlowLog(
            self,
            "FlowLog",
            resource_type=ec2.FlowLogResourceType.from_vpc(vpc),
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows),
            traffic_type=ec2.FlowLogTrafficType.ALL,
        )
