"""The files of a training run: train.jsonl and validation.jsonl, rendered with what retrieval returns.

write_samples(folder, Path(".ragtune/instructions"), load_preset("sample"), mix, retrieve, model)
# {"prompt": "…### 응답:\\n", "completion": "33,000원입니다. [1]", "value": "33,000원", "origin": …}
"""

from dataclasses import replace
from pathlib import Path
from typing import get_args

from ragtune.errors import BadInput
from ragtune.instructions.ledger import read
from ragtune.instructions.records import Instruction, Origin, Sample
from ragtune.instructions.rehearsal import read_rehearsal
from ragtune.instructions.retrieval_aware import Mix, Retrieve, render_samples
from ragtune.presets import Preset
from ragtune.records import to_json
from ragtune.vocabulary import sayable, unsayable, whole_words

VALIDATION_ROWS = 32  # of each origin
SEED = 1
PARTS = (("train", "train"), ("validation", "paraphrases"))  # file -> part of the instruction set


def write_samples(
    folder: Path, instructions: Path, preset: Preset, mix: Mix, retrieve: Retrieve, model: Path | None
) -> dict[str, int]:
    """Write both files. Returns the rows of each; a validation row asks in wordings that were held out.

    Raises BadInput when the mix has rows to rehearse and the model's folder holds none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = _rehearsal(preset, mix, model)
    counts = {}
    for part, source in PARTS:
        wanted = mix if part == "train" else _few(mix)
        asked = within_reach(read(instructions, source), preset, model)
        known = kept[part] if wanted.rehearsal else ()
        samples = render_samples(asked, retrieve, preset, wanted, seed=SEED, rehearsal=known)
        text = "".join(f"{to_json(sample)}\n" for sample in samples)
        (folder / f"{part}.jsonl").write_text(text, encoding="utf-8")
        counts[part] = len(samples)
    return counts


def _rehearsal(preset: Preset, mix: Mix, model: Path | None) -> dict[str, list[Sample]]:
    """The base's own rows for each file; validation has the last ones to itself."""
    if not mix.rehearsal:
        return {}
    if model is None:
        raise BadInput("mix.rehearsal: needs the base's folder, where its rows lie; name it, or set it to 0")
    rows = read_rehearsal(model, preset)
    return {"train": rows[:-VALIDATION_ROWS], "validation": rows[-VALIDATION_ROWS:]}


def within_reach(instructions: list[Instruction], preset: Preset, model: Path | None) -> list[Instruction]:
    """All of them; where the model's vocabulary is closed, those beyond it become questions it declines."""
    if not model or not preset.closed_vocabulary:
        return instructions
    words = whole_words(model)
    return [*sayable(instructions, words), *unsayable(instructions, words)]


def _few(mix: Mix) -> Mix:
    """As many rows of each origin that the mix has, for validation."""
    rows = {name: min(getattr(mix, name), VALIDATION_ROWS) for name in get_args(Origin)}
    return replace(mix, noise=0.0, **rows)
