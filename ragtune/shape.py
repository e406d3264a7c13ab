"""The shape of a decoder: its parameters, adapter and cache follow from it, hence the memory of a run.

    [shape]
    family = "gpt_neox"
    layers = 40
    width = 5120
    heads = 40
    kv_heads = 40
    head_width = 128
    ffn = 20480
    vocabulary = 30080

>>> small = Shape(family="gpt_neox", layers=2, width=128, heads=4, kv_heads=4, head_width=32, ffn=512,
...               vocabulary=1000)
>>> small.parameters, small.adapter_parameters(("query_key_value",), rank=8)
(652800, 8192)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ragtune.errors import BadInput
from ragtune.records import encode
from ragtune.settings import within

ALL_LINEAR = "all-linear"
_FAMILIES = {"gpt_neox": "gpt_neox", "llama": "llama", "qwen2": "llama", "qwen3": "llama", "exaone4": "llama"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`gpt_neox`: two matrices a feed-forward, biases, LayerNorm; `llama`: three, no bias, RMSNorm."""

    family: Literal["gpt_neox", "llama"]
    layers: int
    width: int
    heads: int
    kv_heads: int  # fewer than heads: grouped-query attention
    head_width: int
    ffn: int  # width of the feed-forward
    vocabulary: int  # rows of the embedding, padding included
    tied: bool = False  # the head is the embedding

    def __post_init__(self) -> None:
        for name in ("layers", "width", "heads", "kv_heads", "head_width", "ffn", "vocabulary"):
            within(name, getattr(self, name), 1, 10_000_000)
        if self.heads % self.kv_heads:
            raise ValueError(f"kv_heads: {self.kv_heads} does not divide heads, {self.heads}")
        if self.family == "gpt_neox" and self.kv_heads != self.heads:
            raise ValueError(f"kv_heads: {self.kv_heads}, but gpt_neox has as many as heads, {self.heads}")

    @property
    def linear(self) -> dict[str, tuple[int, int]]:
        """A layer's matrices, by the module's name: (inputs, outputs)."""
        width, ffn = self.width, self.ffn
        queries, keys = self.heads * self.head_width, self.kv_heads * self.head_width
        if self.family == "gpt_neox":
            return {
                "query_key_value": (width, 3 * queries),
                "dense": (queries, width),
                "dense_h_to_4h": (width, ffn),
                "dense_4h_to_h": (ffn, width),
            }
        return {
            "q_proj": (width, queries),
            "k_proj": (width, keys),
            "v_proj": (width, keys),
            "o_proj": (queries, width),
            "gate_proj": (width, ffn),
            "up_proj": (width, ffn),
            "down_proj": (ffn, width),
        }

    @property
    def linear_parameters(self) -> int:
        """Of every layer's matrices: what a 4-bit form stores."""
        return self.layers * sum(inputs * outputs for inputs, outputs in self.linear.values())

    @property
    def parameters(self) -> int:
        """All of them; norms of single heads (Qwen3) are left out, a millionth of the whole."""
        small = 2 * self.width  # the two norms of a layer
        last = self.width
        if self.family == "gpt_neox":
            small += 2 * self.width + sum(outputs for _, outputs in self.linear.values())
            last += self.width
        embeddings = (1 if self.tied else 2) * self.vocabulary * self.width
        return self.linear_parameters + self.layers * small + embeddings + last

    def adapter_parameters(self, targets: tuple[str, ...], rank: int) -> int:
        """Of a LoRA adapter. Raises BadInput for a target that no layer has."""
        return rank * self.layers * sum(map(sum, self.targeted(targets).values()))

    def targeted(self, targets: tuple[str, ...]) -> dict[str, tuple[int, int]]:
        """The layer's matrices that carry an adapter. Raises BadInput for a name that is none."""
        if targets == (ALL_LINEAR,):
            return self.linear
        for name in targets:
            if name not in self.linear:
                known = ", ".join((*self.linear, ALL_LINEAR))
                raise BadInput(f"lora.targets: {name!r} is none of {known}")
        return {name: self.linear[name] for name in targets}

    def differences(self, other: "Shape") -> list[tuple[str, object, object]]:
        """(field, own value, the other's) where they disagree."""
        own, others = encode(self), encode(other)
        return [(name, own[name], others[name]) for name in own if own[name] != others[name]]


def read_shape(folder: Path) -> Shape:
    """The shape that a model's `config.json` states. Raises BadInput when there is none we know."""
    path = folder / "config.json"
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        family = _FAMILIES[found["model_type"]]
        heads, width = int(found["num_attention_heads"]), int(found["hidden_size"])
        return Shape(
            family="gpt_neox" if family == "gpt_neox" else "llama",
            layers=int(found["num_hidden_layers"]),
            width=width,
            heads=heads,
            kv_heads=int(found.get("num_key_value_heads") or heads),
            head_width=int(found.get("head_dim") or width // heads),
            ffn=int(found["intermediate_size"]),
            vocabulary=int(found["vocab_size"]),
            tied=bool(found.get("tie_word_embeddings", False)),
        )
    except OSError as error:
        raise BadInput(f"{path}: can't be read ({error.strerror}); name the folder of a model") from None
    except (KeyError, ValueError, TypeError) as error:
        known = ", ".join(sorted(_FAMILIES))
        raise BadInput(f"{path}: no decoder of a known kind ({error}); known are {known}") from None
