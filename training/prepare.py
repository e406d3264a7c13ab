"""Data pipeline, first step: pages become an embedded index of documents, tables and chunks.

    SM_CHANNEL_DOCUMENTS=samples/manuals SM_CHANNEL_CONFIG=… SM_MODEL_DIR=out python -m training.prepare

Leaves the index itself in `output`, and prepared.json with what was read and set aside in `metrics`.
"""

import sys
import tempfile
from pathlib import Path

from ragtune.errors import BadInput
from ragtune.ingestion import ingest
from ragtune.records import to_json
from ragtune.wiring import open_preparation, open_search, open_source
from training.jobs import Job, run


def prepare(job: Job) -> None:
    """Raises BadInput when no page could be read."""
    index = job.folder("output")
    with tempfile.TemporaryDirectory(prefix="ragtune-") as scratch:
        settings = job.settings(index, Path(scratch))
        source = open_source(job.channel("documents"), settings, name=job.value("source_name", "manuals"))
        with open_search(settings) as search, open_preparation(settings) as preparation:
            report = ingest(source, search.index, preparation)
    if not report.read and not report.unchanged:
        raise BadInput(f"{job.channel('documents')}: no page was read; see set_aside in prepared.json")
    (job.folder("metrics") / "prepared.json").write_text(to_json(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run(prepare))
