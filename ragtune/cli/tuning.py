"""From an instruction set to an adapter: samples with what retrieval returns, then the training job."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import get_args

from ragtune.cli.models import train
from ragtune.cli.screen import out, progress
from ragtune.cli.stages import reuse
from ragtune.documents import PUBLIC, Passage
from ragtune.errors import SettingsError
from ragtune.instructions.ledger import read
from ragtune.instructions.records import Instruction, Origin, Sample
from ragtune.instructions.retrieval_aware import Mix, Retrieve, render_samples
from ragtune.ports import Access
from ragtune.presets import load_preset
from ragtune.prompts import PROMPT_VERSION
from ragtune.records import from_json, to_json
from ragtune.settings import ModelSettings, Settings
from ragtune.vocabulary import sayable, unsayable, whole_words
from ragtune.weights import weights_digest
from ragtune.wiring import Search, index_versions

VALIDATION_ROWS = 32  # of each origin
SEED = 1


def tune(name: str, recipe: Path, settings: Settings, search: Search, instructions: Path, mix: Mix) -> None:
    """Make samples and adapter of the model `name`, unless they were made from the same before."""
    model = settings.models[name]
    if model.folder is None:
        raise SettingsError(f"models.{name}.folder: missing; name the folder of the base model")
    preset = load_preset(model.preset)
    samples = settings.state / "samples" / name
    made_from = {
        "instructions": (instructions / "manifest.json").read_text(encoding="utf-8"),
        "recipe": recipe.read_text(encoding="utf-8"),
        "mix": mix,
        "prompt": [PROMPT_VERSION, preset.digest],
        "index": index_versions(search.index),
    }
    if not reuse(samples, made_from, lambda: _render(samples, mix, settings, search, instructions)):
        _show(samples)
    run = settings.state / "runs" / name
    base = model.folder
    inputs = made_from | {"base": weights_digest(base)}
    if reuse(run, inputs, lambda: train(recipe, samples, base, run)):
        out.print(f"  {name}: unchanged since it was tuned", markup=False)


def retrieve(search: Search, settings: Settings) -> Retrieve:
    """What retrieval returns to the public for a question; each question is searched once."""
    access = Access(labels=frozenset({PUBLIC}), day=datetime.now(UTC).date().isoformat())

    @cache
    def passages(question: str) -> tuple[Passage, ...]:
        return tuple(search.retriever.passages(question, access, settings.retrieval.passages))

    return passages


def _render(folder: Path, mix: Mix, settings: Settings, search: Search, instructions: Path) -> None:
    model = settings.models[folder.name]
    preset = load_preset(model.preset)
    searched = retrieve(search, settings)
    folder.mkdir(parents=True, exist_ok=True)
    for part, source, wanted in (("train", "train", mix), ("validation", "paraphrases", _few(mix))):
        with progress(f"rendering {part} samples", None):
            asked = within_reach(read(instructions, source), model)
            samples = render_samples(asked, searched, preset, wanted, seed=SEED)
        text = "".join(f"{to_json(sample)}\n" for sample in samples)
        (folder / f"{part}.jsonl").write_text(text, encoding="utf-8")


def within_reach(instructions: list[Instruction], model: ModelSettings) -> list[Instruction]:
    """All of them; where the model's vocabulary is closed, those beyond it become questions it declines."""
    if not model.folder or not load_preset(model.preset).closed_vocabulary:
        return instructions
    words = whole_words(model.folder)
    return [*sayable(instructions, words), *unsayable(instructions, words)]


def _few(mix: Mix) -> Mix:
    """As many rows of each origin that the mix has, for validation."""
    rows = {name: min(getattr(mix, name), VALIDATION_ROWS) for name in get_args(Origin)}
    return replace(mix, noise=0.0, **rows)


def _show(folder: Path) -> None:
    with (folder / "train.jsonl").open(encoding="utf-8") as lines:
        origins = Counter(from_json(Sample, line).origin for line in lines)
    shown = ", ".join(f"{origin} {count:,}" for origin, count in origins.items())
    out.print(f"  {folder.name}: {sum(origins.values()):,} samples ({shown})", markup=False)
