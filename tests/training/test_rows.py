import random
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ragtune.errors import BadInput
from ragtune.instructions.retrieval_aware import Mix
from tests.training.tiny import make_samples, write_model
from training.model import load_base
from training.recipe import Batch, Recipe
from training.rows import IGNORED, Row, encode_rows, padded, plan, read_samples


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = write_model(tmp_path_factory.mktemp("model"))
    return load_base(folder, Recipe(mix=Mix()))[1]


@given(
    lengths=st.lists(st.integers(1, 300), max_size=200),
    tokens=st.integers(16, 2000),
    rows=st.integers(1, 64),
    seed=st.integers(0, 5),
)
def test_every_row_is_planned_once_within_the_bounds(
    lengths: list[int], tokens: int, rows: int, seed: int
) -> None:
    batches = plan(lengths, tokens=tokens, rows=rows, seed=seed)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= rows
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= tokens


def test_a_plan_depends_on_its_seed_alone() -> None:
    lengths = [random.Random(1).randint(1, 90) for _ in range(100)]
    assert plan(lengths, tokens=500, rows=8, seed=1) == plan(lengths, tokens=500, rows=8, seed=1)
    assert plan(lengths, tokens=500, rows=8, seed=1) != plan(lengths, tokens=500, rows=8, seed=2)


def test_grouping_by_length_leaves_little_padding() -> None:
    rng = random.Random(1)
    lengths = [rng.choice((30, 600)) + rng.randint(0, 40) for _ in range(500)]
    batches = plan(lengths, tokens=4096, rows=32, seed=1)
    padded_tokens = sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)
    assert padded_tokens < 1.1 * sum(lengths)


def test_only_completion_and_end_are_labelled(tokenizer: object) -> None:
    sample = make_samples(1)[0]
    row = encode_rows([sample], tokenizer, Batch())[0]  # type: ignore[arg-type]
    ids, labels = padded([row, Row(ids=(5, 6, 7), start=1)], torch.device("cpu"))
    kept = labels[0][labels[0] != IGNORED].tolist()
    assert tokenizer.decode(kept) == sample.completion + "<|endoftext|>"  # type: ignore[attr-defined]
    assert labels[1].tolist() == [IGNORED, 6, 7] + [IGNORED] * (ids.shape[1] - 3)


def test_rows_that_do_not_fit_are_left_out_whole(tokenizer: object) -> None:
    samples = make_samples(20)
    every = encode_rows(samples, tokenizer, Batch())  # type: ignore[arg-type]
    limit = sorted(len(row.ids) for row in every)[10]
    fitting = [row for row in every if len(row.ids) <= limit]
    assert encode_rows(samples, tokenizer, Batch(max_tokens=limit)) == fitting  # type: ignore[arg-type]


def test_an_answer_longer_than_the_model_can_learn_is_left_out(tokenizer: object) -> None:
    samples = make_samples(3)
    assert encode_rows(samples, tokenizer, Batch(max_completion_tokens=1)) == []  # type: ignore[arg-type]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"prompt": 3}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"train\.jsonl:1.*expected str, found 3"):
        read_samples(path)
    with pytest.raises(BadInput, match="can't be read"):
        read_samples(tmp_path / "none.jsonl")


def test_batch_bounds_are_quoted() -> None:
    with pytest.raises(ValueError, match="tokens: 3 is not between 16"):
        Batch(tokens=3)
