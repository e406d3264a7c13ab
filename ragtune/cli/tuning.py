"""From an instruction set to an adapter: samples with what retrieval returns, then the training job."""

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ragtune.cli.models import train
from ragtune.cli.screen import out, progress
from ragtune.cli.stages import reuse
from ragtune.documents import PUBLIC, Passage
from ragtune.errors import SettingsError
from ragtune.instructions import sample_sets
from ragtune.instructions.records import Instruction, Sample
from ragtune.instructions.retrieval_aware import Mix, Retrieve
from ragtune.instructions.sample_sets import write_samples
from ragtune.ports import Access
from ragtune.presets import load_preset
from ragtune.prompts import PROMPT_VERSION
from ragtune.records import from_json
from ragtune.settings import ModelSettings, Settings
from ragtune.weights import weights_digest
from ragtune.wiring import Search, index_versions


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
    with progress("rendering samples", None):
        searched = retrieve(search, settings)
        write_samples(folder, instructions, load_preset(model.preset), mix, searched, model.folder)


def within_reach(instructions: list[Instruction], model: ModelSettings) -> list[Instruction]:
    """Those that the model can say; see `sample_sets.within_reach`."""
    return sample_sets.within_reach(instructions, load_preset(model.preset), model.folder)


def _show(folder: Path) -> None:
    with (folder / "train.jsonl").open(encoding="utf-8") as lines:
        origins = Counter(from_json(Sample, line).origin for line in lines)
    shown = ", ".join(f"{origin} {count:,}" for origin, count in origins.items())
    out.print(f"  {folder.name}: {sum(origins.values()):,} samples ({shown})", markup=False)
