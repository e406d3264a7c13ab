"""Tune a LoRA adapter on rendered samples.

    python -m training.train --recipe training/recipes/sample.toml \\
        --train .ragtune/instructions --model samples/model --output .ragtune/runs/sample/adapter \\
        --metrics .ragtune/runs/sample/metrics --checkpoints .ragtune/runs/sample/checkpoints

On SageMaker the folders come from SM_CHANNEL_TRAIN and its kin, the recipe from SM_CHANNEL_TRAIN/recipe.toml
when none is named. Progress is one JSON line per event (training.progress); SIGTERM writes a checkpoint and
ends with 143, the same command then continues; a finished run leaves adapter and manifest.json in --output.
On several cards torchrun starts it once for each (training.start does that); the first one writes and speaks.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from ragtune.errors import BadInput, RagtuneError
from ragtune.instructions.records import Sample
from ragtune.manifest import Manifest
from ragtune.prompts import PROMPT_VERSION
from ragtune.records import digest, to_json
from ragtune.weights import weights_digest
from training import checkpoint
from training.cards import Cards, joined
from training.folders import VARIABLES, Folders, find_folders
from training.loop import Interrupted, Run
from training.model import ALONE, load_base, trainable, with_adapter
from training.packing import pack
from training.recipe import Recipe, load_recipe
from training.rows import encode_rows, read_samples
from training.troubles import told

LOG = "log.jsonl"
TERMINATED = 143  # 128 + SIGTERM


def train(recipe: Recipe, folders: Folders, cards: Cards = ALONE) -> checkpoint.Position:
    """One run: adapter, tokenizer and manifest in `folders.output`, log.jsonl in `folders.metrics`.

    Raises BadInput when there is nothing to train on, Interrupted on SIGTERM; Diverged, OutOfMemory and
    OutOfSpace, each with what to do.
    """
    samples = read_samples(folders.train / "train.jsonl")
    held_out = read_samples(folders.train / "validation.jsonl")
    base_digest = cards.told(lambda: weights_digest(folders.model))
    base, tokenizer = load_base(folders.model, recipe, cards)
    rows = encode_rows(samples, tokenizer, recipe.batch)
    fitting = [sample for sample in held_out if encode_rows([sample], tokenizer, recipe.batch)]
    validation = _spread(fitting, recipe.validation.rows)
    if not rows:
        raise BadInput(f"{folders.train / 'train.jsonl'}: no row fits {recipe.batch.max_tokens} tokens")
    model = with_adapter(base, recipe)
    if not cards.first:
        torch.manual_seed(recipe.seed + cards.rank)  # the same adapter everywhere, other dropout on each card
    run = Run(
        model, tokenizer, recipe, folders, _identity(recipe, samples, validation, base_digest, cards), cards
    )
    weights = sum(weight.numel() for weight in trainable(model).values())
    run.log.say(
        "start", rows=len(rows), left_out=len(samples) - len(rows), trainable=weights, cards=cards.world
    )
    with told(recipe, folders.model, folders.output, base.dtype):
        position = run.train(rows, validation)
        if cards.first:
            _keep(model, tokenizer, folders, base_digest)
    run.log.say("done", steps=position.step, best_step=position.best_step, score=position.best_score)
    return position


def _keep(model: Any, tokenizer: Any, folders: Folders, base_digest: str) -> None:
    """Adapter, tokenizer and manifest of a run that is done; its checkpoints are not needed any more."""
    for config in model.peft_config.values():  # a set there, whose order would change the adapter's digest
        config.target_modules = sorted(config.target_modules)
    model.save_pretrained(folders.output)
    tokenizer.save_pretrained(folders.output)
    shutil.copyfile(folders.metrics / LOG, folders.output / LOG)  # a sweep reads its course there
    manifest = Manifest(prompt=PROMPT_VERSION, base_model=base_digest, adapter=weights_digest(folders.output))
    (folders.output / "manifest.json").write_text(to_json(manifest), encoding="utf-8")
    pack(folders.output)
    checkpoint.clear(folders.checkpoints)


def _spread(samples: Sequence[Sample], count: int) -> list[Sample]:
    """`count` of the samples, evenly from all of them: they stand in the order of their origins."""
    if len(samples) <= count:
        return list(samples)
    return [samples[place * len(samples) // count] for place in range(count)]


def _identity(
    recipe: Recipe, samples: Sequence[Sample], validation: Sequence[Sample], base_digest: str, cards: Cards
) -> str:
    """What decides a run's course; the number of cards does by the order in which numbers are added."""
    return digest([recipe, list(samples), list(validation), base_digest, cards.world])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.train", description="Tune a LoRA adapter.")
    parser.add_argument("--recipe", type=Path, help="recipe file; default: recipe.toml in the train folder")
    for name, variable in VARIABLES.items():
        parser.add_argument(f"--{name}", type=Path, help=f"folder; default: {variable}")
    given = vars(parser.parse_args(arguments))
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        folders = find_folders(given, os.environ)
        recipe = load_recipe(given["recipe"] or folders.train / "recipe.toml")
        with joined() as cards:
            train(recipe, folders, cards)
    except Interrupted as stop:
        sys.stderr.write(f"ragtune: {stop}\n")
        return TERMINATED
    except RagtuneError as error:
        sys.stderr.write(f"ragtune: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
