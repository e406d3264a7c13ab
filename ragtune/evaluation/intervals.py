"""Shares with their 95 % intervals, by the percentile bootstrap over questions (Efron 1979).

>>> Interval.of([1.0] * 20).share
1.0
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2_000
SEED = 20_261_122


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean of `n` scores (each 0–1) and its 95 % interval; all 0 when n is 0."""

    share: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, scores: Sequence[float], seed: int = SEED) -> "Interval":
        """Resamples the scores; the same scores and seed give the same interval."""
        if not scores:
            return cls(share=0.0, low=0.0, high=0.0, n=0)
        values = np.asarray(scores, dtype=np.float64)  # (n,)
        draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
        low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
        share, low, high = (round(float(number), 4) for number in (values.mean(), low, high))
        return cls(share=share, low=low, high=high, n=len(values))
