"""Data pipeline, second step: instructions from every document of the index, nothing screened yet.

    SM_CHANNEL_INDEX=… SM_CHANNEL_CONFIG=… SM_MODEL_DIR=out python -m training.derive

Leaves derived.jsonl: one ragtune.instructions.records.Instruction a line.
"""

import sys
from collections.abc import Iterator

from ragtune.instructions.build import build
from ragtune.ports import Entry, Index
from ragtune.records import to_json
from training.jobs import Job, run


def derive(job: Job) -> None:
    with job.search() as (_, search):
        made = build(entries(search.index), int(job.number("seed", 1)))
    path = job.folder("output") / "derived.jsonl"
    path.write_text("".join(f"{to_json(one)}\n" for one in made), encoding="utf-8")


def entries(index: Index) -> Iterator[Entry]:
    """Every document that is not deleted, with its chunks."""
    for head in index.heads():
        document = None if head.deleted else index.document(head.document_id)
        if document:
            yield Entry(document=document, chunks=tuple(index.entry_chunks(document.id)))


if __name__ == "__main__":
    sys.exit(run(derive))
