"""Rerankers against a real HTTP server in both forms."""

import pytest

from ragtune.adapters.rerankers import ServedReranker
from ragtune.errors import ModelUnavailable
from ragtune.settings import RerankerSettings
from tests.ragtune.adapters.model_routes import served

TEXTS = ["요금", "해지 위약금", "설치"]


def settings(url: str, batch: int = 32) -> RerankerSettings:
    return RerankerSettings(url=url, model="m", batch=batch, timeout_s=30.0)


@pytest.mark.parametrize("path", ["", "/rerank", "/v1/rerank"])
def test_scores_come_in_the_order_of_the_texts(path: str) -> None:
    with served() as (url, asked):
        assert ServedReranker(settings(url + path, batch=2)).scores("해지 위약금", TEXTS) == [0, 1, 0]
    key = "documents" if path == "/v1/rerank" else "texts"
    assert [body[key] for _, _, body in asked] == [TEXTS[:2], TEXTS[2:]]


def test_a_sagemaker_endpoint_is_asked_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with served() as (url, asked):
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        place = "sagemaker://reranker?region=ap-northeast-2"
        assert ServedReranker(settings(place)).scores("설치", TEXTS) == [0, 0, 1]
    assert asked[0][0] == "/endpoints/reranker/invocations"


@pytest.mark.parametrize("answer", [b"[]", b"{}", b'[{"index": 0}]', b'[{"index": 0, "score": NaN}]', b"3"])
def test_nonsense_is_one_clear_error(answer: bytes) -> None:
    with served(200, answer) as (url, _), pytest.raises(ModelUnavailable, match="no index and score"):
        ServedReranker(settings(url)).scores("요금", ["가"])
