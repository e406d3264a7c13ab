"""How well a model reads: the whole answer, exactly, over chunks of worlds it has never seen.

An answer is exact when every token is the model's first choice after the ones before it: the same as the
greedy answer being exact, and one pass instead of one per token.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import torch

from samples.base.documents import Author, Document, Stage
from samples.base.pretrain import READ, padded

TASKS = {
    "one": replace(READ, max_chunks=1, absent=0.0),
    "three": replace(READ, max_chunks=3, absent=0.0),
    "five": replace(READ, max_chunks=5, absent=0.0),
    "absent": replace(READ, max_chunks=5, absent=1.0),
    "unseen": replace(READ, max_chunks=3, absent=0.0, spelled=1.0),  # numbers that are no tokens
}


def measure(model: Any, author: Author, kinds: Sequence[str], *, count: int, seed: int) -> dict[str, float]:
    """Exact share (0–1) by "kind task", over `count` single questions each."""
    scores = {}
    for kind in kinds:
        for name, task in TASKS.items():
            stage = replace(task, kinds={kind: 1.0}, questions=1, recite=0.0)
            scores[f"{kind} {name}"] = _share(model, author, stage, count, seed)
    return scores


def _share(model: Any, author: Author, stage: Stage, count: int, seed: int) -> float:
    rng = Random(seed)
    documents = [author.read(rng, stage, stage.max_chunks) for _ in range(count)]
    documents.sort(key=lambda document: len(document.ids))
    right = 0
    for begin in range(0, count, 8):
        right += _exact(model, documents[begin : begin + 8])
    return right / count


def _exact(model: Any, documents: Sequence[Document]) -> int:
    ids, labels = padded(documents)
    with torch.no_grad():
        chosen = model(ids).logits[:, :-1].argmax(-1)
    wrong = (labels[:, 1:] >= 0) & (chosen != labels[:, 1:])
    return int((~wrong.any(dim=1)).sum())
