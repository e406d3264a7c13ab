"""The search domain: OpenSearch in the VPC, keyed and by IAM role alone, with its Korean analyser.

Not composed in `stacks` yet: the function that maps roles and puts the index template needs the index's own
adapter. Who may do what is decided three times: the domain's policy lets this account in, a role's own policy
names its verbs, and the domain's role mapping names indexes and actions.
"""

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from aws_cdk import custom_resources
from constructs import Construct

from infra.functions import Outside, acknowledge_provider, outside_function
from infra.landing_zone import LandingZone
from infra.safeguards import acknowledge
from infra.stack import DeploymentStack
from infra.storage import log_group, removal
from ragtune.deployment import Deployment

KOREAN = "analysis-nori"
_VERBS = ("Get", "Head", "Post", "Put", "Patch", "Delete")
_LOGS = ("ES_APPLICATION_LOGS", "SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS", "AUDIT_LOGS")
_Published = dict[str, cdk.IResolvable | opensearch.CfnDomain.LogPublishingOptionProperty | dict[str, Any]]
_GREATER = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_LESS = cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """An alarm on one of the domain's metrics: `periods` minutes in a row beyond `threshold`."""

    metric: str
    threshold: float
    periods: int
    means: str
    below: bool = False


WATCHED = (
    Watch(metric="ClusterStatus.red", threshold=1, periods=1, means="a part of the index can't be searched"),
    Watch(metric="ClusterStatus.yellow", threshold=1, periods=15, means="a copy of the index is missing"),
    Watch(metric="ClusterIndexWritesBlocked", threshold=1, periods=5, means="documents can't be written"),
    Watch(metric="JVMMemoryPressure", threshold=95, periods=5, means="the nodes are too small"),
    Watch(
        metric="AutomatedSnapshotFailure", threshold=1, periods=1, means="there may be no snapshot to restore"
    ),
    Watch(metric="KMSKeyError", threshold=1, periods=1, means="the key is disabled"),
    Watch(metric="KMSKeyInaccessible", threshold=1, periods=1, means="the key is gone: act within hours"),
)


class SearchDomain(DeploymentStack):
    """`domain`, `setup_role` (the domain's master), `alarms` for whoever is told, `plugin` (the analyser)."""

    def __init__(self, scope: Construct, *, deployment: Deployment, landing_zone: LandingZone) -> None:
        super().__init__(
            scope, "search-domain", deployment=deployment, description="OpenSearch with its Korean analyser"
        )
        self._aws, self._zone = deployment.aws, landing_zone
        self.setup_role = iam.Role(
            self,
            "SetupRole",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"{self._aws.name}: master of the search domain",
        )
        self.domain_arn = self.format_arn(service="es", resource="domain", resource_name=self._aws.name)
        self.domain = self._domain()
        self.plugin = self._plugin()
        self.alarms = [self._alarm(watch) for watch in (*WATCHED, self._room())]

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
        domain.apply_removal_policy(removal(aws))
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

    def _plugin(self) -> cdk.CustomResource:
        """The Korean analyser: CloudFormation can't associate a plug-in, a function outside the VPC does."""
        key = self._zone.keys["logs"]
        begin, is_complete = (
            outside_function(self, name, work=self._plugin_work(handler), aws=self._aws, log_key=key)
            for name, handler in (("AssociatePlugin", "begin"), ("PluginAssociated", "is_complete"))
        )
        provider = custom_resources.Provider(
            self,
            "PluginProvider",
            on_event_handler=begin,
            is_complete_handler=is_complete,
            query_interval=cdk.Duration.minutes(1),
            total_timeout=cdk.Duration.hours(1),
            disable_waiter_state_machine_logging=True,
            log_group=log_group(self, "PluginProviderLog", aws=self._aws, key=key),
        )
        acknowledge_provider(provider, begin, is_complete)
        return cdk.CustomResource(
            self,
            "Plugin",
            resource_type="Custom::SearchPlugin",
            service_token=provider.service_token,
            properties={
                "Domain": self.domain.ref,
                "Package": KOREAN,
                "Engine": f"OpenSearch_{self._aws.search.engine}",
            },
        )

    def _plugin_work(self, handler: str) -> Outside:
        own = ["es:AssociatePackage", "es:ListPackagesForDomain", "es:DescribeDomain"]
        return Outside(
            source="search_package",
            handler=f"handler.{handler}",
            allowed=(
                iam.PolicyStatement(actions=own, resources=[self.domain_arn]),
                iam.PolicyStatement(actions=["es:DescribePackages"], resources=["*"]),
            ),
            why="Calls the service's own API; sees no document, question or answer.",
            why_any="es:DescribePackages knows no resource; it lists what the service offers to everybody.",
        )

    def _room(self) -> Watch:
        quarter = self._aws.search.disk_gib * 1024 / 4  # MiB, of the fullest node
        return Watch(
            metric="FreeStorageSpace", threshold=quarter, periods=5, means="disks fill up", below=True
        )

    def _alarm(self, watch: Watch) -> cloudwatch.Alarm:
        metric = cloudwatch.Metric(
            namespace="AWS/ES",
            metric_name=watch.metric,
            dimensions_map={"DomainName": self._aws.name, "ClientId": self.account},
            statistic="Minimum" if watch.below else "Maximum",
            period=cdk.Duration.minutes(1),
        )
        return cloudwatch.Alarm(
            self,
            f"Alarm{watch.metric.replace('.', '')}",
            metric=metric,
            threshold=watch.threshold,
            evaluation_periods=watch.periods,
            comparison_operator=_LESS if watch.below else _GREATER,
            alarm_description=f"{self._aws.name}: {watch.means}",
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )
