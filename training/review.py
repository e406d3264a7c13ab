"""Data pipeline, last step: what people have to look at. It stops there: people decide.

    SM_CHANNEL_INSTRUCTIONS=… SM_MODEL_DIR=out python -m training.review

Leaves queue.jsonl, the accepted instructions that nobody has reviewed, and queue.json with the counts:
{"waiting": 5904, "reviewed": 120, "rejected_by_rules": 6630, "retracted": 4, "kinds": {"value": 4410, …}}
"""

import sys
from collections import Counter
from itertools import zip_longest

from ragtune.instructions.ledger import read
from ragtune.instructions.records import Instruction
from ragtune.records import to_json
from training.jobs import Job, run

REVIEWED = ("train", "validation", "paraphrases", "withheld")


def review(job: Job) -> None:
    folder = job.channel("instructions")
    accepted = [one for part in REVIEWED for one in read(folder, part)]
    waiting = in_turn([one for one in accepted if not one.reviewer])
    output = job.folder("output")
    (output / "queue.jsonl").write_text("".join(f"{to_json(one)}\n" for one in waiting), encoding="utf-8")
    counts = {
        "waiting": len(waiting),
        "reviewed": len(accepted) - len(waiting),
        "rejected_by_rules": sum(not one.reviewer for one in read(folder, "rejected")),
        "retracted": len(read(folder, "retracted")),
        "kinds": dict(sorted(Counter(one.kind for one in waiting).items())),
    }
    (output / "queue.json").write_text(to_json(counts) + "\n", encoding="utf-8")


def in_turn(waiting: list[Instruction]) -> list[Instruction]:
    """One of each kind and page after the other, so that an hour of review has seen a bit of everything."""
    groups: dict[tuple[str, str], list[Instruction]] = {}
    for one in waiting:
        groups.setdefault((one.kind, one.document_id), []).append(one)
    ordered = [groups[key] for key in sorted(groups)]
    return [one for turn in zip_longest(*ordered) for one in turn if one is not None]


if __name__ == "__main__":
    sys.exit(run(review))
