"""Samples as token ids, and batches of about one length.

Grouping by length is what makes a loop fast without a kernel for packed rows: padding falls from 70 % to
5 % of the real tokens (docs/experiments.md).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from ragtune.errors import BadInput
from ragtune.instructions.records import Sample
from ragtune.records import from_json
from training.recipe import Batch

IGNORED = -100  # a position without label
POOL = 50  # micro-batches that are sorted by length together; more saves padding, fewer mixes better


class Encoder(Protocol):
    """What is used of a Hugging Face tokenizer."""

    eos_token_id: int

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Token ids; those from `start` on (completion and end token) carry the loss."""

    ids: tuple[int, ...]
    start: int


def read_samples(path: Path) -> list[Sample]:
    """The samples of a JSON Lines file. Raises BadInput that names the file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(f"{path}: can't be read ({error.strerror}); a job needs it") from None
    return [from_json(Sample, line, f"{path}:{n}") for n, line in enumerate(lines, 1) if line.strip()]


def encode_rows(samples: Sequence[Sample], tokenizer: Encoder, batch: Batch) -> list[Row]:
    """Rows of the samples that fit; the others are left out, never cut: an answer without its end or a
    passage without its value would teach the wrong thing."""
    rows = []
    for sample in samples:
        prompt = tokenizer.encode(sample.prompt, add_special_tokens=False)
        completion = tokenizer.encode(sample.completion, add_special_tokens=False)
        ids = (*prompt, *completion, tokenizer.eos_token_id)
        if len(ids) <= batch.max_tokens and len(completion) <= batch.max_completion_tokens:
            rows.append(Row(ids=ids, start=len(prompt)))
    return rows


def plan(lengths: Sequence[int], *, tokens: int, rows: int, seed: int) -> list[list[int]]:
    """Every row's number once, in micro-batches of similar length, in random order.

    `tokens` bounds rows × longest, `rows` their number; one row alone may be longer than `tokens`.
    """
    rng = random.Random(seed)
    order = list(range(len(lengths)))
    rng.shuffle(order)
    mean = max(1, sum(lengths) // max(1, len(lengths)))
    pool = POOL * min(rows, max(1, tokens // mean))
    batches = []
    for begin in range(0, len(order), pool):
        batches += _cut(
            sorted(order[begin : begin + pool], key=lambda row: lengths[row]), lengths, tokens, rows
        )
    rng.shuffle(batches)
    return batches


def _cut(ordered: list[int], lengths: Sequence[int], tokens: int, rows: int) -> list[list[int]]:
    """Ascending lengths, so the row that is added is always the longest."""
    batches: list[list[int]] = []
    for row in ordered:
        last = batches[-1] if batches else None
        if last is None or len(last) == rows or (len(last) + 1) * lengths[row] > tokens:
            batches.append([row])
        else:
            last.append(row)
    return batches


def padded(rows: Sequence[Row], device: torch.device) -> tuple[Tensor, Tensor]:
    """Ids and labels  # (B, T) int64 each; padding on the right, where a causal model never looks."""
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    labels = torch.full((len(rows), longest), IGNORED)
    for place, row in enumerate(rows):
        ids[place, : len(row.ids)] = torch.tensor(row.ids)
        labels[place, row.start : len(row.ids)] = torch.tensor(row.ids[row.start :])
    return ids.to(device), labels.to(device)
