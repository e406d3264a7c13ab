"""A merged model answers as its adapter does, is read back before it counts, and only on its own base."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from inference import merge as merging
from inference.merge import TOLERANCE, main, merge
from inference.model import LoadedModel
from ragtune.errors import ManifestMismatch
from ragtune.manifest import Manifest
from ragtune.records import to_json
from ragtune.weights import weights_digest
from tests.training.tiny import write_model


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random adapter that names its base."""
    folder = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(5)
    config = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    manifest = Manifest(base_model=weights_digest(base), adapter=weights_digest(folder))
    (folder / "manifest.json").write_text(to_json(manifest), encoding="utf-8")
    return folder


def test_merged_logits_are_the_adapters_within_the_tolerance(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    assert 0 < merge(base, adapter, tmp_path) < TOLERANCE[torch.float32]


def test_a_merge_that_answers_otherwise_is_refused(
    base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half the digits of a merge in float32 are exact; none of them may differ here."""
    monkeypatch.setitem(merging.TOLERANCE, torch.float32, 0.0)
    with pytest.raises(
        ManifestMismatch, match=r"differ from the adapter's by .* of the largest, 0 is allowed"
    ):
        merge(base, adapter, tmp_path)


def test_an_adapter_of_another_base_or_tokenizer_is_refused(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    other = write_model(tmp_path / "other", seed=1)
    with pytest.raises(ManifestMismatch, match=r"base_model .* use it on its own base"):
        merge(other, adapter, tmp_path / "merged")
    with pytest.raises(ManifestMismatch, match="use it on its own base"):
        LoadedModel(other, adapter)
    same = write_model(tmp_path / "same")
    path = same / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer["added_tokens"][-1]["content"] += "!"
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(ManifestMismatch, match="use it on its own base"):
        merge(same, adapter, tmp_path / "merged")


def test_folders_come_from_sagemakers_variables(base: Path, adapter: Path, tmp_path: Path) -> None:
    variables = {
        "SM_CHANNEL_MODEL": str(base),
        "SM_CHANNEL_ADAPTER": str(adapter),
        "SM_MODEL_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "inference.merge"],
        env=os.environ | {"OMP_NUM_THREADS": "1"} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["event"] == "merged"
    assert (tmp_path / "model.safetensors").exists()


def test_missing_folders_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "--model" in capsys.readouterr().err
