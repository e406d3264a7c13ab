"""What makes a search domain ready: two custom resources.

Plugin       outside: associates the Korean analyser and waits until the domain has settled
SearchSetUp  in the VPC, as the domain's master: roles, who has them, a probe of the analyser, the index
"""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchservice as opensearch
from aws_cdk import custom_resources
from constructs import Construct

from infra.functions import Functions, Inside, Outside, acknowledge_provider, role_arn, settings_variable
from infra.storage import log_group
from ragtune.deployment import Deployment
from ragtune.records import to_json
from ragtune.wiring import prepared_with

KOREAN = "analysis-nori"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The index that a deployment's file describes, at `url`, and where its `snapshots` go."""

    deployment: Deployment
    url: str
    snapshots: Mapping[str, str]  # bucket, region, role_arn


class SearchSetUp(Construct):
    """Sets `domain` up as `role`, its master, for the `index` that is wanted."""

    def __init__(
        self,
        scope: Construct,
        *,
        domain: opensearch.CfnDomain,
        role: iam.Role,
        functions: Functions,
        index: Wanted,
    ) -> None:
        super().__init__(scope, "SetUp")
        self._wanted, self._aws, self._functions = index, index.deployment.aws, functions
        self._domain = domain
        plugin = self._plugin()
        self._index(role).node.add_dependency(plugin)

    def _plugin(self) -> cdk.CustomResource:
        """The Korean analyser: CloudFormation can't associate a plug-in, a function outside the VPC does."""
        begin, is_complete = (
            self._functions.outside(self, name, self._plugin_work(handler))
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
            log_group=log_group(self, "PluginProviderLog", aws=self._aws, key=self._functions.log_key),
        )
        acknowledge_provider(provider, begin, is_complete)
        return cdk.CustomResource(
            self,
            "Plugin",
            resource_type="Custom::SearchPlugin",
            service_token=provider.service_token,
            properties={
                "Domain": self._domain.ref,
                "Package": KOREAN,
                "Engine": f"OpenSearch_{self._aws.search.engine}",
            },
        )

    def _plugin_work(self, handler: str) -> Outside:
        own = ["es:AssociatePackage", "es:ListPackagesForDomain", "es:DescribeDomain"]
        stack = cdk.Stack.of(self)
        domain = stack.format_arn(service="es", resource="domain", resource_name=self._aws.name)
        return Outside(
            source="search_package",
            handler=f"handler.{handler}",
            allowed=(
                iam.PolicyStatement(actions=own, resources=[domain]),
                iam.PolicyStatement(actions=["es:DescribePackages"], resources=["*"]),
            ),
            why="Calls the service's own API; sees no document, question or answer.",
            why_any="es:DescribePackages knows no resource; it lists what the service offers to everybody.",
        )

    def _index(self, role: iam.Role) -> cdk.CustomResource:
        deployment = self._wanted.deployment
        work = Inside(
            source="search_setup",
            caller="search_setup",
            memory_mib=256,
            timeout_s=300,
            variables={"SETTINGS": settings_variable(deployment, self._wanted.url)},
        )
        function = self._functions.inside(self, "Function", role, work)
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=function,
            log_group=log_group(self, "ProviderLog", aws=self._aws, key=self._functions.log_key),
        )
        acknowledge_provider(provider, function)
        return cdk.CustomResource(
            self,
            "Index",
            resource_type="Custom::SearchSetUp",
            service_token=provider.service_token,
            properties={
                "Writers": [role_arn(self, f"{self._aws.name}-ingest")],
                "Readers": [role_arn(self, f"{self._aws.name}-answer")],
                "Operators": [role_arn(self, name) for name in self._aws.search.operators],
                "Manifest": to_json(prepared_with(deployment.product)),
                "Snapshots": dict(self._wanted.snapshots),
                "Code": self._functions.digest(work.source),  # another version may define other roles
            },
        )
