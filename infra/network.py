"""The VPC and its ways: isolated subnets, security groups and endpoints, all from the table of flows.

Nothing leads to the internet: no gateway, no NAT, no public address, no rule for 0.0.0.0/0 in or out.
With `network.existing` in the file the VPC, and whatever else is named there, is brought in instead of made.
"""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.flows import CATALOGUE, HTTPS, Service, needed, table
from infra.safeguards import NAME, acknowledge
from ragtune.deployment import Deployment
from ragtune.network_settings import CALLERS, ExistingNetwork

_NOWHERE = "255.255.255.255/32"


class Network(Construct):
    """`vpc`, `subnets` of functions, `search_subnets`, `groups` by caller and service, `endpoints`."""

    def __init__(self, scope: Construct, *, deployment: Deployment) -> None:
        super().__init__(scope, "Network")
        self._deployment = deployment
        self._settings = deployment.aws.network
        self._own_groups: set[str] = set()
        existing = self._settings.existing
        self.vpc = self._brought_in(existing) if existing else self._made()
        self.subnets = self._tier("compute")
        self.search_subnets = self._tier("search")
        self.groups = {name: self._group(name) for name in (*CALLERS, "search")}
        self.endpoints: dict[str, ec2.IVpcEndpoint] = {}
        for service in needed("gateway"):
            self.endpoints[service.name] = self._gateway(service)
        for service in needed("interface"):
            self.groups[service.name] = self._endpoint_group(service)
            self.endpoints[service.name] = self._interface(service)
        self._open_ways()

    def _made(self) -> ec2.IVpc:
        isolated, settings = ec2.SubnetType.PRIVATE_ISOLATED, self._settings
        vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=self._deployment.aws.name,
            ip_addresses=ec2.IpAddresses.cidr(settings.cidr),
            availability_zones=list(self._deployment.zones),
            create_internet_gateway=False,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="compute", subnet_type=isolated, cidr_mask=settings.subnet_bits),
                ec2.SubnetConfiguration(
                    name="search", subnet_type=isolated, cidr_mask=settings.search_subnet_bits
                ),
            ],
        )
        zones = "The file names the zones: a look-up would call the account, and its order may change."
        acknowledge(vpc, "CloudFormation-Validate::W3010", zones)
        return vpc

    def _brought_in(self, existing: ExistingNetwork) -> ec2.IVpc:
        return ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=existing.vpc,
            vpc_cidr_block=self._settings.cidr,
            availability_zones=list(self._deployment.zones),
            isolated_subnet_ids=list(existing.subnets),
            isolated_subnet_route_table_ids=list(existing.route_tables) or None,
        )

    def _tier(self, name: str) -> Sequence[ec2.ISubnet]:
        existing = self._settings.existing
        if existing is None:
            return self.vpc.select_subnets(subnet_group_name=name).subnets
        if name == "compute" or not existing.search_subnets:
            return self.vpc.isolated_subnets
        return [
            ec2.Subnet.from_subnet_attributes(self, f"Search{zone}", subnet_id=subnet, availability_zone=zone)
            for zone, subnet in zip(self._deployment.zones, existing.search_subnets, strict=True)
        ]

    def _group(self, name: str) -> ec2.ISecurityGroup:
        existing = self._settings.existing
        label = "".join(part.capitalize() for part in name.split("_"))
        given = existing.security_groups.get(name, "") if existing else ""
        return self._brought_in_group(label, given) if given else self._closed_group(label, name)

    def _endpoint_group(self, service: Service) -> ec2.ISecurityGroup:
        existing = self._settings.existing
        label = f"{_label(service)}Endpoint"
        if existing and service.name in existing.endpoints:
            return self._brought_in_group(label, existing.endpoints[service.name].security_group)
        group = self._closed_group(label, f"endpoint of {service.name}")
        for client in self._settings.clients if service.name == "execute-api" else ():
            label = f"Client{client.translate(str.maketrans('./', '--'))}"
            self._rule(
                label, group, "Ingress", cidr_ip=client, description=f"clients in {client} ask questions"
            )
        return group

    def _brought_in_group(self, label: str, group: str) -> ec2.ISecurityGroup:
        return ec2.SecurityGroup.from_security_group_id(self, label, group, mutable=False)

    def _closed_group(self, label: str, name: str) -> ec2.ISecurityGroup:
        made = ec2.CfnSecurityGroup(
            self,
            f"{label}Group",
            vpc_id=self.vpc.vpc_id,
            group_description=f"{self._deployment.aws.name} {name}",
            # Of a group without any rule here EC2 makes one that lets everything out.
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="icmp",
                    from_port=252,
                    to_port=86,
                    cidr_ip=_NOWHERE,
                    description="nothing else",
                )
            ],
        )
        # Every other rule is a resource of its own, made from the table: constructs may add none.
        group = ec2.SecurityGroup.from_security_group_id(self, label, made.attr_group_id, mutable=False)
        self._own_groups.add(group.security_group_id)
        return group

    def _rule(self, label: str, group: ec2.ISecurityGroup, direction: str, **ends: str) -> None:
        """A rule for HTTPS on a group of ours; one that was brought in has its own."""
        if group.security_group_id not in self._own_groups:
            return
        kind = ec2.CfnSecurityGroupIngress if direction == "Ingress" else ec2.CfnSecurityGroupEgress
        kind(
            self,
            f"{direction}{label}",
            group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            **ends,
        )

    def _gateway(self, service: Service) -> ec2.IVpcEndpoint:
        existing = self._settings.existing
        if existing and service.name in existing.endpoints:
            return ec2.GatewayVpcEndpoint.from_gateway_vpc_endpoint_id(
                self, _label(service), existing.endpoints[service.name].id
            )
        endpoint = ec2.GatewayVpcEndpoint(
            self,
            _label(service),
            vpc=self.vpc,
            service=ec2.GatewayVpcEndpointAwsService.S3,
            subnets=[ec2.SubnetSelection(subnets=self.subnets)],
        )
        endpoint.add_to_policy(self._own(service, endpoint))
        for number, bucket in enumerate(sorted(self._settings.aws_buckets), 1):
            endpoint.add_to_policy(_aws_bucket(bucket, number, cdk.Stack.of(self)))
            why = f"{bucket} belongs to AWS; the VPC reads it: {self._settings.aws_buckets[bucket]}"
            acknowledge(endpoint, f"{NAME}::wildcard[Resource::arn:aws:s3:::{bucket}/*]", why)
        return endpoint

    def _interface(self, service: Service) -> ec2.IVpcEndpoint:
        existing, group = self._settings.existing, self.groups[service.name]
        if existing and service.name in existing.endpoints:
            return ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
                self,
                _label(service),
                port=HTTPS,
                vpc_endpoint_id=existing.endpoints[service.name].id,
                security_groups=[group],
            )
        endpoint = ec2.InterfaceVpcEndpoint(
            self,
            _label(service),
            vpc=self.vpc,
            service=ec2.InterfaceVpcEndpointAwsService(service.name, port=HTTPS),
            private_dns_enabled=True,
            open=False,
            security_groups=[group],
            subnets=ec2.SubnetSelection(subnets=self.subnets[: self._settings.endpoint_zones]),
        )
        endpoint.add_to_policy(self._own(service, endpoint))
        return endpoint

    def _own(self, service: Service, endpoint: Construct) -> iam.PolicyStatement:
        """Only this account's principals, only this account's resources; named roles where told so."""
        stack = cdk.Stack.of(self)
        known = {"name": self._deployment.aws.name, "region": stack.region, "account": stack.account}
        resources = [each.format(partition=stack.partition, **known) for each in service.resources]
        for each in service.resources:
            text = each.format(partition="aws", **known | {"account": "<AWS::AccountId>"})
            acknowledge(
                endpoint, f"{NAME}::wildcard[Resource::{text}]", f"A pattern, because {service.why_any}."
            )
        return iam.PolicyStatement(
            sid="OwnPrincipalsOwnResources",
            principals=[iam.AnyPrincipal()],
            actions=list(service.actions),
            resources=resources,
            conditions={
                "StringEquals": {
                    "aws:PrincipalAccount": stack.account,
                    "aws:ResourceAccount": stack.account,
                },
                **({"ArnLike": {"aws:PrincipalArn": self._named_roles()}} if service.named else {}),
            },
        )

    def _named_roles(self) -> list[str]:
        """Roles of the deployment's own functions, and those that may ask the model itself."""
        aws, stack = self._deployment.aws, cdk.Stack.of(self)
        callers = aws.model.callers if aws.model else ()
        roles = f"arn:{stack.partition}:iam::{stack.account}:role"
        return [f"{roles}/{each}" for each in (f"{aws.name}-*", *callers)]

    def _open_ways(self) -> None:
        for flow in table(self._deployment.product):
            caller, service = self.groups[flow.caller], CATALOGUE[flow.service]
            label, why = f"{flow.caller}-{flow.service}", f"{flow.caller} {flow.why}"
            if service.kind == "gateway":
                ids = self._settings.s3_prefix_list
                self._rule(label, caller, "Egress", destination_prefix_list_id=ids, description=why)
                continue
            called = self.groups[service.name]
            out, back = called.security_group_id, caller.security_group_id
            self._rule(label, caller, "Egress", destination_security_group_id=out, description=why)
            self._rule(label, called, "Ingress", source_security_group_id=back, description=why)


def _aws_bucket(bucket: str, number: int, stack: cdk.Stack) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=f"BucketOfAws{number}",
        principals=[iam.AnyPrincipal()],
        actions=["s3:GetObject"],
        resources=[f"arn:{stack.partition}:s3:::{bucket}/*"],
        conditions={"StringEquals": {"aws:PrincipalAccount": stack.account}},
    )


def _label(service: Service) -> str:
    return "".join(part.capitalize() for part in service.name.replace(".", "-").split("-"))
