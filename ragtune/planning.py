"""How much memory a training run or a served model takes, part by part, and which instances hold it.

    memory = training_memory(load_preset("kullm").shape, Run(method="qlora", tokens=2048, rank=16))
    memory.parts     # {"weights": 7.16e9, "adapter": 0.39e9, "gradients": 0.26e9, …} in bytes
    fitting(memory.on)[0].name       # 'ml.g5.2xlarge'

Weights, gradients, optimizer and cache are arithmetic. What a layer keeps for its backward pass was counted
tensor by tensor on real models; `python -m bench.planning` does it again and states the error.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from ragtune.settings import within
from ragtune.shape import ALL_LINEAR, Shape

INSTANCES = Path(__file__).with_name("instances.toml")
GB = 1e9
FP32, BF16, INT8 = 4.0, 2.0, 1.0  # bytes a number
NF4 = (
    4 + 8 / 64 + 32 / (64 * 256)
) / 8  # with a scale of 8 bits for 64, of 32 for 256 of those (Dettmers 2023)
RESERVE_BYTES = 1.5 * GB  # of a card: CUDA's context and kernels, and the allocator's gaps
TRAINED_SHARE = 0.93  # of a card that a plan fills: its error, and gaps that grow with use
SERVED_SHARE = 0.9  # of a card that vLLM takes by default
WORKSPACE_BYTES = 1.0 * GB  # a server's buffers and captured graphs

# Bytes that one token leaves in one layer for the backward pass, by (family, bytes a number):
# factors of width, feed-forward, keys and values, and rank. LoRA's fp32 matrices keep an fp32 copy of every
# input, so bfloat16 saves less than half.
_KEPT: dict[tuple[str, float], tuple[int, int, int, int]] = {
    ("gpt_neox", FP32): (40, 8, 0, 16),
    ("llama", FP32): (24, 16, 8, 28),
    ("gpt_neox", BF16): (26, 6, 0, 16),
    ("llama", BF16): (36, 10, 4, 28),
}
_PASSING = {FP32: 8, BF16: 7}  # × feed-forward: gradients inside the layer that is worked on
_HEAD = {FP32: 12, BF16: 14}  # × vocabulary, a labelled position: scores, their log-softmax, its gradient


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What decides a training run's memory on one card."""

    method: Literal["lora", "qlora"] = "lora"
    tokens: int = 2048  # of a micro-batch, padding included
    labelled: int = 512  # positions of it that carry the loss
    rank: int = 16
    targets: tuple[str, ...] = (ALL_LINEAR,)
    checkpointing: bool = True  # a layer keeps its input only, and is computed again
    number_bytes: float = BF16  # of base and activations; 4 on a CPU

    def __post_init__(self) -> None:
        within("tokens", self.tokens, 1, 10_000_000)
        within("labelled", self.labelled, 1, self.tokens)
        if self.number_bytes not in _PASSING:
            raise ValueError(f"number_bytes: {self.number_bytes!r} is neither 4 nor 2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes of each part on one card; `shared` are the parts that several cards divide among them."""

    parts: dict[str, float]
    shared: tuple[str, ...]
    gathered: float = 0.0  # bytes that every one of several cards holds besides: layers put together, …
    heads: int = 0  # of a served model: cards divide them evenly
    budget: float = TRAINED_SHARE  # of a card that may be taken

    @property
    def total(self) -> float:
        """On one card."""
        return sum(self.parts.values())

    def on(self, cards: int) -> float:
        """Bytes on each of `cards`."""
        common = sum(self.parts[name] for name in self.shared)
        return common / cards + (self.total - common) + (self.gathered if cards > 1 else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    name: str
    card: str
    cards: int
    card_bytes: float


def training_memory(shape: Shape, run: Run) -> Memory:
    """Weights, adapter (and its best copy), gradients, AdamW's two moments, activations and head."""
    adapter = shape.adapter_parameters(run.targets, run.rank)
    linear = shape.linear_parameters
    stored = NF4 if run.method == "qlora" else run.number_bytes
    layer = linear / shape.layers
    unpacked = max(a * b for a, b in shape.linear.values()) * run.number_bytes if run.method == "qlora" else 0
    parts = {
        "weights": linear * stored + (shape.parameters - linear) * run.number_bytes + unpacked,
        "adapter": 2 * adapter * FP32,
        "gradients": adapter * FP32,
        "optimizer": 2 * adapter * FP32,
        "activations": _activations(shape, run),
        "head": run.labelled * shape.vocabulary * _HEAD[run.number_bytes],
    }
    if run.method == "qlora":  # whole on each card, as the adapter is: docs/decisions/0017
        return Memory(parts=parts, shared=())
    apart = (shape.parameters - linear) * run.number_bytes + adapter * FP32  # embeddings; the gradients' sum
    return Memory(parts=parts, shared=("weights",), gathered=2 * layer * stored + apart)


def _activations(shape: Shape, run: Run) -> float:
    by_width, by_ffn, by_keys, by_rank = _KEPT[(shape.family, run.number_bytes)]
    adapted = len(shape.targeted(run.targets)) / len(shape.linear)
    keys = shape.kv_heads * shape.head_width
    kept = by_width * shape.width + by_ffn * shape.ffn + by_keys * keys + by_rank * run.rank * adapted
    passing = _PASSING[run.number_bytes] * shape.ffn
    if run.checkpointing:
        return run.tokens * (shape.layers * shape.width * run.number_bytes + kept + passing)
    return run.tokens * (shape.layers * kept + passing)


def serving_memory(shape: Shape, *, context: int, sequences: int, weight_bytes: float = BF16) -> Memory:
    """A server's weights, the cache of `sequences` full contexts, and its workspace."""
    within("context", context, 1, 10_000_000)
    within("sequences", sequences, 1, 100_000)
    linear = shape.linear_parameters
    parts = {
        "weights": linear * weight_bytes + (shape.parameters - linear) * BF16,
        "KV cache": cache_bytes(shape) * context * sequences,
        "workspace": WORKSPACE_BYTES,
    }
    return Memory(parts=parts, shared=("weights", "KV cache"), heads=shape.kv_heads, budget=SERVED_SHARE)


def cache_bytes(shape: Shape) -> float:
    """Keys and values of one token in all layers, in 16 bits."""
    return 2 * shape.layers * shape.kv_heads * shape.head_width * BF16


@cache
def instances() -> tuple[Instance, ...]:
    """Those of instances.toml, the smallest memory first; of equal ones in the file's order."""
    kinds: Mapping[str, Mapping[str, object]] = tomllib.loads(INSTANCES.read_text(encoding="utf-8"))
    found = [
        Instance(name=name, card=str(kind["card"]), cards=cards, card_bytes=float(str(kind["gb"])) * GB)
        for kind in kinds.values()
        for name, cards in _types(kind["types"]).items()
    ]
    return tuple(sorted(found, key=lambda one: one.cards * one.card_bytes))


def _types(value: object) -> dict[str, int]:
    return {str(name): int(cards) for name, cards in value.items()} if isinstance(value, dict) else {}


def fitting(memory: Memory) -> list[Instance]:
    """The instances whose every card holds its share, the smallest first."""
    return [one for one in instances() if _holds(one, memory)]


def _holds(instance: Instance, memory: Memory) -> bool:
    if memory.heads and memory.heads % instance.cards:
        return False
    room = min(instance.card_bytes * memory.budget, instance.card_bytes - RESERVE_BYTES)
    return memory.on(instance.cards) <= room


def knobs(shape: Shape, run: Run) -> list[tuple[str, float]]:
    """What a recipe can change to take less: (its key and value, bytes saved), the most first."""
    changes: dict[str, Callable[[Run], Run]] = {
        "gradient_checkpointing = true": lambda one: replace(one, checkpointing=True),
        f"batch.tokens = {run.tokens // 2}": lambda one: replace(
            one, tokens=max(1, one.tokens // 2), labelled=max(1, one.labelled // 2)
        ),
        'method = "qlora"': lambda one: replace(one, method="qlora"),
        f"lora.rank = {max(1, run.rank // 2)}": lambda one: replace(one, rank=max(1, one.rank // 2)),
    }
    now = training_memory(shape, run).total
    saved = [(name, now - training_memory(shape, change(run)).total) for name, change in changes.items()]
    return sorted(((name, size) for name, size in saved if size > 0), key=lambda one: -one[1])
