"""Embedders: an OpenAI-compatible server, a SageMaker endpoint of text-embeddings-inference, a local folder.

    POST /v1/embeddings {"model": "bge-m3", "input": ["요금", "해지"]}
    {"data": [{"index": 0, "embedding": [0.01, …]}, {"index": 1, "embedding": […]}]}
    POST /endpoints/NAME/invocations {"inputs": ["요금"], "truncate": true}     [[0.01, …]]

What comes back is checked (count, dimension, finite, not all zero) and made of unit length here, so a server
may leave that to us. Standard library only but for the local folder, which needs sentence-transformers.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ragtune.adapters.calls import Endpoint, sagemaker
from ragtune.errors import BadInput, ModelUnavailable
from ragtune.settings import EmbedderSettings

Vectors = list[tuple[float, ...]]
_WHAT = "the embedder"


class ServedEmbedder:
    """Embedder over one of the two protocols."""

    def __init__(self, settings: EmbedderSettings) -> None:
        self.name = settings.name
        self.dimension = settings.dimension
        self._settings = settings
        timeout_s = settings.timeout_s
        if settings.url.startswith("sagemaker://"):
            self._endpoint = sagemaker(settings.url, what=_WHAT, timeout_s=timeout_s)
            self._ask: Callable[[list[str]], object] = self._inference
        else:
            url = settings.url.rstrip("/")
            url = url if url.endswith("/embeddings") else f"{url}/v1/embeddings"
            self._endpoint = Endpoint(url, what=_WHAT, timeout_s=timeout_s, key_in=settings.key_in)
            self._ask = self._openai

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See ports.Embedder. Asked for in batches of `batch` texts."""
        size = self._settings.batch
        named = [self._settings.text_prefix + text for text in texts]
        return [
            one for start in range(0, len(named), size) for one in self._vectors(named[start : start + size])
        ]

    def embed_question(self, question: str) -> tuple[float, ...]:
        """See ports.Embedder."""
        return self._vectors([self._settings.question_prefix + question])[0]

    def _vectors(self, texts: list[str]) -> Vectors:
        told = self._ask(texts)
        if not isinstance(told, list) or len(told) != len(texts):
            raise self._endpoint.nonsense(f"no list of {len(texts)} vectors")
        try:
            return [unit(one, self.dimension) for one in told]
        except ValueError as error:
            raise self._endpoint.nonsense(str(error)) from None

    def _openai(self, texts: list[str]) -> object:
        told: Any = self._endpoint.post({"model": self._settings.model, "input": texts})
        try:
            rows = {int(row["index"]): row["embedding"] for row in told["data"]}
            return [rows[place] for place in range(len(texts))]
        except (TypeError, KeyError, ValueError):
            raise self._endpoint.nonsense('no "data" with an "index" and "embedding" for each text') from None

    def _inference(self, texts: list[str]) -> object:
        return self._endpoint.post({"inputs": texts, "truncate": True})


class LocalEmbedder:
    """Embedder of a folder that sentence-transformers can load; nothing is fetched.

    Raises BadInput when the library or the folder is missing, or the model has another dimension.
    """

    def __init__(self, settings: EmbedderSettings) -> None:
        folder = Path(settings.url.removeprefix("file://"))
        if not (folder / "modules.json").is_file():
            raise BadInput(f"embedder.url: {folder} is no folder of sentence-transformers (modules.json)")
        self._folder, self._settings = folder, settings
        self.name, self.dimension = settings.name, settings.dimension

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415  optional, and slow to load
        except ImportError:
            reason = "embedder.url names a folder, which needs `pip install sentence-transformers`"
            raise BadInput(f"{reason}; or name a server") from None
        return SentenceTransformer(str(self._folder), local_files_only=True)

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See ports.Embedder."""
        return self._vectors([self._settings.text_prefix + text for text in texts])

    def embed_question(self, question: str) -> tuple[float, ...]:
        """See ports.Embedder."""
        return self._vectors([self._settings.question_prefix + question])[0]

    def _vectors(self, texts: list[str]) -> Vectors:
        made = self._model.encode(texts, batch_size=self._settings.batch, show_progress_bar=False)
        try:
            return [unit([float(number) for number in one], self.dimension) for one in made]
        except ValueError as error:
            raise ModelUnavailable(f"the embedder {self._folder} gave {error}") from None


def unit(numbers: object, dimension: int) -> tuple[float, ...]:
    """`numbers` (D,) with length 1. Raises ValueError unless they are `dimension` finite ones, not all zero.

    >>> unit([3, 4], 2)
    (0.6, 0.8)
    """
    if not isinstance(numbers, list) or len(numbers) != dimension:
        size = len(numbers) if isinstance(numbers, list) else "no list of"
        raise ValueError(f"a vector of {size} numbers, embedder.dimension says {dimension}")
    if not all(isinstance(number, int | float) for number in numbers):
        raise ValueError("a vector that holds other things than numbers")
    length = math.hypot(*numbers)
    if not math.isfinite(length) or length == 0:
        raise ValueError("a vector that has no direction")
    return tuple(number / length for number in numbers)
