"""An embedder without a model: each word gives a fixed direction, a text the sum of its words' directions."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ragtune.analysis import Bigrams


class Directions:
    """Embedder of a real model's dimension; texts that share words are near each other."""

    def __init__(self, dimension: int = 768) -> None:
        self.name = f"directions {dimension}"
        self.dimension = dimension
        self._view = Bigrams()

    def embed_texts(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """A vector (D,) of unit length for each text; one without words has a direction of its own."""
        return [self.embed_question(text) for text in texts]

    def embed_question(self, question: str) -> tuple[float, ...]:
        """As for texts."""
        words = self._view.tokens(question) or [""]
        total = np.sum([_direction(word, self.dimension) for word in words], axis=0)
        return tuple(float(one) for one in total / np.linalg.norm(total))


@lru_cache(maxsize=4_096)
def _direction(word: str, dimension: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(dimension)
