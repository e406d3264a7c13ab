"""Embedders against a real HTTP server that behaves, and one that misbehaves."""

import json
import math
from pathlib import Path

import pytest

from ragtune.adapters.embedders import LocalEmbedder, ServedEmbedder, unit
from ragtune.errors import BadInput, ModelUnavailable
from ragtune.settings import EmbedderSettings
from tests.contracts.directions import Directions
from tests.ragtune.adapters.model_routes import DIMENSION, served

TEXTS = ["기가라이트 요금", "해지 위약금", "설치 일정"]
PATIENCE_S = 30.0


def settings(url: str, **more: object) -> EmbedderSettings:
    values = {"url": url, "model": "directions", "dimension": DIMENSION, "timeout_s": PATIENCE_S, **more}
    return EmbedderSettings(**values)  # type: ignore[arg-type]


def expected(texts: list[str]) -> list[object]:
    return [pytest.approx(vector, abs=1e-9) for vector in Directions(DIMENSION).embed_texts(texts)]


def test_an_openai_server_gives_vectors_of_unit_length_in_order() -> None:
    with served() as (url, asked):
        embedder = ServedEmbedder(settings(url, batch=2))
        assert embedder.embed_texts(TEXTS) == expected(TEXTS)
        assert embedder.embed_question("요금은?") == expected(["요금은?"])[0]
    assert [(path, body["input"]) for path, _, body in asked] == [
        ("/v1/embeddings", TEXTS[:2]),
        ("/v1/embeddings", TEXTS[2:]),
        ("/v1/embeddings", ["요금은?"]),
    ]
    assert {body["model"] for _, _, body in asked} == {"directions"}


def test_prefixes_stand_before_what_the_model_reads_and_in_the_name() -> None:
    with served() as (url, asked):
        embedder = ServedEmbedder(settings(url, text_prefix="passage: ", question_prefix="query: "))
        embedder.embed_texts(["가나"])
        embedder.embed_question("다라")
    assert [body["input"] for _, _, body in asked] == [["passage: 가나"], ["query: 다라"]]
    assert embedder.name == "directions/768, 'passage: '"


def test_a_sagemaker_endpoint_is_asked_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with served() as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        embedder = ServedEmbedder(settings("sagemaker://embedder?region=ap-northeast-2"))
        assert embedder.embed_texts(TEXTS) == expected(TEXTS)
    path, headers, body = asked[0]
    assert (path, body["inputs"]) == ("/endpoints/embedder/invocations", TEXTS)
    assert "/ap-northeast-2/sagemaker/aws4_request" in headers["authorization"]


def test_a_key_of_the_environment_is_sent_and_its_absence_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with served() as (url, asked):
        embedder = ServedEmbedder(settings(url, key_in="EMBEDDER_KEY"))
        with pytest.raises(BadInput, match="EMBEDDER_KEY: not in the environment"):
            embedder.embed_question("요금")
        monkeypatch.setenv("EMBEDDER_KEY", "k1")
        embedder.embed_question("요금")
    assert [headers["authorization"] for _, headers, _ in asked] == ["Bearer k1"]


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (503, b"loading", "answered 503: loading"),
        (200, b"<html>", "sent no JSON"),
        (200, b"[1, 2]", 'sent no "data"'),
        (200, b'{"data": []}', 'sent no "data"'),
        (200, b'{"data": [{"index": 0, "embedding": [1, 2]}]}', "a vector of 2 numbers"),
        (200, json.dumps({"data": [{"index": 0, "embedding": [0.0] * DIMENSION}]}).encode(), "no direction"),
        (200, json.dumps({"data": [{"index": 0, "embedding": ["a"] * DIMENSION}]}).encode(), "other things"),
        (
            200,
            json.dumps({"data": [{"index": 0, "embedding": [math.nan] * DIMENSION}]}).encode(),
            "no direct",
        ),
    ],
)
def test_nonsense_is_one_clear_error(status: int, answer: bytes, said: str) -> None:
    with served(status, answer) as (url, _), pytest.raises(ModelUnavailable, match="the embedder") as caught:
        ServedEmbedder(settings(url)).embed_question("요금")
    assert said in str(caught.value)


def test_nobody_at_the_door_is_one_clear_error() -> None:
    with pytest.raises(ModelUnavailable, match="can't be reached"):
        ServedEmbedder(settings("http://127.0.0.1:9")).embed_question("요금")


@pytest.mark.parametrize("url", ["ftp://a", "sagemaker://", "sagemaker://a_b?region=x", "sagemaker://a"])
def test_other_places_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    with pytest.raises(BadInput, match="the embedder"):
        ServedEmbedder(settings(url))


def test_a_folder_has_to_hold_a_model(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"modules\.json"):
        LocalEmbedder(settings(f"file://{tmp_path}"))


def test_settings_name_model_and_dimension() -> None:
    with pytest.raises(ValueError, match="dimension: 0"):
        EmbedderSettings(url="http://127.0.0.1:1", model="m")
    with pytest.raises(ValueError, match="model: ''"):
        EmbedderSettings(url="http://127.0.0.1:1", dimension=8)


@pytest.mark.parametrize("numbers", [[1.0], "ab", [True, "a"], [float("inf"), 1.0]])
def test_what_is_no_vector_of_two_numbers(numbers: object) -> None:
    with pytest.raises(ValueError, match="a vector"):
        unit(numbers, 2)
