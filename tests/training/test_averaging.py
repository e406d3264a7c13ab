import pytest
import torch

from training.averaging import follow, holding


def test_the_average_of_a_wavering_weight_is_steadier_than_its_last_value() -> None:
    weights, average = {"a": torch.zeros(2)}, dict[str, torch.Tensor]()
    for step in range(1, 401):
        weights["a"] = torch.full((2,), 1.0 + (0.5 if step % 2 else -0.5))
        follow(average, weights, 0.99, step)
    assert average["a"].tolist() == pytest.approx([1.0, 1.0], abs=0.02)


def test_it_starts_where_the_weights_are_and_forgets_the_start_soon() -> None:
    average = dict[str, torch.Tensor]()
    follow(average, {"a": torch.tensor([-50.0])}, 0.99, 1)
    assert average["a"].item() == -50.0
    for step in range(2, 60):
        follow(average, {"a": torch.tensor([1.0])}, 0.99, step)
    assert average["a"].item() == pytest.approx(1.0, abs=0.01)


def test_a_model_holds_the_average_for_a_while_and_then_its_own_weights_again() -> None:
    weights = {"a": torch.tensor([1.0])}
    with holding(weights, {"a": torch.tensor([2.0])}):
        assert weights["a"].item() == 2.0
    assert weights["a"].item() == 1.0
    with pytest.raises(RuntimeError, match="lost"), holding(weights, {"a": torch.tensor([2.0])}):
        raise RuntimeError("lost")
    assert weights["a"].item() == 1.0


def test_without_an_average_the_weights_stay() -> None:
    weights = {"a": torch.tensor([1.0])}
    with holding(weights, {}):
        assert weights["a"].item() == 1.0
