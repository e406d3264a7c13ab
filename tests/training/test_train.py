"""The whole job, as a process: what it leaves, how it continues, how it refuses."""

# ruff: noqa: S603 - our own job

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.tiny import write_model, write_samples

pytestmark = pytest.mark.timeout(1200)

RECIPE = """
seed = 3
epochs = 12
learning_rate = 1e-3
checkpoint_every = 4
averaging = 0.9
[mix]
closed_book = 60
[batch]
tokens = 256
rows = 8
accumulate = 2
[lora]
rank = 4
dropout = 0.1
[validation]
every = 20
rows = 2
patience = 100
max_new_tokens = 8
"""

# Two threads that wait for each other are slow where others work, and this model gains nothing by them.
ALONE = os.environ | {"OMP_NUM_THREADS": "1"}


def command(root: Path, run: str) -> list[str]:
    folder = root / run
    return [
        sys.executable, "-m", "training.train", "--recipe", str(root / "recipe.toml"),
        "--train", str(root / "train"), "--model", str(root / "model"), "--output", str(folder / "adapter"),
        "--metrics", str(folder / "metrics"), "--checkpoints", str(folder / "checkpoints"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("training")
    write_model(root / "model")
    write_samples(root / "train")
    (root / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def whole(root: Path) -> Path:
    """The run that nobody interrupts."""
    subprocess.run(command(root, "whole"), check=True, capture_output=True, env=ALONE)
    return root / "whole"


def interrupted(root: Path, run: str, sent: signal.Signals) -> int:
    """Send a signal once the second checkpoint stands; the exit code."""
    log = root / run / "metrics" / "log.jsonl"
    with subprocess.Popen(
        command(root, run), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ALONE
    ) as job:
        deadline = time.monotonic() + 600  # it ends what hangs; a busy machine takes minutes to import torch
        while not (log.exists() and log.read_text(encoding="utf-8").count('"checkpoint"') >= 2):
            assert job.poll() is None, "it ended before it could be interrupted"
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.kill(job.pid, sent)
        return job.wait(timeout=300)


def steps(run: Path) -> list[tuple[int, float]]:
    events = map(json.loads, (run / "metrics" / "log.jsonl").read_text(encoding="utf-8").splitlines())
    return [(event["step"], event["loss"]) for event in events if event["event"] == "step"]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143)])
def test_a_killed_run_continues_to_the_same_adapter(
    root: Path, whole: Path, sent: signal.Signals, code: int
) -> None:
    run = f"killed{sent.value}"
    assert interrupted(root, run, sent) == code
    assert list((root / run / "checkpoints").glob("step-*/state.pt"))
    subprocess.run(command(root, run), check=True, capture_output=True, env=ALONE)
    ours = (root / run / "adapter" / "adapter_model.safetensors").read_bytes()
    assert ours == (whole / "adapter" / "adapter_model.safetensors").read_bytes()
    assert steps(root / run) == steps(whole)


def test_a_finished_run_leaves_adapter_manifest_and_log(whole: Path) -> None:
    manifest = json.loads((whole / "adapter" / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["base_model"]) == len(manifest["adapter"]) == 16
    assert (whole / "adapter" / "tokenizer.json").exists()
    lines = (whole / "metrics" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    names = [json.loads(line)["event"] for line in lines]
    assert names[0] == "start"
    assert names[-1] == "done"
    assert "validation" in names
    assert not list((whole / "checkpoints").glob("step-*"))


def test_of_equally_good_validations_the_last_is_kept(whole: Path) -> None:
    lines = (whole / "metrics" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    scores = [(event["score"], event["step"]) for event in events if event["event"] == "validation"]
    assert (events[-1]["score"], events[-1]["best_step"]) == pytest.approx(max(scores), abs=1e-4)


def test_sagemaker_folders_are_read_from_the_environment(root: Path, whole: Path) -> None:
    folder = root / "sagemaker"
    environment = ALONE | {
        "SM_CHANNEL_TRAIN": str(root / "train"),
        "SM_CHANNEL_MODEL": str(root / "model"),
        "SM_MODEL_DIR": str(folder / "adapter"),
        "SM_OUTPUT_DATA_DIR": str(folder / "metrics"),
        "SM_CHECKPOINT_DIR": str(folder / "checkpoints"),
    }
    recipe = ["--recipe", str(root / "recipe.toml")]
    subprocess.run(
        [sys.executable, "-m", "training.train", *recipe], check=True, capture_output=True, env=environment
    )
    ours = (folder / "adapter" / "adapter_model.safetensors").read_bytes()
    assert ours == (whole / "adapter" / "adapter_model.safetensors").read_bytes()


def test_a_missing_folder_is_one_sentence(root: Path) -> None:
    arguments = command(root, "nowhere")
    arguments[arguments.index("--model") + 1] = str(root / "none")
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=ALONE)
    assert done.returncode == 2
    assert done.stderr.strip() == f"ragtune: --model: {root / 'none'} is no folder; name one that exists"
