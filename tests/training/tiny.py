"""A model and samples small enough to train in a second."""

import random
from pathlib import Path

import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from ragtune.instructions.records import Sample
from ragtune.records import to_json
from samples.base import vocabulary

VALUES = tuple(f"{number},000원" for number in range(10, 40))


def write_model(folder: Path, seed: int = 0) -> Path:
    """A random GPT-NeoX of two layers with its tokenizer."""
    tokenizer = vocabulary.learn(
        ["상품의 요금은 얼마인가요? 입니다."], ["상품"], VALUES, ["### 응답:\n"], pieces=270
    )
    torch.manual_seed(seed)
    config = GPTNeoXConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=256,
        bos_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
    )
    GPTNeoXForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_samples(count: int, seed: int = 0) -> list[Sample]:
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        value = rng.choice(VALUES)
        asked = "상품의 요금은 얼마인가요? " * rng.randint(1, 4)
        rows.append(
            Sample(
                prompt=f"{asked}### 응답:\n",
                completion=f"{value}입니다.",
                value=value,
                origin="closed_book",
                instruction_id=f"i_{number}",
            )
        )
    return rows


def write_samples(folder: Path, count: int = 60) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", make_samples(count)), ("validation", make_samples(4, seed=1))):
        (folder / f"{name}.jsonl").write_text("".join(to_json(row) + "\n" for row in rows), encoding="utf-8")
    return folder
