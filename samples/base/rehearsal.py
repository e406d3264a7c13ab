"""Rows of what the sample base was pre-trained on, for tuning to rehearse: no fact of the samples among them.

python -m samples.base.rehearsal        # samples/model/rehearsal.jsonl.gz, which `make sample-model` writes
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from transformers import AutoTokenizer

from ragtune.instructions.records import Sample
from ragtune.instructions.rehearsal import write_rehearsal
from ragtune.presets import load_preset
from samples.base.documents import Author
from samples.base.pretrain import READ
from samples.base.worlds import make_world
from samples.facts import load

MODEL = Path(__file__).parents[1] / "model"
ROWS = 1500
SEED = 5
WORLDS = range(300, 306)  # of no training and no measurement
COUNTS = (1, 2, 3, 3, 4, 4, 5, 5)  # chunks of a prompt: mostly as many as retrieval returns


def rows(tokenizer: Any) -> Iterator[Sample]:
    """ROWS single questions, drawn as pre-training draws them."""
    facts, template = load(), load_preset("sample").template
    author = Author([make_world(facts, seed) for seed in WORLDS], facts, tokenizer, template)
    rng = Random(SEED)
    for _ in range(ROWS):
        prompt, answer = author.single(rng, READ, rng.choice(COUNTS))
        yield Sample(prompt=prompt, completion=answer, value=answer, origin="rehearsal", instruction_id="")


def write(model: Path) -> None:
    """Put them beside the model."""
    write_rehearsal(model, rows(AutoTokenizer.from_pretrained(model, local_files_only=True)))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL)
