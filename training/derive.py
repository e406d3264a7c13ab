"""Data pipeline, second step: instructions from every document of the index, nothing screened yet.

    SM_CHANNEL_INDEX=… SM_CHANNEL_CONFIG=… SM_MODEL_DIR=out python -m training.derive

Leaves derived.jsonl: one ragtune.instructions.records.Instruction a line. Rules derive them; a teacher, where
the job has one (training.teaching), writes others beside these, at most SM_HP_TEACHING_LIMIT answers. What it
answered is kept in SM_CHECKPOINT_DIR/answers.jsonl, so a job that was stopped does not ask again. The channel
`feedback`, a folder of records of ragtune.feedback, adds corrected answers; without it there are none.
"""

import sys
from collections.abc import Iterator, Sequence

from ragtune.errors import BadInput
from ragtune.instructions.build import build
from ragtune.instructions.feedback import Corrections, read, summary
from ragtune.instructions.records import Instruction
from ragtune.instructions.teacher import assign, teach, written
from ragtune.ports import Entry, Index
from ragtune.records import to_json
from ragtune.settings import Settings
from training.jobs import Job, run
from training.teaching import open_teacher

JOURNAL = "answers.jsonl"
LIMIT = 2000  # answers


def derive(job: Job) -> None:
    seed = int(job.number("seed", 1))
    with job.search() as (settings, search):
        found = list(entries(search.index))
        made = [*build(found, seed, _corrections(job, found)), *_taught(job, settings, found, seed)]
    path = job.folder("output") / "derived.jsonl"
    path.write_text("".join(f"{to_json(one)}\n" for one in made), encoding="utf-8")


def _corrections(job: Job, found: Sequence[Entry]) -> Corrections | None:
    """The rules' instructions with corrected answers beside them, where the job is given feedback."""
    folder = job.optional("feedback")
    if folder is None:
        return None
    heard = read([folder])
    corrections = Corrections(heard, found)
    for sentence in (*(f"set aside: {each}" for each in heard.broken), summary(heard, corrections)):
        sys.stderr.write(f"{sentence}\n")
    return corrections


def _taught(job: Job, settings: Settings, found: Sequence[Entry], seed: int) -> Iterator[Instruction]:
    opened = open_teacher(job, settings)
    if opened is None:
        return
    teacher, preset = opened
    tasks = assign(found, preset, seed=seed, most=int(job.number("teaching_limit", LIMIT)))
    if not tasks:
        size = f"{preset.context_tokens} tokens of preset {preset.name!r}"
        raise BadInput(f"teacher: no chunk fits the {size}; take another teacher, or smaller chunks")
    texts = teach(tasks, teacher, job.folder("checkpoints") / JOURNAL)
    for task, text in zip(tasks, texts, strict=True):
        yield from written(task, text, teacher.name)


def entries(index: Index) -> Iterator[Entry]:
    """Every document that is not deleted, with its chunks."""
    for head in index.heads():
        document = None if head.deleted else index.document(head.document_id)
        if document:
            yield Entry(document=document, chunks=tuple(index.entry_chunks(document.id)))


if __name__ == "__main__":
    sys.exit(run(derive))
