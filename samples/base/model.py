"""The sample base before training: its tokenizer, its shape, its first weights."""

import re
from collections.abc import Sequence
from typing import Any

import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from ragtune.instructions.phrases import CONTRASTED, LISTED, ORDER
from ragtune.presets import Template
from ragtune.prompts import NOT_FOUND
from samples.base import vocabulary
from samples.base.documents import fixed_parts
from samples.base.initialisation import initialise
from samples.base.questions import texts as wordings
from samples.facts import Facts
from samples.handbook import load as handbook
from samples.handbook import step_names

PIECES = 1000


def make_tokenizer(facts: Facts, texts: Sequence[str], template: Template) -> Any:
    """The closed vocabulary, learnt from page texts, questions and answers."""
    asked = [re.sub(r"\{.*?\}", "", text) for text in wordings()] * 3
    values = [*_values(facts), *facts.pools]
    products = [product.name for product in facts.product]
    fixed = [*fixed_parts(template), NOT_FOUND, CONTRASTED, ORDER, LISTED]
    return vocabulary.learn(
        [*texts, *asked], products, values, [part for part in fixed if part], pieces=PIECES
    )


def make_model(facts: Facts, tokenizer: Any, *, layers: int, seed: int) -> GPTNeoXForCausalLM:
    """A GPT-NeoX with the architecture's options of polyglot-ko, initialised to read."""
    config = GPTNeoXConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=512,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5},
        bos_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(seed)
    model = GPTNeoXForCausalLM(config)
    words = {
        "product": [product.name for product in facts.product],
        "attribute": list(facts.pools),
        "value": _values(facts),
    }
    initialise(model, {name: tokenizer.convert_tokens_to_ids(list(ws)) for name, ws in words.items()}, seed)
    return model


def _values(facts: Facts) -> list[str]:
    """What is read out of a page as one word: the values of facts, the steps of procedures."""
    return [*(value for pool in facts.pools.values() for value in pool), *step_names(handbook())]
