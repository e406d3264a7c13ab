"""The search domain: OpenSearch in the VPC, keyed and by IAM role alone, with its Korean analyser.

Who may do what is decided three times: the domain's policy lets this account in, a role's own policy names
its verbs, and the domain's role mapping names indexes and actions. `search_setup` makes it ready.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from infra.alarms import Watch
from infra.functions import Functions
from infra.landing_zone import LandingZone
from infra.safeguards import acknowledge
from infra.search_setup import SearchSetUp, Wanted
from infra.snapshots import Snapshots
from infra.stack import DeploymentStack
from infra.storage import log_group, removal
from ragtune.deployment import Deployment

_VERBS = ("Get", "Head", "Post", "Put", "Patch", "Delete")
_LOGS = ("ES_APPLICATION_LOGS", "SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS", "AUDIT_LOGS")
_Published = dict[str, cdk.IResolvable | opensearch.CfnDomain.LogPublishingOptionProperty | dict[str, Any]]
_ASKS = ("Get", "Post")  # searches and bulk writes alike: which of them, the domain's own roles say


def _watched(metric: str, periods: int, means: str, threshold: float = 1, *, below: bool = False) -> Watch:
    return Watch(
        namespace="AWS/ES",
        metric=metric,
        threshold=threshold,
        periods=periods,
        means=means,
        below=below,
        expected=True,
    )


WATCHED = (
    _watched("ClusterStatus.red", 1, "a part of the index can't be searched"),
    _watched("ClusterStatus.yellow", 15, "a copy of the index is missing"),
    _watched("ClusterIndexWritesBlocked", 5, "documents can't be written"),
    _watched("JVMMemoryPressure", 5, "the nodes are too small", 95),
    _watched("AutomatedSnapshotFailure", 1, "there may be no snapshot to restore"),
    _watched("KMSKeyError", 1, "the key is disabled"),
    _watched("KMSKeyInaccessible", 1, "the key is gone: act within hours"),
)


class SearchDomain(DeploymentStack):
    """`url` of the index, `domain`, `setup_role` (the domain's master); `grant_read` and `grant_write`."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        landing_zone: LandingZone,
        functions: Functions,
    ) -> None:
        super().__init__(
            scope, "search-domain", deployment=deployment, description="OpenSearch with its Korean analyser"
        )
        self._aws, self._zone = deployment.aws, landing_zone
        self.setup_role = functions.role(self, "SetupRole", "master of the search domain")
        self.domain_arn = self.format_arn(service="es", resource="domain", resource_name=self._aws.name)
        self.domain = self._domain()
        self.url = f"opensearch+https://{self.domain.attr_domain_endpoint}"
        self._grant(self.setup_role, (*_ASKS, "Put"))  # roles, the index, its repository
        snapshots = Snapshots(self, aws=self._aws, landing_zone=landing_zone)
        snapshots.let_register(self.setup_role)
        SearchSetUp(self, domain=self.domain, role=self.setup_role, functions=functions,
                    index=Wanted(deployment=deployment, url=self.url, snapshots=snapshots.told))  # fmt: skip
        for watch in (*WATCHED, self._room()):
            of_domain = {"DomainName": self._aws.name, "ClientId": self.account}
            landing_zone.alarms.watch(self, replace(watch, dimensions=of_domain))

    def grant_read(self, role: iam.Role) -> None:
        """Questions: searching is a POST; which indexes, the domain's own roles say."""
        self._grant(role, _ASKS)

    def grant_write(self, role: iam.Role) -> None:
        """Documents in and out."""
        self._grant(role, _ASKS)

    def _grant(self, role: iam.Role, verbs: Sequence[str]) -> None:
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[f"es:ESHttp{verb}" for verb in verbs], resources=[f"{self.domain_arn}/*"]
            )
        )
        pattern = f"arn:aws:es:{self._aws.region}:<AWS::AccountId>:domain/{self._aws.name}/*"
        why = "Every path of one domain: its own role mapping names the indexes and what may be done to them."
        acknowledge(role, f"AwsSolutions-IAM5[Resource::{pattern}]", why)

    def _domain(self) -> opensearch.CfnDomain:
        aws, zone, has = self._aws, self._zone, self._aws.search
        subnets = zone.network.search_subnets[: has.zones]
        published, policy = self._logs()
        made = opensearch.CfnDomain
        domain = opensearch.CfnDomain(
            self,
            "Domain",
            domain_name=aws.name,
            engine_version=f"OpenSearch_{has.engine}",
            cluster_config=self._nodes(),
            ebs_options=made.EBSOptionsProperty(
                ebs_enabled=True, volume_type="gp3", volume_size=has.disk_gib
            ),
            vpc_options=made.VPCOptionsProperty(
                subnet_ids=[subnet.subnet_id for subnet in subnets],
                security_group_ids=[zone.network.groups["search"].security_group_id],
            ),
            encryption_at_rest_options=made.EncryptionAtRestOptionsProperty(
                enabled=True, kms_key_id=zone.keys["documents"].key_arn
            ),
            node_to_node_encryption_options=made.NodeToNodeEncryptionOptionsProperty(enabled=True),
            domain_endpoint_options=made.DomainEndpointOptionsProperty(
                enforce_https=True, tls_security_policy="Policy-Min-TLS-1-2-PFS-2023-10"
            ),
            advanced_security_options=made.AdvancedSecurityOptionsInputProperty(
                enabled=True,
                internal_user_database_enabled=False,  # no master password: roles alone
                master_user_options=made.MasterUserOptionsProperty(master_user_arn=self.setup_role.role_arn),
            ),
            access_policies=self._own_account(),
            log_publishing_options=published,
            off_peak_window_options=made.OffPeakWindowOptionsProperty(enabled=True),
            software_update_options=made.SoftwareUpdateOptionsProperty(auto_software_update_enabled=True),
        )
        domain.cfn_options.update_policy = cdk.CfnUpdatePolicy(enable_version_upgrade=True)
        domain.apply_removal_policy(removal(aws, "domain"))
        domain.add_resource_dependency(policy)
        if has.create_service_role:
            domain.add_resource_dependency(self._service_role())
        self._say_why(domain)
        return domain

    def _nodes(self) -> opensearch.CfnDomain.ClusterConfigProperty:
        has, made = self._aws.search, opensearch.CfnDomain
        zones = made.ZoneAwarenessConfigProperty(availability_zone_count=has.zones) if has.zones > 1 else None
        return made.ClusterConfigProperty(
            instance_count=has.nodes,
            instance_type=has.instance,
            dedicated_master_enabled=has.managers > 0,
            dedicated_master_count=has.managers or None,
            dedicated_master_type=has.manager_instance if has.managers else None,
            zone_awareness_enabled=has.zones > 1,
            zone_awareness_config=zones,
            multi_az_with_standby_enabled=False,  # a third of the nodes would only wait
        )

    def _own_account(self) -> dict[str, object]:
        """This account's roles, as far as their own policies go; on the network, only the security groups."""
        return {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{self.partition}:iam::{self.account}:root"},
                    "Action": [f"es:ESHttp{verb}" for verb in _VERBS],
                    "Resource": f"{self.domain_arn}/*",
                }
            ],
        }

    def _logs(self) -> tuple[_Published, logs.CfnResourcePolicy]:
        groups = {
            kind: log_group(
                self,
                "".join(part.capitalize() for part in kind.split("_")),
                aws=self._aws,
                key=self._zone.keys["logs"],
                path=f"/aws/opensearch/{self._aws.name}/{kind.lower()}",
            )
            for kind in _LOGS
        }
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "es.amazonaws.com"},
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:PutLogEventsBatch"],
                    "Resource": [group.log_group_arn for group in groups.values()],
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": self.account},
                        "ArnEquals": {"aws:SourceArn": self.domain_arn},
                    },
                }
            ],
        }
        resource = logs.CfnResourcePolicy(
            self,
            "LogPolicy",
            policy_name=f"{self._aws.name}-search",
            policy_document=self.to_json_string(policy),
        )
        option = opensearch.CfnDomain.LogPublishingOptionProperty
        published: _Published = {
            kind: option(enabled=True, cloud_watch_logs_log_group_arn=group.log_group_arn)
            for kind, group in groups.items()
        }
        return published, resource

    def _service_role(self) -> iam.CfnServiceLinkedRole:
        """Once an account, before its first domain in a VPC; where there is one, the file says so."""
        return iam.CfnServiceLinkedRole(
            self, "ServiceRole", aws_service_name="opensearchservice.amazonaws.com"
        )

    def _say_why(self, domain: opensearch.CfnDomain) -> None:
        inside = "A domain in a VPC takes no rule by address; its security group lets three callers in."
        acknowledge(domain, "AwsSolutions-OS3", inside)
        if not self._aws.search.managers:
            few = "The file asks for a domain without dedicated managers: cheap, and gone with its node."
            acknowledge(domain, "AwsSolutions-OS4", few)
        if self._aws.search.zones == 1:
            alone = "The file asks for a domain in one zone: cheap, and gone with its zone."
            acknowledge(domain, "AwsSolutions-OS7", alone)

    def _room(self) -> Watch:
        quarter = self._aws.search.disk_gib * 1024 / 4  # MiB, of the fullest node
        return _watched("FreeStorageSpace", 5, "disks fill up", quarter, below=True)
