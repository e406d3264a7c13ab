"""Rows that a base could already answer, seen again while it learns facts, so that it forgets less.

A model that is tuned on one kind of question answers others worse afterwards; a few rows of what it was
trained on before, among the new ones, keep most of it (Robins 1995, "Catastrophic forgetting, rehearsal and
pseudorehearsal"). They lie beside the base's weights, already rendered for its template:

    samples/model/rehearsal.jsonl.gz
    {"prompt": "…### 응답:\\n", "completion": "…", "value": "…", "origin": "rehearsal", "instruction_id": ""}
"""

import gzip
import zlib
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from ragtune.errors import BadInput
from ragtune.instructions.records import Sample
from ragtune.presets import Preset
from ragtune.records import from_json, to_json

NAME = "rehearsal.jsonl.gz"
_MOST_ROWS = 200_000
_MOST_CHARS = 100_000  # of a line


def read_rehearsal(model: Path, preset: Preset) -> list[Sample]:
    """The rows beside a base. Raises BadInput when there are none, or one is not of the preset's template."""
    path = model / NAME
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            held = islice(iter(lambda: lines.readline(_MOST_CHARS), ""), _MOST_ROWS)
            return [_row(line, f"{path}:{number}", preset) for number, line in enumerate(held, 1)]
    except FileNotFoundError:
        reason = f"{path}: missing; put rows of the base's own there, or set mix.rehearsal to 0"
        raise BadInput(reason) from None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BadInput(f"{path}: can't be read ({error}); write it anew") from None


def write_rehearsal(model: Path, rows: Iterable[Sample]) -> None:
    """Put them beside a base; the same rows give the same bytes."""
    text = "".join(f"{to_json(row)}\n" for row in rows)
    (model / NAME).write_bytes(gzip.compress(text.encode(), mtime=0))


def _row(line: str, where: str, preset: Preset) -> Sample:
    row = from_json(Sample, line, where)
    if not any(_fits(row.prompt, template) for template in _templates(preset)):
        raise BadInput(f"{where}: its prompt is not of the template of {preset.name}; render it anew")
    return row


def _templates(preset: Preset) -> tuple[str, str]:
    return preset.template.with_passages, preset.template.without_passages


def _fits(prompt: str, template: str) -> bool:
    """Whether the prompt begins and ends as the template does."""
    return prompt.startswith(template.partition("{")[0]) and prompt.endswith(template.rpartition("}")[2])
