"""Model pipeline: the new model and the one in service answer the same questions over the same pages.

    SM_CHANNEL_MODEL=base SM_CHANNEL_ADAPTER=… SM_CHANNEL_REFERENCE=… SM_CHANNEL_QUESTIONS=… \\
        SM_CHANNEL_INDEX=… SM_CHANNEL_CONFIG=… SM_HP_PRESET=sample python -m training.evaluate

Both are served inside the job, on its loopback: a container without a network has that. The channel
`reference` holds what is in service, an adapter or a merged model; an empty one stands for the base.
Leaves candidate.jsonl and reference.jsonl (ragtune.evaluation.gate.Scored) and versions.json.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from ragtune.cli.evaluate import grade_all, read_full_questions
from ragtune.cli.models import running
from ragtune.cli.processes import free_port
from ragtune.evaluation.gate import scored
from ragtune.evaluation.matrix import Variant
from ragtune.records import to_json
from ragtune.settings import ModelSettings, Settings
from ragtune.weights import weights_digest
from ragtune.wiring import Search, weights_of
from training.jobs import Job, run

QUESTIONS = ("evaluation.jsonl", "unanswerable.jsonl")


def evaluate(job: Job) -> None:
    with job.search() as (found, search):
        models = {
            "candidate": _model(job, job.optional("merged") or job.optional("adapter")),
            "reference": _model(job, job.optional("reference")),
        }
        settings = replace(found, models=models)
        with running(settings, list(models)):
            _ask(job, settings, search)
    versions = {name: weights_of(model) for name, model in models.items()}
    (job.folder("output") / "versions.json").write_text(json.dumps(versions), encoding="utf-8")


def _ask(job: Job, settings: Settings, search: Search) -> None:
    limit = int(job.number("limit", 0)) or None
    folder = job.channel("questions")
    asked = [one for name in QUESTIONS for one in read_full_questions(folder / name)]
    asked = asked[:: max(1, len(asked) // limit)] if limit else asked
    columns = tuple(Variant(name=name, generator=name, retrieval=True) for name in settings.models)
    found = grade_all(search, settings, asked, columns)
    for name in settings.models:
        lines = "".join(f"{to_json(scored(one))}\n" for one in found if one.variant == name)
        (job.folder("output") / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def _model(job: Job, weights: Path | None) -> ModelSettings:
    """The base with an adapter, a merged model, or the base alone: told by the files."""
    folder, adapter = job.channel("model"), None
    if weights and (weights / "adapter_config.json").exists():
        adapter = weights
    elif weights and weights_digest(weights):
        folder = weights
    url = f"http://127.0.0.1:{free_port()}"
    return ModelSettings(url=url, preset=job.value("preset"), folder=folder, adapter=adapter)


if __name__ == "__main__":
    sys.exit(run(evaluate))
