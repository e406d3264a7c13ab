"""Weights to start from: the circuit that reads is drawn by hand, and training only sharpens it.

Reading a value needs two steps in a row: every token learns which product, attribute and value it stands by
(the first layers), and the answer's last token finds the token of a passage that stands by the same product
and attribute (the last layer): the value's own, or, where a page tells the value first, the product's, which
carries the value. From random weights a model of this size matches the attribute and guesses the product;
started here it passes that plateau within seconds (docs/experiments.md). Method: mimetic initialisation,
Trockman & Kolter 2023, with positional windows made of rotary biases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import GPTNeoXForCausalLM

CLASS_NORM = 4.0  # length of a token class's shared direction; a token's own part has length about 5.7
NEAR, FAR = (0.02, 0.5), (0.002, 0.2)  # rotary frequencies (radians a token) of a window: ~8 and ~100 tokens
NEAREST = ("", "attribute", "product", "value")  # what each head of the first layers looks for


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """H heads of D dimensions; the first R of D are rotated, dimension i together with i + R/2."""

    heads: int
    head: int
    rotary: int

    def rows(self, part: int, head: int) -> slice:
        """Rows of a head in query_key_value: part 0 is the query, 1 the key, 2 the value."""
        start = (3 * head + part) * self.head
        return slice(start, start + self.head)


def initialise(model: GPTNeoXForCausalLM, classes: Mapping[str, list[int]], seed: int) -> None:
    """Fill `model` in place. `classes` maps "product", "attribute" and "value" to token ids."""
    random = torch.Generator().manual_seed(seed)
    config = model.config
    head = config.hidden_size // config.num_attention_heads
    rotary = int(head * config.rope_parameters["partial_rotary_factor"])
    shape = Shape(heads=config.num_attention_heads, head=head, rotary=rotary)
    last = config.num_hidden_layers - 1
    with torch.no_grad():
        directions = _embeddings(model, classes, random)
        for number, layer in enumerate(model.gpt_neox.layers):
            _values(layer.attention, 1.0 if number == last else 0.7, shape, random)
            if number == last:
                _match(layer.attention, shape, random)
            else:
                _windows(layer.attention, shape, directions, random)
            weight = layer.attention.query_key_value.weight
            weight.add_(0.01 * torch.randn(weight.shape, generator=random))


def _embeddings(
    model: GPTNeoXForCausalLM, classes: Mapping[str, list[int]], random: torch.Generator
) -> dict[str, Tensor]:
    """Random tokens, and one unit direction per class; the head starts as a small copy of them."""
    table = model.gpt_neox.embed_in.weight
    table.copy_(0.5 * torch.randn(table.shape, generator=random))
    directions = {}
    for name, ids in sorted(classes.items()):
        direction = torch.randn(table.shape[1], generator=random)
        directions[name] = direction / direction.norm()
        table[ids] += CLASS_NORM * directions[name]
    model.lm_head.weight.copy_(0.15 * table)
    return directions


def _orthogonal(size: int, random: torch.Generator) -> Tensor:
    """A random orthogonal matrix  # (size, size)"""
    q, r = torch.linalg.qr(torch.randn(size, size, generator=random))
    turn: Tensor = q * r.diagonal().sign()
    return turn


def _values(attention: Any, gain: float, shape: Shape, random: torch.Generator) -> None:
    """What is attended to is copied: values times output is gain x identity, split over the heads."""
    turn = _orthogonal(shape.heads * shape.head, random) * gain**0.5
    for head in range(shape.heads):
        attention.query_key_value.weight[shape.rows(2, head)] = turn[head * shape.head :][: shape.head]
    attention.query_key_value.bias.zero_()
    attention.dense.weight.copy_(turn.T)
    attention.dense.bias.zero_()


def _match(attention: Any, shape: Shape, random: torch.Generator) -> None:
    """Tokens attend to those that carry the same things: queries equal keys."""
    turn = 1.2 * _orthogonal(shape.heads * shape.head, random)
    for head in range(shape.heads):
        rows = turn[head * shape.head :][: shape.head]
        attention.query_key_value.weight[shape.rows(0, head)] = rows
        attention.query_key_value.weight[shape.rows(1, head)] = rows


def _windows(attention: Any, shape: Shape, directions: Mapping[str, Tensor], random: torch.Generator) -> None:
    """One head looks at the last few tokens, the others at the nearest attribute, product or value before."""
    pairs = shape.rotary // 2
    frequency = 10000.0 ** (-torch.arange(pairs) / pairs)
    strength = (3 * shape.head**0.5) ** 0.5
    for head in range(shape.heads):
        wanted = NEAREST[head % len(NEAREST)]
        low, high = FAR if wanted else NEAR
        chosen = torch.nonzero((frequency > low) & (frequency < high)).flatten()
        for part in (0, 1):
            rows = attention.query_key_value.weight[shape.rows(part, head)]
            rows.copy_(0.02 * torch.randn(rows.shape, generator=random))
            attention.query_key_value.bias[shape.rows(part, head)][chosen] = strength
            if part == 1 and wanted:
                rows[chosen] += 0.5 * strength * directions[wanted]
