"""The training loop beside TRL's SFTTrainer and transformers' Trainer: the same rows, model and steps.

    make bench-training          # in .venv-bench, which has trl; elsewhere the peer is left out, and why

Writes .ragtune/bench/training.json, a list of {"work": "2 epochs of 200 rows", "who": "ragtune",
"metric": "wall", "value": 10.3, "unit": "s"}, and prints it as a table. Every loop has the same LoRA,
batch size and learning rate; loss is measured afterwards, by one function, over all rows.
"""

import gc
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoTokenizer, GPTNeoXConfig, GPTNeoXForCausalLM, Trainer, TrainingArguments

from ragtune.documents import Passage
from ragtune.instructions.build import build
from ragtune.instructions.records import Sample
from ragtune.instructions.retrieval_aware import Mix, render_samples
from ragtune.presets import load_preset
from samples.base.worlds import entries
from samples.facts import load
from training.folders import Folders
from training.loop import Run
from training.model import loss_sum, with_adapter
from training.recipe import Batch, Lora, Recipe, Validation
from training.rows import IGNORED, Row, encode_rows, padded

OUT = Path(".ragtune/bench/training.json")
THREADS = 2
BATCH = 8  # rows a step
ROWS = Mix(closed_book=100, true_passages=60, changed_passages=40)
RECIPE = Recipe(
    mix=ROWS,
    epochs=2,
    learning_rate=1e-3,
    warmup_steps=0,
    checkpoint_every=1_000_000,
    batch=Batch(rows=BATCH, tokens=1_000_000),
    lora=Lora(rank=8, alpha=16),
    validation=Validation(rows=0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What every loop gets."""

    samples: list[Sample]
    rows: list[Row]
    tokenizer: Any
    folder: Path  # for what a loop writes

    def model(self) -> Any:
        """A fresh GPT-NeoX of 4 layers × 256 with its LoRA adapter, the same for every loop."""
        torch.manual_seed(1)
        config = GPTNeoXConfig(
            vocab_size=len(self.tokenizer),
            hidden_size=256,
            num_hidden_layers=4,
            num_attention_heads=4,
            intermediate_size=1024,
            max_position_embeddings=2048,
            bos_token_id=self.tokenizer.eos_token_id,
            eos_token_id=self.tokenizer.eos_token_id,
        )
        return with_adapter(GPTNeoXForCausalLM(config), RECIPE)


def make_work(folder: Path) -> Work:
    """Rows of the samples with passages as long as retrieval's, drawn without an index."""
    found = entries(load())
    chunks = [chunk for entry in found for chunk in entry.chunks]
    asked = build(found, 1)
    bearing = {one.question: one.chunk_ids for one in asked}

    def passages(question: str) -> list[Passage]:
        rng = random.Random(question)
        others = rng.sample(chunks, 4)
        right = [chunk for chunk in chunks if chunk.id in bearing[question][:1]]
        return [Passage(chunk=chunk, score=0.0) for chunk in [*right, *others]]

    samples = render_samples(asked, passages, load_preset("sample"), ROWS, seed=1)
    tokenizer = AutoTokenizer.from_pretrained("samples/model", local_files_only=True)
    return Work(
        samples=samples,
        rows=encode_rows(samples, tokenizer, RECIPE.batch),
        tokenizer=tokenizer,
        folder=folder,
    )


def own(work: Work) -> Any:
    model = work.model()
    folders = Folders(**dict.fromkeys(("train", "model", "output", "metrics", "checkpoints"), work.folder))
    Run(model, work.tokenizer, RECIPE, folders, "bench").train(work.rows, [])
    return model


def arguments(work: Work, kind: Callable[..., Any], **more: Any) -> Any:
    """What both peers are told. TRL's defaults, bfloat16 and gradient checkpointing, cost a CPU 15 times."""
    return kind(
        output_dir=str(work.folder / "peer"),
        num_train_epochs=RECIPE.epochs,
        per_device_train_batch_size=BATCH,
        learning_rate=RECIPE.learning_rate,
        adam_beta2=0.98,
        weight_decay=0.0,
        max_grad_norm=RECIPE.clip,
        lr_scheduler_type="linear",
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
        seed=1,
        **more,
    )


def hugging_face(strategy: str) -> Callable[[Work], Any]:
    def run(work: Work) -> Any:
        model = work.model()
        data = [
            {"input_ids": list(row.ids), "labels": [IGNORED] * row.start + list(row.ids[row.start :])}
            for row in work.rows
        ]
        told = arguments(
            work, TrainingArguments, train_sampling_strategy=strategy, remove_unused_columns=False
        )
        Trainer(model=model, args=told, train_dataset=data, data_collator=_collated).train()
        return model

    return run


def trl(work: Work) -> Any:
    from datasets import Dataset  # noqa: PLC0415 - they are in the benchmark's environment only
    from trl import SFTConfig, SFTTrainer  # noqa: PLC0415

    model = work.model()
    rows = [{"prompt": sample.prompt, "completion": sample.completion} for sample in work.samples]
    told = arguments(work, SFTConfig, max_length=2048, completion_only_loss=True, packing=False)
    SFTTrainer(
        model=model, args=told, train_dataset=Dataset.from_list(rows), processing_class=work.tokenizer
    ).train()
    return model


LOOPS: dict[str, Callable[[Work], Any]] = {
    "ragtune": own,
    "Trainer, grouped": hugging_face("group_by_length"),
    "Trainer, padded": hugging_face("random"),
    "TRL SFTTrainer": trl,
}


def _collated(rows: list[dict[str, list[int]]]) -> dict[str, Any]:
    made = [Row(ids=tuple(row["input_ids"]), start=row["labels"].count(IGNORED)) for row in rows]
    ids, labels = padded(made, torch.device("cpu"))
    return {"input_ids": ids, "labels": labels}


def loss_of(model: Any, work: Work) -> float:
    """Mean over all labelled tokens of all rows."""
    model.eval()
    total = 0.0
    with torch.no_grad():
        for row in work.rows:
            total += loss_sum(model, *padded([row], torch.device("cpu"))).item()
    return total / sum(len(row.ids) - row.start for row in work.rows)


def measured(who: str, work: Work) -> Iterator[dict[str, object]]:
    name = f"{RECIPE.epochs} epochs of {len(work.rows)} rows"
    start = time.monotonic()
    try:
        model = LOOPS[who](work)
    except ImportError as missing:
        sys.stdout.write(f"{who:20} left out: {missing}\n")
        return
    wall = time.monotonic() - start
    loss = loss_of(model, work)
    tokens = RECIPE.epochs * sum(len(row.ids) for row in work.rows)
    sys.stdout.write(f"{who:20} {wall:7.1f} s   {tokens / wall:9,.0f} tokens/s   loss {loss:.4f}\n")
    sys.stdout.flush()
    for metric, value, unit in (
        ("wall", wall, "s"),
        ("loss", loss, "nats"),
        ("speed", tokens / wall, "tokens/s"),
    ):
        yield {"work": name, "who": who, "metric": metric, "value": round(value, 4), "unit": unit}


def main() -> None:
    torch.set_num_threads(THREADS)
    transformers.utils.logging.set_verbosity_error()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        work = make_work(Path(folder))
        for who in LOOPS:
            rows += measured(who, replace(work, folder=Path(folder) / who.replace(" ", "-")))
            gc.collect()
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    walls = {row["who"]: row["value"] for row in rows if row["metric"] == "wall"}
    if "TRL SFTTrainer" in walls:
        share = float(str(walls["ragtune"])) / float(str(walls["TRL SFTTrainer"]))
        sys.stdout.write(f"ragtune / TRL: {share:.2f} of its wall time\n")


if __name__ == "__main__":
    main()
