"""Two processes, as torchrun starts them for two cards, tune as one does; gloo stands for their network."""

# ruff: noqa: S603 - our own job

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.test_train import ALONE, RECIPE, steps
from tests.training.tiny import write_model, write_samples
from training.cards import Cards

pytestmark = pytest.mark.timeout(1200)
LOSS_TOLERANCE = 1e-5  # relative: float32 sums in another order
# Three micro-batches a step: one card of two has nothing left, and sums are in another order than one's.
EQUAL = RECIPE.replace("epochs = 12", "epochs = 3").replace("accumulate = 2", "accumulate = 3")
EQUAL = EQUAL.replace("dropout = 0.1", "dropout = 0.0")
SHARDED = "shard = true\ngradient_checkpointing = true\n"


def environment(root: Path, run: str, recipe: str, cards: int) -> dict[str, str]:
    data, folder = root / f"{run}-data", root / run
    write_samples(data)
    (data / "recipe.toml").write_text(recipe, encoding="utf-8")
    (folder / "output").mkdir(parents=True, exist_ok=True)
    return ALONE | {
        "SM_NUM_GPUS": str(cards),
        "SM_CHANNEL_TRAIN": str(data),
        "SM_CHANNEL_MODEL": str(root / "model"),
        "SM_MODEL_DIR": str(folder / "adapter"),
        "SM_OUTPUT_DATA_DIR": str(folder / "metrics"),
        "SM_OUTPUT_DIR": str(folder / "output"),
        "SM_CHECKPOINT_DIR": str(folder / "checkpoints"),
    }


COMMAND = [sys.executable, "-m", "training.start", "training.train"]


def tune(root: Path, run: str, recipe: str, cards: int) -> dict[str, torch.Tensor]:
    done = subprocess.run(
        COMMAND,
        env=environment(root, run, recipe, cards),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, torch.Tensor] = load_file(root / run / "adapter" / "adapter_model.safetensors")
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cards")
    write_model(root / "model")
    return root


def test_a_base_divided_among_two_cards_is_tuned_as_on_one(root: Path) -> None:
    alone = tune(root, "one", EQUAL, cards=1)
    divided = tune(root, "divided", SHARDED + EQUAL, cards=2)
    ours, theirs = steps(root / "divided"), steps(root / "one")
    assert [step for step, _ in ours] == [step for step, _ in theirs]
    assert [loss for _, loss in ours] == pytest.approx([loss for _, loss in theirs], rel=LOSS_TOLERANCE)
    assert divided.keys() == alone.keys()
    for name, weight in alone.items():
        assert torch.allclose(divided[name], weight, rtol=1e-3, atol=1e-5), name


@pytest.mark.soak  # one card is interrupted in test_train, two are compared with one above
def test_two_cards_interrupted_continue_to_the_same_adapter(root: Path) -> None:
    """Each card's dropout goes on where it was, too."""
    whole = tune(root, "whole", RECIPE, cards=2)
    variables = environment(root, "killed", RECIPE, cards=2)
    checkpoints = root / "killed" / "checkpoints"
    with subprocess.Popen(
        COMMAND, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as job:
        deadline = time.monotonic() + 600
        while len(list(checkpoints.glob("step-*/run.json"))) < 2:
            assert job.poll() is None, "it ended before it could be interrupted"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(job.pid, signal.SIGTERM)
        assert job.wait(timeout=300) == 143
    reason = (root / "killed" / "output" / "failure").read_text(encoding="utf-8")
    assert "the same command continues" in reason
    resumed = tune(root, "killed", RECIPE, cards=2)
    assert steps(root / "killed") == steps(root / "whole")
    assert all(torch.equal(resumed[name], weight) for name, weight in whole.items())


DIVIDED = """
import json
import os
from pathlib import Path
from ragtune.instructions.retrieval_aware import Mix
from training.cards import joined
from training.model import load_base
from training.recipe import Recipe
with joined() as cards:
    base, _ = load_base(Path(os.environ["MODEL"]), Recipe(mix=Mix(), shard=True), cards)
    layers = [weight for layer in base.base_model.layers for weight in layer.parameters()]
    held, whole = sum(one.to_local().numel() for one in layers), sum(one.numel() for one in layers)
    told = [held / whole, cards.gathered(cards.rank), cards.told(lambda: "from the first")]
    Path(os.environ["TOLD"], str(cards.rank)).write_text(json.dumps(told))
"""


def test_each_card_holds_its_half_of_the_layers(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone",
         "--local-addr", "127.0.0.1", "--no-python", sys.executable, "-c", DIVIDED],
        env=ALONE | {"MODEL": str(root / "model"), "TOLD": str(tmp_path), "TMPDIR": str(root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    for rank in ("0", "1"):
        assert json.loads((tmp_path / rank).read_text()) == [0.5, [0, 1], "from the first"]


def test_micro_batches_go_round_and_every_card_has_as_many() -> None:
    parts = [Cards(rank=rank, world=3).share(range(7)) for rank in range(3)]
    assert parts == [[0, 3, 6], [1, 4, None], [2, 5, None]]
    assert Cards().share([1, 2]) == [1, 2]


def test_alone_nothing_is_added_or_waited_for() -> None:
    cards = Cards()
    assert cards.summed([], (0.1, 1.0)) == [0.1, 1.0]
    assert cards.gathered("own") == ["own"]
    with cards.in_turn():
        assert cards.told(lambda: 3) == 3
