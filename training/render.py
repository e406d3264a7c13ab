"""Model pipeline, first step: the reviewed instructions become training samples, with what retrieval returns.

    SM_CHANNEL_INSTRUCTIONS=… SM_CHANNEL_INDEX=… SM_HP_PRESET=sample … python -m training.render

Leaves train.jsonl, validation.jsonl and the recipe. SM_HP_SHARE trains on that share of the recipe's mix.
"""

import sys

from ragtune.cli.tuning import retrieve
from ragtune.errors import BadInput
from ragtune.instructions.retrieval_aware import load_mix, scaled
from ragtune.instructions.sample_sets import write_samples
from ragtune.presets import load_preset
from training.jobs import Job, run

RECIPE = "recipe.toml"


def render(job: Job) -> None:
    """Raises BadInput when not one row came out of it."""
    recipe = job.channel("recipe") / RECIPE
    mix = scaled(load_mix(recipe), job.number("share", 1.0))
    preset = load_preset(job.value("preset"), accept_non_commercial=True)  # decided when the run was started
    output = job.folder("output")
    with job.search() as (settings, search):
        searched = retrieve(search, settings)
        counts = write_samples(
            output, job.channel("instructions"), preset, mix, searched, job.channel("model")
        )
    if not counts["train"]:
        raise BadInput(f"{job.channel('instructions')}: gives no training row; look at its manifest.json")
    (output / RECIPE).write_text(recipe.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run(render))
