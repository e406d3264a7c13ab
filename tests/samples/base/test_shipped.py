"""The model that is kept in the repository loads like any other, and reads pages it has never seen."""

import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ragtune.presets import load_preset
from ragtune.weights import weights_digest
from samples.base.documents import Author
from samples.base.measure import measure
from samples.base.worlds import make_world
from samples.facts import load

MODEL = Path(__file__).parents[3] / "samples" / "model"
LIMIT_BYTES = 5_000_000


def test_it_is_small_and_is_what_its_manifest_names() -> None:
    manifest = json.loads((MODEL / "manifest.json").read_text(encoding="utf-8"))
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < LIMIT_BYTES
    assert manifest["weights"] == weights_digest(MODEL)
    config = json.loads((MODEL / "config.json").read_text(encoding="utf-8"))
    assert config["rotary_pct"] == 0.5


def test_it_reads_values_of_a_world_it_has_never_seen() -> None:
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(MODEL, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(MODEL, local_files_only=True)
    facts = load()
    author = Author([make_world(facts, 77)], facts, tokenizer, load_preset("sample").template)
    figures = measure(model, author, ("value",), count=40, seed=3)
    assert figures["value three"] >= 0.85
    assert figures["value absent"] >= 0.85


def test_every_product_value_and_attribute_is_one_token() -> None:
    tokenizer = AutoTokenizer.from_pretrained(MODEL, local_files_only=True)
    facts = load()
    values = [value for pool in facts.pools.values() for value in pool]
    for word in [*(product.name for product in facts.product), *facts.pools, *values]:
        assert len(tokenizer.encode(word, add_special_tokens=False)) == 1, word
