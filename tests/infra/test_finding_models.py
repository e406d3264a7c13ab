"""An embedder and a reranker by one key each: who may ask them, by which way; without the keys, nobody."""

import copy
from dataclasses import replace

import pytest

from infra.flows import EMBEDS, table
from infra.reachability import reachability
from ragtune.deployment import Deployment
from ragtune.errors import BadInput
from ragtune.settings import EmbedderSettings, RerankerSettings
from tests.infra.synthesis import Template, profile, synthesise, whole
from tests.infra.test_functions import allow, listed, may, one

EMBEDDER, RERANKER = "ragtune-dev-embedder", "ragtune-dev-reranker"


def asking(embedder: str = "", reranker: str = "") -> Deployment:
    dev = profile("dev")
    product = replace(
        dev.product,
        embedder=EmbedderSettings(url=embedder, model="bge-m3", dimension=1024),
        reranker=RerankerSettings(url=reranker),
    )
    return replace(dev, product=product)


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    return synthesise(asking(f"sagemaker://{EMBEDDER}", f"sagemaker://{RERANKER}"))


def invoked(template: Template, use: str) -> list[str]:
    """The endpoints that the role of that function may invoke."""
    return sorted(
        str(resource).rpartition("endpoint/")[2].rstrip("']}")
        for statement in may(template, use)
        for resource in listed(statement["Resource"])
        if "sagemaker:InvokeEndpoint" in listed(statement["Action"])
    )


def test_each_function_may_ask_its_models_and_no_other(templates: dict[str, Template]) -> None:
    assert invoked(whole(templates), "ingest") == [EMBEDDER]
    assert invoked(whole(templates), "answer") == [EMBEDDER, RERANKER]
    assert invoked(whole(templates), "search-setup") == []


@pytest.mark.parametrize("use", ["ingest", "answer"])
def test_one_endpoint_more_is_found(templates: dict[str, Template], use: str) -> None:
    broken = copy.deepcopy(whole(templates))
    allow(broken, use, "sagemaker:InvokeEndpoint", "arn:aws:sagemaker:x:1:endpoint/*")
    assert "*" in invoked(broken, use)


def test_they_are_told_where(templates: dict[str, Template]) -> None:
    for use in ("ingest", "answer", "search-setup"):
        told = str(one(whole(templates), use)["Environment"]["Variables"]["SETTINGS"])
        assert f"sagemaker://{EMBEDDER}" in told


def test_ingestion_has_a_way_to_the_embedder_only_where_there_is_one(
    templates: dict[str, Template], dev: dict[str, Template]
) -> None:
    def ways(found: dict[str, Template]) -> set[tuple[str, str]]:
        return {(way.caller, way.service) for way in reachability(found, "pl-78a54011").ways}

    assert ways(templates) - ways(dev) == {(EMBEDS.caller, EMBEDS.service)}
    assert len(table(asking(f"sagemaker://{EMBEDDER}").product)) == len(ways(templates))


def test_without_a_key_nobody_asks(dev: dict[str, Template]) -> None:
    assert [invoked(whole(dev), use) for use in ("ingest", "answer")] == [[], []]


@pytest.mark.parametrize(
    "url",
    ["sagemaker://other-embedder", "https://api.example/v1", "sagemaker://ragtune-dev-x?region=us-east-1"],
)
def test_an_endpoint_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match=r"embedder\.url .* is not sagemaker://ragtune-dev-…"):
        synthesise(asking(url))
