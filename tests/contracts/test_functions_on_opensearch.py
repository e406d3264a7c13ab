"""The cloud's functions together, on a real node: a page in the bucket becomes an answer, and goes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ragtune.adapters.opensearch import cluster_at, set_up
from ragtune.deployment import load_deployment
from ragtune.documents import document_id
from ragtune.records import encode
from ragtune.settings import EmbedderSettings, Settings, settings_of
from ragtune.wiring import analyzer, open_search, prepared_with, set_up_search
from tests.contracts.search_node import drop, node_url
from tests.contracts.tampering import Answer, tampered
from tests.lambdas.loading import loaded
from tests.lambdas.test_answer import event, question
from tests.lambdas.test_ingest import Time, message
from tests.ragtune.object_store import served

pytestmark = pytest.mark.opensearch
PAGE = (
    '<meta name="access" content="{label}"><h1>별빛 인터넷</h1><h2>요금</h2><p>월 요금은 {fee}원입니다.</p>'
)


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Dev's settings with an index of their own, made as the set-up makes it; told to the functions."""
    dev = load_deployment(Path("config/dev.toml")).product
    name = "f" + document_id(str(tmp_path))[2:]
    told = {**encode(dev), "index": {**encode(dev.index), "url": f"opensearch+{node_url()}/{name}"}}
    told.pop("aws")
    settings = settings_of(told, "dev")
    views = tuple(analyzer(settings, view) for view in settings.index.views)
    cluster, name = cluster_at(settings.index.url)
    set_up(cluster, name, views, prepared_with(settings))
    cluster.close()
    variables = {
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "ap-northeast-2",
        "SETTINGS": json.dumps(told),
        "DOCUMENTS": "s3://docs",
        "STATE": "s3://state",
        "AUDIT": "s3://audit",
        "AUDIT_BODIES": "false",
        "CALLERS": json.dumps({"app": ["public"], "desk": ["public", "internal"]}),
        "METRICS": "ragtune-dev",
    }
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    return settings


def test_what_is_set_up_takes_vectors_of_the_embedder_that_the_settings_name(deployed: Settings) -> None:
    def with_roles(method: str, path: str, body: bytes, pass_on: Callable[[bytes], Answer]) -> Answer:
        return (200, b"{}") if path.startswith("/_plugins/_security") else pass_on(body)

    name = f"{deployed.index.url.rpartition('/')[2]}-dense"
    embedder = EmbedderSettings(url="http://127.0.0.1:9", model="bge-m3", dimension=4)  # nothing asks it
    with tampered(node_url(), with_roles) as url:
        index = replace(deployed.index, url=f"opensearch+{url}/{name}")
        dense = replace(deployed, index=index, embedder=embedder)
        assert set_up_search(dense, {}, prepared_with(dense))["differs"] == ""
        with open_search(dense) as search:
            assert "bge-m3/4" in str(search.index.info())
    drop(name)


@pytest.fixture
def bucket(deployed: Settings) -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3")
        for name in ("docs", "state"):
            client.create_bucket(Bucket=name)
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        yield client


def told(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    with loaded("ingest", monkeypatch) as function:
        try:
            failed = function.handler({"Records": [message(key) for key in keys]}, Time())
        finally:
            function.close()
    assert failed == {"batchItemFailures": []}


def asked(function: ModuleType, role: str = "app") -> dict[str, Any]:
    body = question("별빛 인터넷의 월 요금은 얼마인가요?")
    reply = function.handler(event("POST", "/ask", role=role, body=body), None)
    assert reply["statusCode"] == 200, reply["body"]
    found: dict[str, Any] = json.loads(reply["body"])
    return found


def test_a_page_becomes_an_answer_changes_is_narrowed_and_goes(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = sorted(Path("samples/manuals").rglob("*.html"))[:8]  # what a word is worth needs some pages
    for path in others:
        bucket.put_object(Bucket="docs", Key=f"manuals/{path.name}", Body=path.read_bytes())
    told(monkeypatch, *(f"manuals/{path.name}" for path in others))
    steps = [("public", "22,000", "app", True), ("public", "25,000", "app", True)]
    steps += [("internal", "27,000", "app", False), ("internal", "27,000", "desk", True)]
    for label, fee, role, seen in steps:
        bucket.put_object(
            Bucket="docs", Key="상품/별빛.html", Body=PAGE.format(label=label, fee=fee).encode()
        )
        told(monkeypatch, "상품/별빛.html")
        with served(monkeypatch) as store, loaded("answer", monkeypatch) as function:
            try:
                answer = asked(function, role)
            finally:
                function.close()
            assert any(place.startswith("/audit/answers/") for place in store.kept)
        monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
        assert (f"{fee}원" in answer["text"]) is seen, (fee, role, answer["text"])
        assert {"parser", "chunker", "analysis"} <= set(answer["versions"])
    bucket.delete_object(Bucket="docs", Key="상품/별빛.html")
    told(monkeypatch, "상품/별빛.html", "상품/별빛.html")
    with served(monkeypatch), loaded("answer", monkeypatch) as function:
        try:
            answer = asked(function, "desk")
        finally:
            function.close()
    assert "27,000" not in answer["text"]
