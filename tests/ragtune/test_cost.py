"""The estimate: every shipped table loads, every line has its price, sums add up, use costs."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ragtune.cost import PRICES, Line, Use, estimate, load_prices
from ragtune.deployment import Deployment, load_deployment
from ragtune.errors import BadInput, SettingsError

TABLES = sorted(PRICES.rglob("*.toml"))


def prod() -> Deployment:
    return load_deployment(Path("config/prod.toml"))


def test_every_table_is_dated_and_says_where_its_prices_stand() -> None:
    assert TABLES
    for path in TABLES:
        prices, told = load_prices(path.stem), tomllib.loads(path.read_text(encoding="utf-8"))
        assert told["region"] == path.stem
        assert date.fromisoformat(prices.as_of) <= date.today()
        assert prices.basis
        assert all(page.startswith("https://aws.amazon.com/") for page in prices.pages)


@pytest.mark.parametrize("name", ["dev", "prod", "prod-model"])
def test_every_shipped_deployment_has_an_estimate(name: str) -> None:
    deployment = load_deployment(Path(f"config/{name}.toml"))
    lines = estimate(deployment, load_prices(deployment.aws.region), Use())
    assert all(line.price > 0 for line in lines)
    total = sum(line.usd for line in lines)
    assert 0 < total < deployment.aws.alarms.monthly_usd  # the budget leaves room for a model


def of(lines: tuple[Line, ...], what: str) -> Line:
    return next(line for line in lines if line.what.startswith(what))


def test_zones_and_nodes_cost() -> None:
    prices, use = load_prices("ap-northeast-2"), Use()
    three = estimate(prod(), prices, use)
    aws = prod().aws
    one = estimate(
        replace(prod(), aws=replace(aws, network=replace(aws.network, endpoint_zones=1))), prices, use
    )
    assert of(three, "interface endpoints").quantity == 3 * of(one, "interface endpoints").quantity
    assert of(three, "search nodes").quantity == 3 * 730
    assert of(three, "search managers").usd > 0


def test_what_is_not_used_costs_nothing() -> None:
    prices, idle = load_prices("ap-northeast-2"), Use(questions=0, pages_changed=0, documents_gib=0)
    lines, busy = estimate(prod(), prices, idle), estimate(prod(), prices, Use(questions=1_000_000))
    assert of(lines, "questions through").usd == 0
    assert of(busy, "questions through").usd == pytest.approx(3.5)
    assert of(lines, "keys").usd == 4


def test_a_region_without_a_table_says_what_to_write() -> None:
    with pytest.raises(BadInput, match=r"mars-1: has no price table \(there is ap-northeast-2\); write"):
        load_prices("mars-1")


def test_an_instance_without_a_price_is_named() -> None:
    aws = prod().aws
    other = replace(prod(), aws=replace(aws, search=replace(aws.search, instance="x9.huge.search")))
    with pytest.raises(SettingsError, match=r"search_node_hour knows no 'x9\.huge\.search'"):
        estimate(other, load_prices("ap-northeast-2"), Use())
