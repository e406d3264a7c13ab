"""Data pipeline, third step: the automatic filters, the split, and the ledger of it all.

    SM_CHANNEL_DERIVED=… SM_CHANNEL_INDEX=… SM_CHANNEL_QUESTIONS=… SM_MODEL_DIR=out python -m training.screen

The channel `reviewed`, an earlier set, carries people's words on instructions over; without it nobody has
looked at any. Leaves train, validation, paraphrases, withheld, rejected and retracted .jsonl, manifest.json.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from ragtune.errors import BadInput
from ragtune.instructions.ledger import prepare, read, read_all, write
from ragtune.instructions.records import Instruction
from ragtune.ports import Entry
from training.derive import entries
from training.jobs import Job, run


class Derived:
    """What the step before derived of a document, as the ledger's generator."""

    def __init__(self, made: list[Instruction]) -> None:
        self.__name__ = " + ".join(sorted({one.generator for one in made})) or "rules"
        self._made: dict[str, list[Instruction]] = {}
        for one in made:
            self._made.setdefault(one.document_id, []).append(one)

    def __call__(self, entry: Entry, _rng: random.Random) -> Iterator[Instruction]:
        yield from self._made.get(entry.document.id, ())


def screen(job: Job) -> None:
    derived = read(job.channel("derived"), "derived")
    if not derived:
        raise BadInput(f"{job.channel('derived')}: holds no instruction; look at the pages that were read")
    reviewed = job.optional("reviewed")
    with job.search() as (_, search):
        made = prepare(
            list(entries(search.index)),
            evaluation=_questions(job.channel("questions")),
            seed=int(job.number("seed", 1)),
            validation_share=job.number("validation_share", 0.1),
            previous=read_all(reviewed) if reviewed else (),
            generate=Derived(derived),
        )
    write(job.folder("output"), made)


def _questions(folder: Path) -> list[str]:
    """Every question of every file: none may be trained on."""
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise BadInput(f"{folder}: holds no file of questions (*.jsonl); name those never to train on")
    return [_question(path, line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def _question(path: Path, line: str) -> str:
    try:
        return str(json.loads(line)["question"])
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path}: a line is no question: {line[:60]!r}") from None


if __name__ == "__main__":
    sys.exit(run(screen))
