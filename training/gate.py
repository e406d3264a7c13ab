"""Model pipeline, before the registry: a model that lost against the one in service ends the run here.

    SM_CHANNEL_EVALUATION=… SM_MODEL_DIR=out python -m training.gate

Leaves verdict.json (ragtune.evaluation.gate.Verdict) and the answers; a refusal ends with exit code 9 and
says where the model lost and by how much.
"""

import json
import shutil
import sys
from pathlib import Path

from ragtune.errors import BadInput
from ragtune.evaluation.gate import Scored, Terms, Verdict, judge
from ragtune.records import encode, from_json, to_json
from training.jobs import Job, run

VERDICT = "verdict.json"
ANSWERS = ("candidate.jsonl", "reference.jsonl")


def gate(job: Job) -> None:
    folder, output = job.channel("evaluation"), job.folder("output")
    versions = json.loads((folder / "versions.json").read_text(encoding="utf-8"))
    terms = Terms(
        overall=job.number("overall_loss", Terms().overall),
        category=job.number("category_loss", Terms().category),
    )
    own, theirs = (_read(folder / name) for name in ANSWERS)
    verdict = judge(own, theirs, terms, (versions["candidate"], versions["reference"]))
    (output / VERDICT).write_text(to_json(verdict) + "\n", encoding="utf-8")
    for name in ANSWERS:
        shutil.copyfile(folder / name, output / name)
    _say(verdict)
    verdict.require()


def _read(path: Path) -> list[Scored]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(f"{path}: can't be read ({error.strerror}); evaluate anew") from None
    return [from_json(Scored, line, f"{path}:{number}") for number, line in enumerate(lines, 1)]


def _say(verdict: Verdict) -> None:
    for one in verdict.comparisons:
        sys.stdout.write(to_json({"event": "compared", **encode(one)}) + "\n")


if __name__ == "__main__":
    sys.exit(run(gate))
