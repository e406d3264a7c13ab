"""The moving average of an adapter's weights: steadier than those of the last step, at the price of a copy.

Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging". The steps of a run pull
towards the facts of one batch after another; the average is where they agree (docs/experiments.md).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


def copied(weights: Weights) -> dict[str, Tensor]:
    """What they are now."""
    return {name: weight.detach().clone() for name, weight in weights.items()}


def follow(average: dict[str, Tensor], weights: Weights, decay: float, step: int) -> None:
    """Move `average`, empty at first, towards the weights after `step` (from 1 on), in place.

    At first it forgets faster than by `decay`, so that the start of the run does not linger.
    """
    if not average:
        average.update(copied(weights))
        return
    with torch.no_grad():
        share = 1 - min(decay, step / (step + 9))
        torch._foreach_lerp_(list(average.values()), [weights[name].detach() for name in average], share)


@contextmanager
def holding(weights: Weights, others: Weights) -> Iterator[None]:
    """Inside, the model's `weights` are `others`, if there are any; afterwards its own again."""
    own = copied(weights) if others else {}
    put(weights, others)
    try:
        yield
    finally:
        put(weights, own)


def put(weights: Weights, others: Weights) -> None:
    """Give `weights` the values of `others`, by name."""
    with torch.no_grad():
        for name, other in others.items():
            weights[name].copy_(other)
