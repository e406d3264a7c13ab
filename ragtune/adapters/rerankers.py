"""Rerankers: text-embeddings-inference (`…/rerank`), the form of Jina and vLLM (`…/v1/rerank`), SageMaker.

POST /rerank    {"query": "요금은?", "texts": ["…", "…"]}              [{"index": 1, "score": 0.98}, …]
POST /v1/rerank {"model": "m", "query": "요금은?", "documents": ["…"]} {"results": [{"index": 0, "relevance_score": 2.1}]}
"""  # noqa: E501  a server's words, whole

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ragtune.adapters.calls import Endpoint, sagemaker
from ragtune.errors import ModelUnavailable
from ragtune.settings import RerankerSettings

_WHAT = "the reranker"


class ServedReranker:
    """Reranker over one of the protocols, told apart by the URL."""

    def __init__(self, settings: RerankerSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._listed = settings.url.rstrip("/").endswith("/v1/rerank")
        if settings.url.startswith("sagemaker://"):
            self._endpoint = sagemaker(settings.url, what=_WHAT, timeout_s=settings.timeout_s)
        else:
            url = settings.url.rstrip("/")
            url = url if url.endswith("/rerank") else f"{url}/rerank"
            self._endpoint = Endpoint(url, what=_WHAT, timeout_s=settings.timeout_s, key_in=settings.key_in)

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """See ports.Reranker. Asked for in batches of `batch` texts."""
        size, found = self._settings.batch, []
        for start in range(0, len(texts), size):
            found += self._scores(question, list(texts[start : start + size]))
        return found

    def _scores(self, question: str, texts: list[str]) -> list[float]:
        told = self._endpoint.post(self._body(question, texts))
        try:
            rows: Any = told["results"] if isinstance(told, dict) else told
            scores = {int(row["index"]): _score(row) for row in rows}
            found = [scores[place] for place in range(len(texts))]
        except (TypeError, KeyError, ValueError):
            raise self._wrong(len(texts)) from None
        if not all(map(math.isfinite, found)):
            raise self._wrong(len(texts))
        return found

    def _body(self, question: str, texts: list[str]) -> dict[str, object]:
        if self._listed:
            return {"model": self._settings.model, "query": question, "documents": texts}
        return {"query": question, "texts": texts, "truncate": True}

    def _wrong(self, count: int) -> ModelUnavailable:
        return self._endpoint.nonsense(f"no index and score for each of {count} texts")


def _score(row: Mapping[str, Any]) -> float:
    return float(row["relevance_score"] if "relevance_score" in row else row["score"])
