"""Merge a LoRA adapter into its base, for servers that can't load adapters at run time (GPT-NeoX in vLLM).

    python -m inference.merge --model samples/model --adapter runs/tuned/adapter --output merged

On SageMaker the folders come from SM_CHANNEL_MODEL, SM_CHANNEL_ADAPTER and SM_MODEL_DIR. The merged model is
read back from the disk and must give the adapter's logits: {"event":"merged","difference":6.7e-06,…}.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from ragtune.errors import BadInput, ManifestMismatch, RagtuneError
from ragtune.weights import require_base

VARIABLES = {"model": "SM_CHANNEL_MODEL", "adapter": "SM_CHANNEL_ADAPTER", "output": "SM_MODEL_DIR"}
# Of the largest logit. float32 differs in the last digits of a sum; bfloat16 rounds the merged weights to 8
# bits, which the adapter's own path does not.
TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 5e-2}
PROBE = (4, 32)  # rows, tokens


def merge(model: Path, adapter: Path, output: Path) -> float:
    """Write base + adapter to `output`, with its tokenizer. Returns the largest difference of their logits,
    as a share of the largest logit.

    Raises BadInput when one can't be loaded, ManifestMismatch when the adapter was tuned on another base, or
    when what was written does not answer as the adapter does.
    """
    require_base(adapter, model)
    try:
        base: Any = AutoModelForCausalLM.from_pretrained(model, dtype="auto", local_files_only=True)
        adapted = PeftModel.from_pretrained(base, str(adapter), local_files_only=True).eval()
        tokenizer: Any = AutoTokenizer.from_pretrained(model, local_files_only=True)
    except (OSError, ValueError) as error:
        raise BadInput(f"{adapter} on {model}: can't be loaded ({str(error).splitlines()[0]})") from None
    wanted = _logits(adapted)
    adapted.merge_and_unload().save_pretrained(output)
    tokenizer.save_pretrained(output)
    keep_rotary(model / "config.json", output / "config.json")
    del adapted, base
    written: Any = AutoModelForCausalLM.from_pretrained(output, dtype="auto", local_files_only=True).eval()
    difference = float((_logits(written) - wanted).abs().max() / wanted.abs().max())
    allowed = TOLERANCE[written.dtype]
    if not difference <= allowed:
        told = (
            f"its logits differ from the adapter's by {difference:.2g} of the largest, {allowed:g} is allowed"
        )
        raise ManifestMismatch(f"{output}: {told}; don't serve it, merge anew in float32")
    return difference


def _logits(model: Any) -> Tensor:
    """Of the same random tokens each time  # (4, 32, V) float32"""
    ids = torch.randint(0, model.config.vocab_size, PROBE, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        out: Tensor = model(input_ids=ids).logits.float()
    return out


def keep_rotary(source: Path, written: Path) -> None:
    """Name the rotary share and base in the new configuration as the old one does.

    transformers 5 reads `rotary_pct` and does not write it back; readers of the older form would take
    .25 where polyglot-ko has .5, and be silently wrong.
    """
    old: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    new: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    rotary = old.get("rope_parameters") or {}
    kept = {
        "rotary_pct": old.get("rotary_pct", rotary.get("partial_rotary_factor")),
        "rotary_emb_base": old.get("rotary_emb_base", rotary.get("rope_theta")),
    }
    new |= {name: value for name, value in kept.items() if value is not None}
    written.write_text(json.dumps(new, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="inference.merge", description="merge an adapter into its base")
    for name, variable in VARIABLES.items():
        found = os.environ.get(variable)
        parser.add_argument(f"--{name}", type=Path, default=found, required=not found, help=f"or {variable}")
    chosen = parser.parse_args(arguments)
    try:
        difference = merge(chosen.model, chosen.adapter, chosen.output)
        print(json.dumps({"event": "merged", "difference": difference}))  # noqa: T201
    except RagtuneError as error:
        print(f"ragtune: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
