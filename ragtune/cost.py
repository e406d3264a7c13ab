"""What a deployment will cost in a month, line by line, from its file, a dated price table and its use.

    estimate(load_deployment(Path("config/dev.toml")), load_prices("ap-northeast-2"), Use())
    # (Line(what="search nodes, 1 × t3.small.search", quantity=730, unit="hours", usd=34.31), …)

What stands there costs whether anybody asks or not; what is used costs by the piece. A model's endpoint is
not in it: see `model_cost`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ragtune.deployment import AwsSettings, Deployment
from ragtune.errors import BadInput, SettingsError
from ragtune.settings import within

PRICES = Path(__file__).with_name("prices")
HOURS = 730  # a month
# What the stacks make, whatever the file says: a test holds these against the templates.
KEYS, ALARMS, DASHBOARDS, ENDPOINTS, NAMES = 4, 15, 1, 2, 8
METRICS = 13  # of our own, once questions and documents come
_ANSWER_S, _PAGE_S = 1.0, 4.0  # of a function's time: a question quoted from the documents, a page read
_LOG_KIB = 6  # of logs, flows and questions to DNS for each question or page


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Of a month, but for what is kept."""

    questions: int = 10_000
    pages_changed: int = 1_000
    documents_gib: float = 10.0

    def __post_init__(self) -> None:
        within("questions", self.questions, 0, 1_000_000_000)
        within("pages_changed", self.pages_changed, 0, 100_000_000)
        within("documents_gib", self.documents_gib, 0, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that costs: `quantity` of `unit` at `price` each."""

    what: str
    quantity: float
    unit: str
    price: float  # USD

    @property
    def usd(self) -> float:
        """A month."""
        return round(self.quantity * self.price, 2)


class Prices:
    """A table of prices. `price` raises SettingsError that names what the table lacks."""

    def __init__(self, where: str, values: Mapping[str, object]) -> None:
        self._where = where
        self.as_of, self.basis = str(values["as_of"]), str(values["basis"])
        groups = values["prices"]
        assert isinstance(groups, list)  # noqa: S101  our own file; a test loads each
        self.pages = tuple(str(group["page"]) for group in groups)
        self._known = {name: price for group in groups for name, price in group.items() if name != "page"}

    def price(self, name: str, kind: str = "") -> float:
        """US dollars."""
        found = self._known.get(name)
        if isinstance(found, dict):
            if kind not in found:
                raise SettingsError(f"{self._where}: {name} knows no {kind!r}; add what AWS charges for it")
            found = found[kind]
        if not isinstance(found, int | float):
            raise SettingsError(f"{self._where}: has no {name}")
        return float(found)


def load_prices(region: str) -> Prices:
    """The table of a region. Raises BadInput when there is none."""
    path = PRICES / f"{region}.toml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in PRICES.glob("*.toml")))
        raise BadInput(f"{region}: has no price table (there is {known}); write ragtune/prices/{region}.toml")
    return Prices(str(path.name), tomllib.loads(path.read_text(encoding="utf-8")))


def estimate(deployment: Deployment, prices: Prices, use: Use) -> tuple[Line, ...]:
    """What stands there first, then what is used."""
    return (*_standing(deployment.aws, prices), *_used(deployment.aws, prices, use))


def _standing(aws: AwsSettings, prices: Prices) -> Iterator[Line]:
    search, zones = aws.search, aws.network.endpoint_zones
    yield Line(
        what=f"search nodes, {search.nodes} × {search.instance}",
        quantity=search.nodes * HOURS,
        unit="hours",
        price=prices.price("search_node_hour", search.instance),
    )
    if search.managers:
        yield Line(
            what=f"search managers, {search.managers} × {search.manager_instance}",
            quantity=search.managers * HOURS,
            unit="hours",
            price=prices.price("search_node_hour", search.manager_instance),
        )
    yield Line(
        what=f"search disks, {search.nodes} × {search.disk_gib} GiB",
        quantity=search.nodes * search.disk_gib,
        unit="GiB",
        price=prices.price("search_disk_gib_month"),
    )
    made = (
        ENDPOINTS - len(aws.network.existing.endpoints.keys() - {"s3"}) if aws.network.existing else ENDPOINTS
    )
    yield Line(
        what=f"interface endpoints, {made} in {zones} zones",
        quantity=made * zones * HOURS,
        unit="hours",
        price=prices.price("endpoint_hour"),
    )
    yield Line(what="keys", quantity=KEYS, unit="keys", price=prices.price("key_month"))
    yield Line(what="alarms", quantity=ALARMS, unit="alarms", price=prices.price("alarm_month"))
    yield Line(what="dashboard", quantity=DASHBOARDS, unit="boards", price=prices.price("dashboard_month"))
    yield Line(
        what="metrics of our own", quantity=METRICS, unit="metrics", price=prices.price("metric_month")
    )
    yield Line(
        what="names in the DNS firewall",
        quantity=NAMES,
        unit="names",
        price=prices.price("firewall_name_month"),
    )


def _used(aws: AwsSettings, prices: Prices, use: Use) -> Iterator[Line]:
    events = use.questions + use.pages_changed
    seconds = (
        use.questions * _ANSWER_S * aws.functions.answer_memory_mib / 1024
        + use.pages_changed * _PAGE_S * aws.functions.ingest_memory_mib / 1024
    )
    arm = aws.functions.architecture
    logs_gib = events * _LOG_KIB / 2**20
    for what, quantity, unit, name in (
        ("questions through the API", use.questions / 1e6, "million", "api_calls_million"),
        ("calls of functions", events / 1e6, "million", "lambda_calls_million"),
        ("requests to the queue", 3 * use.pages_changed / 1e6, "million", "queue_requests_million"),
        ("documents kept", use.documents_gib, "GiB", "s3_gib_month"),
        ("writes to buckets", (use.questions + 4 * use.pages_changed) / 1e3, "thousand", "s3_puts_1k"),
        ("reads of buckets", 8 * use.pages_changed / 1e3, "thousand", "s3_gets_1k"),
        ("requests to keys", 2 * events / 1e4, "ten thousand", "key_requests_10k"),
        ("the trail's data events", 6 * events / 1e5, "hundred thousand", "data_events_100k"),
        ("logs written", logs_gib, "GiB", "log_gib"),
        ("logs kept", logs_gib * aws.retention.logs_days / 30, "GiB", "log_kept_gib_month"),
        ("data through endpoints", use.questions * 20 / 2**20, "GiB", "endpoint_gib"),
    ):
        yield Line(what=what, quantity=quantity, unit=unit, price=prices.price(name))
    yield Line(
        what="functions at work", quantity=seconds, unit="GiB·s", price=prices.price("lambda_gib_second", arm)
    )
