"""What goes wrong in a tuning run, caused for real: each ends with one sentence and a way to go on."""

# ruff: noqa: S603 - our own jobs

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ragtune.errors import BadInput, Diverged, GateRefused, ManifestMismatch, OutOfMemory, OutOfSpace
from ragtune.seal import seal
from tests.training.test_train import ALONE, RECIPE, command, interrupted, steps
from tests.training.tiny import write_model, write_samples

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("troubles")
    write_model(root / "model")
    write_samples(root / "train")
    (root / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return root


def tune(root: Path, run: str, **changed: Path) -> subprocess.CompletedProcess[str]:
    arguments = command(root, run)
    for name, path in changed.items():
        arguments[arguments.index(f"--{name}") + 1] = str(path)
    return subprocess.run(arguments, capture_output=True, text=True, check=False, env=ALONE)


def test_a_checkpoint_cut_short_is_passed_over_and_the_adapter_stays_the_same(root: Path) -> None:
    assert tune(root, "whole").returncode == 0
    assert interrupted(root, "cut", signal.SIGKILL) == -9
    found = sorted((root / "cut" / "checkpoints").glob("step-*"))
    assert len(found) == 2
    state = found[-1] / "state.pt"
    os.truncate(state, state.stat().st_size // 2)
    done = tune(root, "cut")
    assert done.returncode == 0
    assert f"passed over: {found[-1]}: state.pt is not what was sealed" in done.stderr
    ours, whole = (
        (root / run / "adapter" / "adapter_model.safetensors").read_bytes() for run in ("cut", "whole")
    )
    assert ours == whole
    assert steps(root / "cut") == steps(root / "whole")


@pytest.mark.soak
def test_with_no_whole_checkpoint_it_begins_anew(root: Path) -> None:
    tune(root, "whole")
    interrupted(root, "lost", signal.SIGKILL)
    for path in (root / "lost" / "checkpoints").glob("step-*"):
        (path / "digests.json").unlink()
    assert tune(root, "lost").returncode == 0
    assert steps(root / "lost") == steps(root / "whole")


def test_a_loss_that_is_no_number_stops_before_it_reaches_the_weights(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "model", tmp_path / "broken")
    path = tmp_path / "broken" / "model.safetensors"
    weights = load_file(path)
    weights["embed_out.weight"][:] = torch.nan
    save_file(weights, path, metadata={"format": "pt"})
    done = tune(root, "broken", model=tmp_path / "broken")
    assert done.returncode == Diverged.exit_code
    assert "step 1: the loss is nan; lower learning_rate (now 0.001)" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (root / "broken" / "adapter" / "adapter_model.safetensors").exists()


def test_a_tokenizer_of_another_model_is_refused(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "model", tmp_path / "mixed")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(Path("samples/model") / name, tmp_path / "mixed" / name)
    done = tune(root, "mixed", model=tmp_path / "mixed")
    assert done.returncode == BadInput.exit_code
    assert "it belongs to another model" in done.stderr


def test_a_full_disk_is_named_and_what_was_saved_continues(root: Path) -> None:
    """A limit on files' size stands for it: writing fails in the same place, with another number."""
    tune(root, "whole")
    size = (root / "whole" / "adapter" / "adapter_model.safetensors").stat().st_size
    assert size > 10_000
    done = subprocess.run(
        command(root, "full"),
        capture_output=True,
        text=True,
        check=False,
        env=ALONE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
    )
    assert done.returncode == OutOfSpace.exit_code, done.stderr
    assert "no space left; give the job a larger volume" in done.stderr
    assert "Traceback" not in done.stderr
    assert tune(root, "full").returncode == 0
    assert steps(root / "full") == steps(root / "whole")


SMALL = """
import re, resource, sys
from pathlib import Path
import training.train, torch
torch.zeros(1000, 1000) @ torch.zeros(1000, 1000)
status = Path("/proc/self/status").read_text()
used = int(re.search(r"VmSize:\\s+(\\d+)", status)[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + 150_000_000,) * 2)
sys.exit(training.train.main(sys.argv[1:]))
"""


def test_out_of_memory_says_which_knob_to_turn(root: Path, tmp_path: Path) -> None:
    """One micro-batch of 60,000 tokens in 150 MB."""
    write_samples(tmp_path / "many", count=4000)
    large = RECIPE.replace("tokens = 256\nrows = 8", "tokens = 200000\nrows = 4000")
    (tmp_path / "recipe.toml").write_text(large, encoding="utf-8")
    arguments = command(root, "large")[3:]
    arguments[arguments.index("--recipe") + 1] = str(tmp_path / "recipe.toml")
    arguments[arguments.index("--train") + 1] = str(tmp_path / "many")
    done = subprocess.run(
        [sys.executable, "-c", SMALL, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=ALONE,
    )
    assert done.returncode == OutOfMemory.exit_code, done.stderr[-500:]
    assert "batch.tokens 200000 don't fit the memory: activations " in done.stderr
    assert "batch.tokens = 100000 saves " in done.stderr
    assert "gradient_checkpointing = true saves " in done.stderr


def job(module: str, root: Path, **channels: Path) -> subprocess.CompletedProcess[str]:
    output = root / "job"
    (output / "output").mkdir(parents=True, exist_ok=True)
    variables = {f"SM_CHANNEL_{name.upper()}": str(folder) for name, folder in channels.items()}
    variables |= {"SM_MODEL_DIR": str(output / "model"), "SM_OUTPUT_DIR": str(output / "output")}
    variables |= {"SM_OUTPUT_DATA_DIR": str(output / "output" / "data")}
    command = [sys.executable, "-m", "training.start", module]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ALONE | variables)


def test_a_data_set_that_changed_is_not_trained_on(root: Path, tmp_path: Path) -> None:
    data = shutil.copytree(root / "train", tmp_path / "train")
    (data / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    seal(data)
    text = (data / "train.jsonl").read_text(encoding="utf-8")
    (data / "train.jsonl").write_text(text.replace("0,000원", "1,000원", 1), encoding="utf-8")
    done = job("training.train", tmp_path, train=data, model=root / "model")
    assert done.returncode == ManifestMismatch.exit_code
    assert "train.jsonl is not what was sealed" in done.stderr
    assert "train.jsonl is not what was sealed" in (tmp_path / "job" / "output" / "failure").read_text(
        "utf-8"
    )
    assert not (tmp_path / "job" / "model" / "adapter_config.json").exists()


def test_a_module_that_is_none_fails_with_its_reason(tmp_path: Path) -> None:
    done = job("training.nothing", tmp_path)
    assert done.returncode == 1
    assert "training.nothing" in (tmp_path / "job" / "output" / "failure").read_text(encoding="utf-8")


def test_what_a_job_made_is_sealed(tmp_path: Path) -> None:
    evaluation = tmp_path / "evaluation"
    evaluation.mkdir()
    row = {"question_id": "e1", "category": "process", "score": 1.0, "question": "?", "text": "!"}
    for name in ("candidate", "reference"):
        (evaluation / f"{name}.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (evaluation / "versions.json").write_text('{"candidate": {}, "reference": {}}', encoding="utf-8")
    assert job("training.gate", tmp_path, evaluation=evaluation).returncode == 0
    sealed = json.loads((tmp_path / "job" / "model" / "digests.json").read_text(encoding="utf-8"))
    assert sealed.keys() == {"verdict.json", "candidate.jsonl", "reference.jsonl"}
    (evaluation / "candidate.jsonl").write_text(json.dumps(row | {"score": 0.0}) + "\n", encoding="utf-8")
    refused = job("training.gate", tmp_path, evaluation=evaluation)
    assert refused.returncode == GateRefused.exit_code
    reason = (tmp_path / "job" / "output" / "failure").read_text(encoding="utf-8")
    assert "process: lost 1.00" in reason
    assert "that one keeps serving" in reason
