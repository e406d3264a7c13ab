"""Names that resolve in the VPC: those of the table of flows, and no other.

A VPC without any route still answers DNS questions, and a question can carry data out
(dGhlIHNlY3JldA.evil.example). So all but a short list get no answer, and every question is logged. It
fails closed: that is Route 53's default, for which CloudFormation has no property.
"""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53resolver as resolver
from constructs import Construct


class DnsFirewall(Construct):
    """Lets `names` resolve in `vpc`, answers nothing else, logs every question to `log`."""

    def __init__(
        self, scope: Construct, *, name: str, vpc: ec2.IVpc, names: Sequence[str], log: logs.ILogGroup
    ) -> None:
        super().__init__(scope, "DnsFirewall")
        allowed = resolver.CfnFirewallDomainList(
            self, "Allowed", name=f"{name}-allowed", domains=sorted(names)
        )
        everything = resolver.CfnFirewallDomainList(
            self, "Everything", name=f"{name}-everything", domains=["*"]
        )
        rules = resolver.CfnFirewallRuleGroup(
            self,
            "Rules",
            name=name,
            firewall_rules=[
                resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
                    action="ALLOW",
                    priority=100,
                    firewall_domain_list_id=allowed.attr_id,
                    # A bucket's name is an alias for one of S3's hosts; AWS alone decides where ours lead.
                    firewall_domain_redirection_action="TRUST_REDIRECTION_DOMAIN",
                ),
                resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
                    action="BLOCK",
                    block_response="NXDOMAIN",
                    priority=200,
                    firewall_domain_list_id=everything.attr_id,
                ),
            ],
        )
        resolver.CfnFirewallRuleGroupAssociation(
            self,
            "InVpc",
            name=name,
            firewall_rule_group_id=rules.attr_id,
            vpc_id=vpc.vpc_id,
            priority=101,  # the first that is free to use
            mutation_protection="ENABLED",
        )
        self._log(name, vpc, log)

    def _log(self, name: str, vpc: ec2.IVpc, log: logs.ILogGroup) -> None:
        stack = cdk.Stack.of(self)
        group = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=log.log_group_name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        questions = resolver.CfnResolverQueryLoggingConfig(self, "Log", name=name, destination_arn=group)
        resolver.CfnResolverQueryLoggingConfigAssociation(
            self, "LogOfVpc", resolver_query_log_config_id=questions.attr_id, resource_id=vpc.vpc_id
        )
