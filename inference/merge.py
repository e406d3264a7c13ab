"""Merge a LoRA adapter into its base, for servers that can't load adapters at run time (GPT-NeoX in vLLM).

python -m inference.merge --model samples/model --adapter runs/tuned/adapter --output merged
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ragtune.errors import BadInput, RagtuneError


def merge(model: Path, adapter: Path, output: Path) -> None:
    """Write base + adapter to `output`, with its tokenizer. Raises BadInput when one can't be loaded."""
    try:
        base: Any = AutoModelForCausalLM.from_pretrained(model, dtype="auto", local_files_only=True)
        merged = PeftModel.from_pretrained(base, str(adapter), local_files_only=True).merge_and_unload()
        tokenizer: Any = AutoTokenizer.from_pretrained(model, local_files_only=True)
    except (OSError, ValueError) as error:
        raise BadInput(f"{adapter} on {model}: can't be loaded ({str(error).splitlines()[0]})") from None
    merged.save_pretrained(output)
    tokenizer.save_pretrained(output)
    keep_rotary(model / "config.json", output / "config.json")


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
    for name in ("--model", "--adapter", "--output"):
        parser.add_argument(name, type=Path, required=True)
    chosen = parser.parse_args(arguments)
    try:
        merge(chosen.model, chosen.adapter, chosen.output)
    except RagtuneError as error:
        print(f"ragtune: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
