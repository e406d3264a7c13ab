"""What a tuned model costs: its endpoint's hours, its tuning, and from how many answers a day it pays.

    model = model_cost(aws, load_prices("ap-northeast-2"), ModelUse(hours=220))
    model.break_even_a_day       # answers a day at which a price by the token would cost the same
    model.savings                # (Saving(what="asleep or stopped while nobody asks", usd=3519.0, …), …)

An endpoint costs by the hour, asked or not; a price by the token costs by the answer. Where they meet says
which to take, if cost alone decided: the other one sends every passage and question out of the account.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ragtune.cost import HOURS, Line, Prices
from ragtune.deployment import AwsSettings
from ragtune.endpoint_settings import Endpoint
from ragtune.errors import BadInput
from ragtune.settings import within

DAYS = 30  # a month
_SCALING_ALARMS = 2  # that Application Auto Scaling makes by itself
_OWN_ALARMS = 4  # errors, failures, latency, and the state machine's


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """Of a month, but for tokens, which are an answer's."""

    hours: float = 220.0  # in which somebody asks: ten a working day
    tunings: int = 1
    tuning_hours: float = 4.0  # on the instance with cards, of one run
    checking_hours: float = 2.0  # on the one without, of one run
    tokens_in: int = 1_600  # instructions, passages and question
    tokens_out: int = 150
    usd_million_in: float = 0.0  # of whom you compare with; 0: the table's
    usd_million_out: float = 0.0

    def __post_init__(self) -> None:
        within("hours", self.hours, 0, HOURS)
        within("tunings", self.tunings, 0, 1_000)
        for name in ("tuning_hours", "checking_hours"):
            within(name, getattr(self, name), 0, 28 * 24)
        for name in ("tokens_in", "tokens_out"):
            within(name, getattr(self, name), 1, 1_000_000)
        for name in ("usd_million_in", "usd_million_out"):
            within(name, getattr(self, name), 0, 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """USD a month; `taken`: the deployment's file has it, else it could."""

    what: str
    usd: float
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost:
    """`lines` of a month, the first of them the endpoint's."""

    lines: tuple[Line, ...]
    answer: float  # USD of an answer by the token
    savings: tuple[Saving, ...]

    @property
    def usd(self) -> float:
        """A month."""
        return round(sum(line.usd for line in self.lines), 2)

    @property
    def endpoint(self) -> float:
        """USD a month for the instances, as the deployment's file has them."""
        return self.lines[0].usd

    @property
    def break_even_a_day(self) -> float:
        """Answers a day at which paying by the token would cost what the endpoint does."""
        return self.endpoint / DAYS / self.answer


def model_cost(aws: AwsSettings, prices: Prices, use: ModelUse) -> ModelCost:
    """Of the deployment's endpoint and pipelines.

    Raises BadInput where the deployment has none, SettingsError where the table lacks an instance.
    """
    endpoint = aws.endpoint
    if endpoint is None:
        raise BadInput("the file has no [aws.model]; see config/prod-model.toml")
    by_the_token = (
        use.tokens_in * (use.usd_million_in or prices.price("token_million", "input"))
        + use.tokens_out * (use.usd_million_out or prices.price("token_million", "output"))
    ) / 1e6
    return ModelCost(
        lines=tuple(_lines(endpoint, prices, use)),
        answer=by_the_token,
        savings=tuple(_savings(endpoint, prices, use)),
    )


def alarms(endpoint: Endpoint) -> int:
    """How many the stacks of a model have of their own, beside those of its scaling."""
    sleeps = 2 if endpoint.settings.least == 0 else 0
    return _OWN_ALARMS + sleeps + int(endpoint.settings.idle_minutes > 0)


def _lines(endpoint: Endpoint, prices: Prices, use: ModelUse) -> Iterator[Line]:
    name, instances = endpoint.instance.name, max(1, endpoint.settings.least)
    yield Line(
        what=f"model, {instances} × {name}",
        quantity=instances * (use.hours if _stops(endpoint) else HOURS),
        unit="hours",
        price=prices.price("model_instance_hour", name),
    )
    yield Line(
        what="alarms of the model",
        quantity=alarms(endpoint) + _SCALING_ALARMS,
        unit="alarms",
        price=prices.price("alarm_month"),
    )
    training = endpoint.training
    tuning, checking = training.tuning.instance, training.cpu.instance
    yield Line(
        what=f"tuning on {tuning}" + (", spot" if training.spot else ""),
        quantity=use.tunings * use.tuning_hours,
        unit="hours",
        price=prices.price("training_instance_hour", tuning)
        * (1 - (prices.price("spot_saving") if training.spot else 0.0)),
    )
    yield Line(
        what=f"preparing and judging on {checking}",
        quantity=use.tunings * use.checking_hours,
        unit="hours",
        price=prices.price("training_instance_hour", checking),
    )


def _savings(endpoint: Endpoint, prices: Prices, use: ModelUse) -> Iterator[Saving]:
    hourly = prices.price("model_instance_hour", endpoint.instance.name)
    idle = max(1, endpoint.settings.least) * (HOURS - use.hours) * hourly
    yield Saving(what="asleep or stopped while nobody asks", usd=round(idle, 2), taken=_stops(endpoint))
    training = endpoint.training
    full = prices.price("training_instance_hour", training.tuning.instance)
    spot = use.tunings * use.tuning_hours * full * prices.price("spot_saving")
    yield Saving(what="tuned on spot", usd=round(spot, 2), taken=training.spot)


def _stops(endpoint: Endpoint) -> bool:
    return endpoint.settings.least == 0 or endpoint.settings.idle_minutes > 0
