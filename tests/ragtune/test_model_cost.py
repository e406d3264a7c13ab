"""What a model costs: by the hour, and from how many answers that is less than by the token."""

from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.cost import HOURS, load_prices
from ragtune.deployment import AwsSettings, load_deployment
from ragtune.errors import BadInput
from ragtune.model_cost import DAYS, ModelUse, model_cost
from ragtune.planning import instances
from ragtune.presets import load_preset, preset_names

PRICES = load_prices("ap-northeast-2")


def aws() -> AwsSettings:
    return load_deployment(Path("config/prod-model.toml")).aws


def stopping() -> AwsSettings:
    found = aws()
    assert found.model
    return replace(found, model=replace(found.model, idle_minutes=60))


def test_an_endpoint_costs_every_hour_unless_it_stops() -> None:
    always, stops = model_cost(aws(), PRICES, ModelUse()), model_cost(stopping(), PRICES, ModelUse())
    hourly = PRICES.price("model_instance_hour", "ml.g6e.2xlarge")
    assert always.endpoint == pytest.approx(2 * HOURS * hourly)
    assert stops.endpoint == pytest.approx(2 * 220 * hourly)
    assert always.savings[0].usd == pytest.approx(always.endpoint - stops.endpoint)
    assert (always.savings[0].taken, stops.savings[0].taken) == (False, True)


def test_at_break_even_both_cost_the_same() -> None:
    use = ModelUse(tokens_in=1_000, tokens_out=100, usd_million_in=1.0, usd_million_out=5.0)
    found = model_cost(aws(), PRICES, use)
    assert found.answer == pytest.approx(0.0015)
    assert found.break_even_a_day * DAYS * found.answer == pytest.approx(found.endpoint)
    dearer = model_cost(aws(), PRICES, replace(use, usd_million_in=2.0, usd_million_out=10.0))
    assert dearer.break_even_a_day == pytest.approx(found.break_even_a_day / 2)


def test_spot_saves_its_share_of_tuning() -> None:
    found = aws()
    assert found.training
    dear = replace(found, training=replace(found.training, spot=False))
    use = ModelUse(tunings=10, tuning_hours=4)
    spot, full = (model_cost(each, PRICES, use) for each in (found, dear))
    lines = [next(line for line in one.lines if line.what.startswith("tuning on")) for one in (spot, full)]
    assert lines[1].usd - lines[0].usd == pytest.approx(spot.savings[1].usd, abs=0.02)
    assert (spot.savings[1].taken, full.savings[1].taken) == (True, False)


def test_every_instance_that_may_serve_or_tune_has_its_price() -> None:
    for one in instances():
        assert PRICES.price("model_instance_hour", one.name) > 0
    presets = [load_preset(name, accept_non_commercial=True) for name in preset_names()]
    for name in {preset.instances.training for preset in presets} - {"local"}:
        assert PRICES.price("training_instance_hour", name) > 0


def test_without_a_model_there_is_nothing_to_reckon() -> None:
    with pytest.raises(BadInput, match=r"no \[aws\.model\]"):
        model_cost(load_deployment(Path("config/prod.toml")).aws, PRICES, ModelUse())
