"""A container is set by its preset: offline, without foreign code, with adapters only where it loads them."""

from pathlib import Path

import pytest

from ragtune.errors import BadInput, SettingsError
from ragtune.presets import FOLDER, load_preset, preset_names
from ragtune.serving import container_environment


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_served_offline_within_its_context(name: str) -> None:
    preset = load_preset(name, accept_non_commercial=True)
    found = container_environment(preset, cards=1)
    assert found["HF_MODEL_ID"] == "/opt/ml/model"
    assert found["HF_HUB_OFFLINE"] == "1"
    assert found["OPTION_TRUST_REMOTE_CODE"] == "false"
    assert found["OPTION_MAX_MODEL_LEN"] == str(preset.context_tokens)
    assert "OPTION_ENABLE_LORA" not in found
    assert list(found) == sorted(found)


def test_adapters_are_loaded_only_where_the_server_can() -> None:
    with pytest.raises(BadInput, match="preset 'kullm': its server loads no adapters; merge before serving"):
        container_environment(load_preset("kullm"), cards=1, adapters=1)
    found = container_environment(load_preset("qwen3"), cards=1, adapters=2)
    assert (found["OPTION_ENABLE_LORA"], found["OPTION_MAX_LORAS"], found["OPTION_MAX_LORA_RANK"]) == (
        "true",
        "2",
        "16",
    )
    with pytest.raises(BadInput, match="adapters: 9 is not between 0 and 4"):
        container_environment(load_preset("qwen3"), cards=1, adapters=9)


def test_cards_divide_the_heads() -> None:
    assert container_environment(load_preset("kullm"), cards=4)["OPTION_TENSOR_PARALLEL_DEGREE"] == "4"
    with pytest.raises(BadInput, match="cards: 3 don't divide"):
        container_environment(load_preset("kullm"), cards=3)


@pytest.mark.parametrize("option", ["OPTION_TRUST_REMOTE_CODE", "HF_HUB_OFFLINE"])
def test_a_preset_may_not_open_the_container(tmp_path: Path, option: str) -> None:
    path = tmp_path / "own.toml"
    text = (FOLDER / "qwen3.toml").read_text(encoding="utf-8")
    path.write_text(f'{text}\n[container]\n{option} = "true"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=f"container.{option}: is no option that a preset may set"):
        load_preset(str(path))
