"""The plan's parts add up, agree with published sizes, and name instances that hold them."""

from dataclasses import replace

import pytest

from ragtune.errors import BadInput
from ragtune.planning import (
    GB,
    NF4,
    Run,
    cache_bytes,
    fitting,
    instances,
    knobs,
    serving_memory,
    training_memory,
)
from ragtune.presets import load_preset
from ragtune.shape import Shape

KULLM = load_preset("kullm").shape_of()
LARGE = load_preset("ax4").shape_of()


def names(found: object) -> list[str]:
    return [one.name for one in found]  # type: ignore[attr-defined]


def test_nf4_takes_4127_thousandths_of_a_bit() -> None:
    assert pytest.approx(4.127, abs=0.0005) == NF4 * 8


def test_a_polyglot_model_takes_what_is_known_of_it() -> None:
    serving = serving_memory(KULLM, context=2048, sequences=10)
    assert serving.parts["weights"] / GB == pytest.approx(25.8, abs=0.1)
    assert cache_bytes(KULLM) / 1e6 == pytest.approx(0.82, abs=0.005)
    assert training_memory(KULLM, Run(method="qlora")).parts["weights"] / GB == pytest.approx(7.3, abs=0.3)


def test_instances_that_fit_are_those_of_experience() -> None:
    qlora = fitting(training_memory(KULLM, Run(method="qlora", tokens=512, labelled=128)))
    assert names(qlora)[0] in {"ml.g5.2xlarge", "ml.g6.2xlarge"}
    lora = names(fitting(training_memory(KULLM, Run(method="lora"))))
    assert "ml.g5.2xlarge" not in lora
    assert "ml.g6e.2xlarge" in lora
    served = names(fitting(serving_memory(KULLM, context=2048, sequences=8)))
    assert "ml.g6e.2xlarge" in served
    assert "ml.g5.2xlarge" not in served
    large = names(fitting(training_memory(LARGE, Run(method="lora"))))
    assert large
    assert not {"ml.g6e.2xlarge", "ml.g6e.12xlarge"} & set(large)
    packed = names(fitting(training_memory(LARGE, Run(method="qlora"))))
    assert "ml.p5.4xlarge" in packed
    assert "ml.g6e.12xlarge" not in packed


def test_tensor_parallelism_divides_the_heads() -> None:
    odd = replace(KULLM, heads=36, kv_heads=36)
    held = fitting(serving_memory(odd, context=2048, sequences=1))
    assert all(36 % one.cards == 0 for one in held)
    assert any(one.cards == 8 for one in instances())


def test_several_cards_share_weights_but_not_activations() -> None:
    memory = training_memory(KULLM, Run())
    weights = memory.parts["weights"]
    assert memory.on(1) == memory.total
    assert memory.on(8) == pytest.approx(weights / 8 + memory.total - weights + memory.gathered)
    packed = training_memory(KULLM, Run(method="qlora"))
    assert packed.on(8) == packed.on(1)  # a 4-bit base is whole on each card


def test_every_knob_saves_what_it_says() -> None:
    run = Run(checkpointing=False)
    told = dict(knobs(KULLM, run))
    assert list(told.values()) == sorted(told.values(), reverse=True)
    now = training_memory(KULLM, run).total
    saved = now - training_memory(KULLM, replace(run, checkpointing=True)).total
    assert told["gradient_checkpointing = true"] == pytest.approx(saved)
    assert "gradient_checkpointing = true" not in dict(knobs(KULLM, Run()))


def test_wrong_values_are_named() -> None:
    with pytest.raises(ValueError, match="labelled: 4096 is not between 1 and 2048"):
        Run(labelled=4096)
    with pytest.raises(ValueError, match=r"number_bytes: 3.0 is neither 4 nor 2"):
        Run(number_bytes=3.0)
    with pytest.raises(BadInput, match=r"lora.targets: 'q_proj' is none of query_key_value"):
        training_memory(KULLM, Run(targets=("q_proj",)))
    with pytest.raises(ValueError, match="kv_heads: 8, but gpt_neox"):
        Shape(family="gpt_neox", layers=1, width=8, heads=16, kv_heads=8, head_width=8, ffn=8, vocabulary=9)
