"""The `[aws]` table of a deployment file: what the CDK app, the preflight and the cost estimate have to know.

    [aws]
    name = "ragtune-dev"
    region = "ap-northeast-2"
    [aws.network]
    zones = ["a", "b"]
    s3_prefix_list = "pl-78a54011"

>>> load_deployment(Path("config/dev.toml")).aws.region
'ap-northeast-2'
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from ragtune.errors import BadInput, SettingsError
from ragtune.organisation_settings import OrganisationSettings
from ragtune.records import decode
from ragtune.settings import Settings, load_settings, within
from ragtune.training_settings import TrainingSettings

CALLERS = ("ingest", "answer", "search_setup", "users")  # who has a security group in the VPC
SERVICES = ("s3", "search", "execute-api", "sagemaker.runtime")  # what they reach
_RESERVED = 5  # addresses that AWS keeps in each subnet
_PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def _matches(name: str, value: str, form: str, example: str) -> None:
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
        _matches("id", self.id, r"vpce-[0-9a-f]{8,17}", "vpce-0123456789abcdef0")
        if self.security_group:
            _matches("security_group", self.security_group, r"sg-[0-9a-f]{8,17}", "sg-0123456789abcdef0")


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
        _matches("vpc", self.vpc, r"vpc-[0-9a-f]{8,17}", "vpc-0123456789abcdef0")
        for subnet in (*self.subnets, *self.search_subnets):
            _matches("subnets", subnet, r"subnet-[0-9a-f]{8,17}", "subnet-0123456789abcdef0")
        for name, group in self.security_groups.items():
            _known(f"security_groups.{name}", name, (*CALLERS, "search"))
            _matches(f"security_groups.{name}", group, r"sg-[0-9a-f]{8,17}", "sg-0123456789abcdef0")
        for service in self.endpoints:
            _known(f"endpoints.{service}", service, SERVICES)
        if "s3" not in self.endpoints and len(self.route_tables) != len(self.subnets):
            found = f"{len(self.route_tables)} for {len(self.subnets)} subnets"
            raise ValueError(f"route_tables: {found}; name one a subnet, or endpoints.s3")


def _known(where: str, value: str, known: tuple[str, ...]) -> None:
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
            _matches("zones", zone, "[a-f]", "a")
        if len(set(self.zones)) != len(self.zones):
            raise ValueError(f"zones: {', '.join(self.zones)} names one twice")
        _matches("s3_prefix_list", self.s3_prefix_list, r"pl-[0-9a-f]{8,17}", "pl-78a54011")
        within("endpoint_zones", self.endpoint_zones, 1, len(self.zones))
        for client in self.clients:
            private_range("clients", client)
        for bucket in self.aws_buckets:
            _matches("aws_buckets", bucket, r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the bucket's whole name")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """The OpenSearch domain. A blue/green change holds twice the nodes for a while."""

    engine: str = "2.19"
    nodes: int = 1
    instance: str = "t3.small.search"
    disk_gib: int = 20
    zones: int = 1
    managers: int = 0  # dedicated cluster managers
    manager_instance: str = "m7g.medium.search"
    create_service_role: bool = True  # AWSServiceRoleForAmazonOpenSearchService: once an account
    operators: tuple[str, ...] = ()  # names of IAM roles that may rebuild, switch and snapshot the index

    def __post_init__(self) -> None:
        _matches("engine", self.engine, r"\d+\.\d+", "2.19")
        _matches("instance", self.instance, r"[a-z0-9]+\.[a-z0-9]+\.search", "r7g.large.search")
        within("zones", self.zones, 1, 3)
        within("nodes", self.nodes, self.zones, 100)
        within("disk_gib", self.disk_gib, 10, 10_000)
        if self.nodes % self.zones:
            raise ValueError(f"nodes: {self.nodes} can't be spread evenly over {self.zones} zones")
        for role in self.operators:
            _matches("operators", role, r"[\w+=,.@-]{1,64}", "a role's name, without its path")
        if self.managers not in (0, 3, 5):
            raise ValueError(f"managers: {self.managers} is none of 0, 3, 5")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """The Lambdas' interpreter; bundles are compiled for it."""

    python: str = "3.11"
    architecture: str = "arm64"
    answer_memory_mib: int = 1024
    answer_concurrency: int = 10  # answers at once; the API lets fewer requests in
    answer_streaming: bool = False  # the API sends an answer as it comes; else as a whole
    ingest_memory_mib: int = 2048
    ingest_concurrency: int = 4

    def __post_init__(self) -> None:
        _matches("python", self.python, r"3\.1[1-9]", "3.11")
        _known("architecture", self.architecture, ("arm64", "x86_64"))
        within("answer_memory_mib", self.answer_memory_mib, 256, 10_240)
        within("ingest_memory_mib", self.ingest_memory_mib, 512, 10_240)
        within("answer_concurrency", self.answer_concurrency, 2, 1000)
        within("ingest_concurrency", self.ingest_concurrency, 2, 1000)  # SQS: two at least


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """Days. `keep` leaves buckets, keys and logs behind when a stack is deleted."""

    keep: bool = True
    logs_days: int = 365
    audit_days: int = 365
    old_versions_days: int = 90

    def __post_init__(self) -> None:
        allowed = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 3653)
        if self.logs_days not in allowed:
            raise ValueError(f"logs_days: {self.logs_days} is none of {', '.join(map(str, allowed))}")
        within("audit_days", self.audit_days, 1, 36_500)
        within("old_versions_days", self.old_versions_days, 1, 36_500)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettings:
    """What is kept of answers. `create_log_role` makes API Gateway's own role for logs: once an account and
    region; where another API made it, say false."""

    bodies: bool = False  # questions and answers in the audit records
    create_log_role: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSettings:
    """Who hears of alarms, and of a month that costs more than planned."""

    emails: tuple[str, ...] = ()
    monthly_usd: int = 500

    def __post_init__(self) -> None:
        for email in self.emails:
            _matches("emails", email, r"[^@\s]{1,64}@[^@\s]+\.[a-z]{2,}", "name@example.com")
        within("monthly_usd", self.monthly_usd, 1, 10_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsSettings:
    """What the stacks are made from."""

    name: str  # begins the names of stacks, buckets and roles
    region: str
    network: NetworkSettings
    search: SearchSettings = field(default_factory=SearchSettings)
    functions: FunctionSettings = field(default_factory=FunctionSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    records: RecordSettings = field(default_factory=RecordSettings)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)
    callers: dict[str, tuple[str, ...]] = field(default_factory=dict)  # IAM role -> labels it may see
    training: TrainingSettings | None = None  # None: no pipelines
    organisation: OrganisationSettings | None = None

    def __post_init__(self) -> None:
        # Bucket names hold it with a purpose, the account and the region: 63 characters in all.
        _matches("name", self.name, r"[a-z][a-z0-9-]{1,18}[a-z0-9]", "ragtune-dev (3 to 20 characters)")
        _matches("region", self.region, r"[a-z]{2}(-[a-z]+)+-\d", "ap-northeast-2")
        if self.search.zones > len(self.network.zones):
            has = len(self.network.zones)
            raise ValueError(f"search.zones: {self.search.zones}, but network.zones names {has}")
        self._check_search_room()
        for role, labels in self.callers.items():
            _matches(f"callers.{role}", role, r"[\w+=,.@-]{1,64}", "a role's name, without its path")
            if not labels:
                raise ValueError(f"callers.{role}: no label; a caller who may see nothing needs no row")

    def _check_search_room(self) -> None:
        zone = self.search.nodes // self.search.zones + -(-self.search.managers // self.search.zones)
        room = 2 ** (32 - self.network.search_subnet_bits) - _RESERVED
        if room < 2 * zone:
            bits = self.network.search_subnet_bits
            reason = f"/{bits} has room for {room} nodes, a blue/green change takes {2 * zone}"
            raise ValueError(f"network.search_subnet_bits: {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment file whose values go to AWS. `path` is the file itself: the functions read it too."""

    path: Path
    product: Settings
    aws: AwsSettings

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones' whole names."""
        return tuple(self.aws.region + letter for letter in self.aws.network.zones)


def load_deployment(path: Path) -> Deployment:
    """The deployment file at `path`. Raises SettingsError that quotes file, key and value."""
    product = load_settings(path)
    if not product.aws:
        raise SettingsError(f"{path}: has no [aws] table; use config/dev.toml or config/prod.toml")
    return Deployment(path=path, product=product, aws=_aws(path, product.aws))


def _aws(path: Path, values: Mapping[str, object]) -> AwsSettings:
    try:
        return decode(AwsSettings, values, "aws")
    except BadInput as error:
        raise SettingsError(f"{path}: {error}") from None
