from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from ragtune.errors import BadInput
from ragtune.instructions.retrieval_aware import Mix
from tests.training.tiny import make_samples, write_model
from training.model import load_base, loss_sum, trainable, with_adapter
from training.recipe import Batch, Lora, Recipe
from training.rows import IGNORED, encode_rows, padded

RECIPE = Recipe(mix=Mix(), seed=5, lora=Lora(rank=4))


def test_the_head_on_labelled_positions_gives_the_whole_loss(tmp_path: Path) -> None:
    base, tokenizer = load_base(write_model(tmp_path), RECIPE)
    ids, labels = padded(encode_rows(make_samples(5), tokenizer, Batch()), base.device)
    model = with_adapter(base, RECIPE)
    whole = torch.nn.functional.cross_entropy(
        model(ids).logits[:, :-1].flatten(0, 1),
        labels[:, 1:].flatten(),
        ignore_index=IGNORED,
        reduction="sum",
    )
    assert torch.allclose(loss_sum(model, ids, labels), whole, rtol=1e-5)


def test_padding_changes_no_loss(tmp_path: Path) -> None:
    base, tokenizer = load_base(write_model(tmp_path), RECIPE)
    model = with_adapter(base, RECIPE)
    rows = encode_rows(make_samples(6), tokenizer, Batch())
    together = loss_sum(model, *padded(rows, base.device)).item()
    alone = sum(loss_sum(model, *padded([row], base.device)).item() for row in rows)
    assert together == pytest.approx(alone, rel=1e-5)


def test_an_adapter_is_drawn_from_the_recipes_seed(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    first, second = (trainable(with_adapter(load_base(folder, RECIPE)[0], RECIPE)) for _ in range(2))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert {name.split(".")[-4] for name in first} == {
        "query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h",
    }  # fmt: skip


def test_a_folder_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no model to load"):
        load_base(tmp_path, RECIPE)


def test_unknown_targets_are_quoted(tmp_path: Path) -> None:
    base, _ = load_base(write_model(tmp_path), RECIPE)
    with pytest.raises(BadInput, match=r"lora.targets: \['q_proj'\]"):
        with_adapter(base, Recipe(mix=Mix(), lora=Lora(targets=("q_proj",))))


FOUR_BITS = Recipe(mix=Mix(), method="qlora", lora=Lora(rank=4), gradient_checkpointing=True)


@pytest.mark.skipif(bool(find_spec("bitsandbytes")), reason="bitsandbytes is here")
def test_four_bits_without_bitsandbytes_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r'method: "qlora" needs bitsandbytes.* stage its wheel'):
        load_base(write_model(tmp_path), FOUR_BITS)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.skipif(not find_spec("bitsandbytes"), reason="needs the wheel of bitsandbytes")
def test_four_bits_hold_the_layers_and_learn(tmp_path: Path) -> None:
    base, tokenizer = load_base(write_model(tmp_path), FOUR_BITS)
    packed = {type(layer).__name__ for layer in base.base_model.layers[0].mlp.children()}
    assert "Linear4bit" in packed
    assert type(base.get_output_embeddings()) is torch.nn.Linear
    model = with_adapter(base, FOUR_BITS)
    weights = trainable(model).values()
    optimizer = torch.optim.AdamW(weights, lr=1e-2)
    ids, labels = padded(encode_rows(make_samples(6), tokenizer, Batch()), base.device)
    losses = []
    for _ in range(5):
        loss = loss_sum(model, ids, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
