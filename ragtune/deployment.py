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

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ragtune.endpoint_settings import Endpoint, EndpointSettings
from ragtune.errors import BadInput, SettingsError
from ragtune.network_settings import NetworkSettings, matches, one_of
from ragtune.organisation_settings import OrganisationSettings
from ragtune.records import decode
from ragtune.settings import Settings, load_settings, within
from ragtune.training_settings import TrainingSettings

# Buckets by purpose, keys, log groups and the search domain: what may be left when everything is torn down.
LEAVABLE = (
    "documents", "state", "snapshots", "models", "audit", "trail", "logs", "keys", "log-groups", "domain"
)  # fmt: skip
_RESERVED = 5  # addresses that AWS keeps in each subnet


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
        matches("engine", self.engine, r"\d+\.\d+", "2.19")
        matches("instance", self.instance, r"[a-z0-9]+\.[a-z0-9]+\.search", "r7g.large.search")
        within("zones", self.zones, 1, 3)
        within("nodes", self.nodes, self.zones, 100)
        within("disk_gib", self.disk_gib, 10, 10_000)
        if self.nodes % self.zones:
            raise ValueError(f"nodes: {self.nodes} can't be spread evenly over {self.zones} zones")
        for role in self.operators:
            matches("operators", role, r"[\w+=,.@-]{1,64}", "a role's name, without its path")
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
        matches("python", self.python, r"3\.1[1-9]", "3.11")
        one_of("architecture", self.architecture, ("arm64", "x86_64"))
        within("answer_memory_mib", self.answer_memory_mib, 256, 10_240)
        within("ingest_memory_mib", self.ingest_memory_mib, 512, 10_240)
        within("answer_concurrency", self.answer_concurrency, 2, 1000)
        within("ingest_concurrency", self.ingest_concurrency, 2, 1000)  # SQS: two at least


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """Days. `keep` protects stacks from deletion, and records from all; `left` is what a teardown leaves."""

    keep: bool = True
    left: tuple[str, ...] = LEAVABLE
    logs_days: int = 365
    audit_days: int = 365
    old_versions_days: int = 90

    def __post_init__(self) -> None:
        allowed = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 3653)
        if self.logs_days not in allowed:
            raise ValueError(f"logs_days: {self.logs_days} is none of {', '.join(map(str, allowed))}")
        for what in self.left:
            one_of("left", what, LEAVABLE)
        if self.keep and not {"documents", "audit", "keys"} <= set(self.left):
            raise ValueError(
                "left: with keep, documents, audit and keys are left, or nobody could read either"
            )
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
            matches("emails", email, r"[^@\s]{1,64}@[^@\s]+\.[a-z]{2,}", "name@example.com")
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
    model: EndpointSettings | None = None  # None: no endpoint, `extractive` answers
    organisation: OrganisationSettings | None = None

    def __post_init__(self) -> None:
        # Bucket names hold it with a purpose, the account and the region: 63 characters in all.
        matches("name", self.name, r"[a-z][a-z0-9-]{1,18}[a-z0-9]", "ragtune-dev (3 to 20 characters)")
        matches("region", self.region, r"[a-z]{2}(-[a-z]+)+-\d", "ap-northeast-2")
        if self.search.zones > len(self.network.zones):
            has = len(self.network.zones)
            raise ValueError(f"search.zones: {self.search.zones}, but network.zones names {has}")
        self._check_search_room()
        for role, labels in self.callers.items():
            matches(f"callers.{role}", role, r"[\w+=,.@-]{1,64}", "a role's name, without its path")
            if not labels:
                raise ValueError(f"callers.{role}: no label; a caller who may see nothing needs no row")

        self._check_model()

    @property
    def endpoint(self) -> Endpoint | None:
        """What serves, if anything does."""
        return Endpoint(settings=self.model, training=self.training) if self.model and self.training else None

    def _check_model(self) -> None:
        if self.model and not self.training:
            raise ValueError("model: needs [aws.training], whose pipeline registers what is served")
        try:
            self.endpoint  # noqa: B018  which checks the two against each other
        except (ValueError, BadInput) as error:
            raise ValueError(f"model.{error}") from None

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
