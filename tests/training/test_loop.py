import pytest
import torch
from torch import nn

from ragtune.instructions.retrieval_aware import Mix
from training.loop import learning_rate, parameter_groups
from training.recipe import Recipe


def test_the_rate_warms_up_stays_and_falls_to_a_tenth() -> None:
    recipe = Recipe(mix=Mix(), learning_rate=1.0, warmup_steps=10, decay_share=0.5)
    assert learning_rate(recipe, 0, 100) == pytest.approx(0.1)
    assert learning_rate(recipe, 30, 100) == 1.0
    assert learning_rate(recipe, 75, 100) == pytest.approx(0.55)
    assert 0.1 < learning_rate(recipe, 99, 100) < 0.13


def test_a_rate_without_decay_stays() -> None:
    recipe = Recipe(mix=Mix(), learning_rate=1.0, warmup_steps=0, decay_share=0.0)
    assert learning_rate(recipe, 99, 100) == 1.0


def test_a_rate_may_fall_to_nothing() -> None:
    recipe = Recipe(mix=Mix(), learning_rate=1.0, warmup_steps=0, decay_share=1.0, final_rate=0.0)
    assert learning_rate(recipe, 50, 100) == pytest.approx(0.5)
    assert learning_rate(recipe, 99, 100) == pytest.approx(0.01)


def test_the_matrices_b_may_learn_faster() -> None:
    weights = {name: nn.Parameter(torch.zeros(1)) for name in ("q.lora_A.weight", "q.lora_B.weight")}
    slow, fast = parameter_groups(weights, 8.0)
    assert (slow["times"], fast["times"]) == (1.0, 8.0)
    assert slow["params"][0] is weights["q.lora_A.weight"]
    assert fast["params"][0] is weights["q.lora_B.weight"]
