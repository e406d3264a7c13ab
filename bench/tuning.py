"""What tuning does to a model's use of documents: plain, RAFT and retrieval-aware, on real retrieval.

    python -m bench.tuning --seeds 1 2 3          # 9 runs of about a minute, and as long to probe them

Prints one line per recipe and seed, and writes .ragtune/bench/tuning.json, a list of
{"work": "changed_passage, seed 1", "who": "ragtune", "metric": "exact", "value": 0.97, "unit": "share"}.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ragtune.cli.data import build
from ragtune.cli.documents import ingest_folder
from ragtune.cli.tuning import retrieve, within_reach
from ragtune.evaluation.probes import Cases, Probe, cases, probe
from ragtune.instructions.counterfactual import pools
from ragtune.instructions.ledger import read
from ragtune.instructions.retrieval_aware import load_mix
from ragtune.instructions.sample_sets import write_samples
from ragtune.ports import Prompt
from ragtune.presets import load_preset
from ragtune.settings import Settings, load_settings
from ragtune.wiring import open_search
from training.folders import Folders
from training.recipe import load_recipe
from training.train import train
from training.validation import generate

WORK = Path(".ragtune/bench/tuning")
RECIPES = {
    "plain": Path("training/recipes/sample-plain.toml"),
    "raft": Path("training/recipes/sample-raft.toml"),
    "retrieval_aware": Path("training/recipes/sample.toml"),
}
WHO = {"plain": "plain", "raft": "RAFT", "retrieval_aware": "ragtune"}
PRESET = load_preset("sample")
PROBES = 200
MAX_NEW_TOKENS = 40


@dataclass(slots=True)
class Batched:
    """A generator that is asked twice: first it notes the prompts, then it gives the answers made of all."""

    model: Any
    tokenizer: Any
    prompts: dict[str, str]
    name: str = "batched"

    def generate(self, prompt: Prompt) -> Iterator[str]:
        yield self.prompts.setdefault(prompt.text, "")

    def answer(self) -> None:
        texts = list(self.prompts)
        answers = generate(self.model, self.tokenizer, texts, MAX_NEW_TOKENS)
        self.prompts.update(zip(texts, answers, strict=True))

    def versions(self) -> Mapping[str, str]:
        return {}


def probed(model: Any, tokenizer: Any, made: Cases) -> Probe:
    batched = Batched(model=model.eval(), tokenizer=tokenizer, prompts={})
    probe(batched, PRESET, made)
    batched.answer()
    return probe(batched, PRESET, made)


def base_of(folder: Path) -> tuple[Any, Any]:
    model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    return model.float(), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def show(who: str, seed: int, found: Probe, seconds: float) -> list[dict[str, object]]:
    """One line on the screen, and the rows for the file."""
    names = ("closed_book", "with_passage", "changed_passage", "stale", "absent")
    shares = {name: getattr(found, name).share for name in names}
    cells = "  ".join(f"{name} {share:.3f}" for name, share in shares.items())
    sys.stdout.write(f"{who:10} seed {seed}  {cells}  {seconds:.0f} s\n")
    sys.stdout.flush()

    def row(work: str, metric: str, value: float, unit: str) -> dict[str, object]:
        named = {"work": f"{work}, seed {seed}", "who": who, "metric": metric}
        return named | {"value": round(value, 4), "unit": unit}

    rows = [row(name, "exact", share, "share") for name, share in shares.items()]
    return [*rows, row("tuning", "wall", seconds, "s")]


def prepared(settings: Settings, folder: Path, cases_seed: int) -> Cases:
    """Index and instructions in WORK, samples of every recipe beside them."""
    ingest_folder(Path("samples/manuals"), settings)
    with open_search(settings) as search:
        questions = [Path("samples/questions/evaluation.jsonl")]
        build(search.index, WORK / "instructions", questions, 0.1, 1)
        searched = retrieve(search, settings)
        model = replace(settings.models["tuned"], folder=folder)
        parts = [within_reach(read(WORK / "instructions", part), model) for part in ("train", "paraphrases")]
        known, paraphrases = parts
        for name, recipe in RECIPES.items():
            mix = load_mix(recipe)
            write_samples(WORK / name, WORK / "instructions", PRESET, mix, searched, folder)
        return cases(paraphrases, searched, n=PROBES, seed=cases_seed, pool=pools([*known, *paraphrases]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--model", type=Path, default=Path("samples/model"))
    parser.add_argument("--cases", type=int, default=2, help="seed of the questions that are asked")
    parser.add_argument("--threads", type=int, default=2, help="1 where other work runs beside it")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    settings = load_settings(Path("config/demo.toml"))
    index = replace(settings.index, url=f"sqlite:///{WORK}/index")
    made = prepared(replace(settings, state=WORK, index=index), given.model, given.cases)
    sys.stdout.write(f"{len(made.cases)} cases; {made.not_retrieved} questions without the right passage\n")
    rows = show("untuned", 0, probed(*base_of(given.model), made), 0.0)
    for name in given.recipes:
        for seed in given.seeds:
            rows += tuned(name, seed, given.model, made)
    WORK.parent.joinpath("tuning.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")


def tuned(name: str, seed: int, folder: Path, made: Cases) -> list[dict[str, object]]:
    run = WORK / f"{name}-{seed}"
    folders = Folders(
        train=WORK / name, model=folder, output=run / "adapter", metrics=run, checkpoints=run / "checkpoints"
    )
    start = time.monotonic()
    train(replace(load_recipe(RECIPES[name]), seed=seed), folders)
    seconds = time.monotonic() - start
    base, tokenizer = base_of(folder)
    model = PeftModel.from_pretrained(base, folders.output)
    return show(WHO[name], seed, probed(model, tokenizer, made), seconds)


if __name__ == "__main__":
    main()
