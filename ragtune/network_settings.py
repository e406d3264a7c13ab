"""The `[aws.network]` table: a VPC of the deployment's own, or one that is there already.

[aws.network]
zones = ["a", "b"]
s3_prefix_list = "pl-78a54011"
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from ragtune.settings import within

CALLERS = ("ingest", "answer", "search_setup", "users")  # who has a security group in the VPC
SERVICES = ("s3", "search", "execute-api", "sagemaker.runtime")  # what they reach
_PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def matches(name: str, value: str, form: str, example: str) -> None:
    """Raise ValueError, quoting the value, unless the whole of it is of that form."""
    if not re.fullmatch(form, value):
        raise ValueError(f"{name}: {value!r} is not of the form {example}")


def private_range(name: str, value: str) -> IPv4Network:
    """`value` as a network. Raises ValueError unless it lies in a private IPv4 range."""
    try:
        network = IPv4Network(value)
    except ValueError as error:
        raise ValueError(f"{name}: {value!r} is no IPv4 range like 10.40.0.0/20 ({error})") from None
    if not any(network.subnet_of(block) for block in _PRIVATE):
        raise ValueError(f"{name}: {value} is not private; use a part of {', '.join(map(str, _PRIVATE))}")
    return network


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingEndpoint:
    """An interface endpoint that is there already; its security group lets the callers in."""

    id: str  # vpce-…
    security_group: str = ""  # sg-…; a gateway endpoint has none

    def __post_init__(self) -> None:
        matches("id", self.id, r"vpce-[0-9a-f]{8,17}", "vpce-0123456789abcdef0")
        if self.security_group:
            matches("security_group", self.security_group, r"sg-[0-9a-f]{8,17}", "sg-0123456789abcdef0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingNetwork:
    """A VPC of yours. What is not named here is created in it, but for its DNS firewall and flow log."""

    vpc: str  # vpc-…
    subnets: tuple[str, ...]  # one a zone, in the order of `zones`
    search_subnets: tuple[str, ...] = ()  # default: the same ones
    route_tables: tuple[str, ...] = ()  # of `subnets`; needed where the S3 gateway is created
    security_groups: dict[str, str] = field(default_factory=dict)  # caller or "search" -> sg-…
    endpoints: dict[str, ExistingEndpoint] = field(default_factory=dict)  # service -> endpoint

    def __post_init__(self) -> None:
        matches("vpc", self.vpc, r"vpc-[0-9a-f]{8,17}", "vpc-0123456789abcdef0")
        for subnet in (*self.subnets, *self.search_subnets):
            matches("subnets", subnet, r"subnet-[0-9a-f]{8,17}", "subnet-0123456789abcdef0")
        for name, group in self.security_groups.items():
            one_of(f"security_groups.{name}", name, (*CALLERS, "search"))
            matches(f"security_groups.{name}", group, r"sg-[0-9a-f]{8,17}", "sg-0123456789abcdef0")
        for service in self.endpoints:
            one_of(f"endpoints.{service}", service, SERVICES)
        if "s3" not in self.endpoints and len(self.route_tables) != len(self.subnets):
            found = f"{len(self.route_tables)} for {len(self.subnets)} subnets"
            raise ValueError(f"route_tables: {found}; name one a subnet, or endpoints.s3")


def one_of(where: str, value: str, known: tuple[str, ...]) -> None:
    """Raise ValueError, quoting the value, unless it is one of `known`."""
    if value not in known:
        raise ValueError(f"{where}: {value!r} is none of {', '.join(known)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """The VPC. `zones` are letters behind the region's name; each endpoint costs by zone and hour."""

    zones: tuple[str, ...]
    s3_prefix_list: str  # aws ec2 describe-managed-prefix-lists; CloudFormation does not return it
    cidr: str = "10.40.0.0/20"
    subnet_bits: int = 24
    search_subnet_bits: int = 27
    endpoint_zones: int = 1
    clients: tuple[str, ...] = ()  # private ranges behind a VPN or a peering that may call the API
    aws_buckets: dict[str, str] = field(default_factory=dict)  # bucket of AWS -> why the VPC reads it
    existing: ExistingNetwork | None = None

    def __post_init__(self) -> None:
        within("zones", len(self.zones), 2, 4)
        for zone in self.zones:
            matches("zones", zone, "[a-f]", "a")
        if len(set(self.zones)) != len(self.zones):
            raise ValueError(f"zones: {', '.join(self.zones)} names one twice")
        matches("s3_prefix_list", self.s3_prefix_list, r"pl-[0-9a-f]{8,17}", "pl-78a54011")
        within("endpoint_zones", self.endpoint_zones, 1, len(self.zones))
        for client in self.clients:
            private_range("clients", client)
        for bucket in self.aws_buckets:
            matches("aws_buckets", bucket, r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the bucket's whole name")
        self._check_room()

    def _check_room(self) -> None:
        network = private_range("cidr", self.cidr)
        within("cidr", network.prefixlen, 16, 24)
        within("subnet_bits", self.subnet_bits, network.prefixlen, 28)
        within("search_subnet_bits", self.search_subnet_bits, network.prefixlen, 28)
        needed = len(self.zones) * (2 ** (32 - self.subnet_bits) + 2 ** (32 - self.search_subnet_bits))
        if needed > network.num_addresses:
            raise ValueError(
                f"cidr: {self.cidr} has {network.num_addresses} addresses, subnets take {needed}"
            )
        if self.existing and len(self.existing.subnets) != len(self.zones):
            found = f"{len(self.existing.subnets)} subnets for {len(self.zones)} zones"
            raise ValueError(f"existing.subnets: {found}; name one a zone")
