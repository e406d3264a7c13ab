"""The plan beside what one CUDA card takes: models of real sizes, drawn on the card, and real training steps.

    python3 -m bench.planning_gpu            # needs torch, transformers and peft; under 150 s on an H100
    python3 -m bench.planning_gpu --tiny     # every path on a CPU, with small shapes; measures nothing

Planned is `ragtune plan`'s sum without its reserve. Measured is the allocator's peak over three steps of the
project's own loss with AdamW and the best copy; *reserved* what the allocator held with its gaps, *card* what
the driver counts, CUDA's context included. QLoRA needs bitsandbytes.
Writes .ragtune/bench/planning-gpu.json: [{"work": "…", "who": "ragtune", "metric": "planned", …}, …].
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from ragtune.instructions.retrieval_aware import Mix
from ragtune.planning import GB, Memory, Run, serving_memory, training_memory
from ragtune.presets import load_preset
from ragtune.shape import Shape
from training.model import loss_sum, trainable, with_adapter
from training.recipe import Lora, Recipe
from training.rows import IGNORED

OUT = Path(".ragtune/bench/planning-gpu.json")
STEPS = 3
SEQUENCES = 8  # served together
KINDS = {"gpt_neox": "gpt_neox", "llama": "qwen3"}  # the family's model type in transformers
POLYGLOT, QWEN = load_preset("kullm").shape_of(), load_preset("qwen3").shape_of()
TINY: Any = dict(layers=2, width=64, heads=4, kv_heads=4, head_width=16, ffn=128, vocabulary=500)  # noqa: C408


class Case(NamedTuple):
    """What is planned, and how to make it happen on a device."""

    name: str
    planned: Memory
    do: Callable[[torch.device], None]


def cases(neox: Shape, qwen: Shape) -> list[Case]:
    base = Run(tokens=2048, labelled=512)
    short = Run(tokens=512, labelled=128)
    kept = Run(tokens=1024, labelled=256, checkpointing=False)
    wanted = [
        ("12.8B LoRA, 512 tokens", neox, short),
        ("12.8B LoRA, 1,024 tokens", neox, replace(base, tokens=1024, labelled=256)),
        ("12.8B LoRA, 2,048 tokens", neox, base),
        ("12.8B LoRA, 2 × 2,048 tokens", neox, replace(base, tokens=4096, labelled=1024)),
        ("12.8B LoRA, 2,048 tokens, rank 64", neox, replace(base, rank=64)),
        ("12.8B LoRA, 1,024 tokens, layers kept", neox, kept),
        ("Qwen3 8B LoRA, 2,048 tokens", qwen, base),
        ("Qwen3 8B LoRA, 1,024 tokens, layers kept", qwen, kept),
        ("12.8B QLoRA, 512 tokens", neox, replace(short, method="qlora")),
        ("12.8B QLoRA, 2,048 tokens", neox, replace(base, method="qlora")),
        ("Qwen3 8B QLoRA, 2,048 tokens", qwen, replace(base, method="qlora")),
    ]
    made = [Case(name, training_memory(*what), partial(train, *what)) for name, *what in wanted]
    served = serving_memory(neox, context=2048, sequences=SEQUENCES)
    return [*made, Case(f"12.8B served, {SEQUENCES} × 2,048 tokens", served, partial(serve, neox))]


def train(shape: Shape, run: Run, device: torch.device) -> None:
    """Three steps with the project's loss; the allocator sees the peak."""
    model = tuned(shape, run, device)
    forget(device)  # what packing took for a moment
    weights = list(trainable(model).values())
    optimizer = torch.optim.AdamW(weights)
    rows = max(1, run.tokens // 2048)
    ids = torch.randint(0, shape.vocabulary, (rows, run.tokens // rows), device=device)
    labels = torch.full_like(ids, IGNORED)
    labels[:, -(run.labelled // rows) :] = 1
    best: list[Any] = []
    for _ in range(STEPS):
        loss_sum(model, ids, labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        best = [weight.detach().clone() for weight in weights]  # the loop keeps the best ones
    del best


def forget(device: torch.device) -> None:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def tuned(shape: Shape, run: Run, device: torch.device) -> Any:
    """A random model with a fresh adapter, as training.model.load_base leaves it."""
    base = drawn(shape, device)
    if run.method == "qlora":
        pack(base, device)
    base.train()
    if run.checkpointing:
        base.gradient_checkpointing_enable()
        base.enable_input_require_grads()
    return with_adapter(base, Recipe(mix=Mix(), lora=Lora(rank=run.rank)))


def drawn(shape: Shape, device: torch.device) -> Any:
    """A bfloat16 model whose every weight is made where it stays: nothing passes through the CPU's memory."""
    from transformers import AutoConfig, AutoModelForCausalLM  # noqa: PLC0415 - seconds, after the arguments

    values: dict[str, Any] = {
        "vocab_size": shape.vocabulary, "hidden_size": shape.width, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads, "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_width, "intermediate_size": shape.ffn, "max_position_embeddings": 4096,
        "tie_word_embeddings": shape.tied, "use_cache": False,
    }  # fmt: skip
    config = AutoConfig.for_model(KINDS[shape.family], **values)
    with torch.device(device):
        return AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)


def pack(base: Any, device: torch.device) -> None:
    """The layers' matrices in nf4, one after the other. Raises ImportError without bitsandbytes."""
    from bitsandbytes.nn import Linear4bit, Params4bit  # noqa: PLC0415 - where it is installed

    nf4 = {"compress_statistics": True, "quant_type": "nf4"}
    for path, one in list(base.base_model.layers.named_modules()):
        if type(one) is not nn.Linear:
            continue
        packed = Linear4bit(one.in_features, one.out_features, device="meta", **nf4)
        packed.weight = Params4bit(one.weight.data, module=packed, **nf4)
        packed.bias = one.bias
        base.base_model.layers.set_submodule(path, packed.to(device))
    base.is_loaded_in_4bit = True  # what peft looks at


@torch.no_grad()
def serve(shape: Shape, device: torch.device) -> None:
    """Weights and the caches of full sequences, read one after another and kept, as a server keeps them."""
    from transformers import DynamicCache  # noqa: PLC0415

    model = drawn(shape, device).eval()
    kept = []
    for _ in range(SEQUENCES):
        cache = DynamicCache()
        ids = torch.randint(0, shape.vocabulary, (1, 2048), device=device)
        model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        kept.append(cache)


def measured(case: Case, device: torch.device) -> dict[str, float | str]:
    """Gigabytes; or why there are none. One case that fails is a row, not the end."""
    forget(device)
    started = time.monotonic()
    try:
        case.do(device)
    except torch.cuda.OutOfMemoryError:
        return {"failed": "out of memory"}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}
    found: dict[str, float | str] = {"seconds": time.monotonic() - started}
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info()
        found |= {
            "peak": torch.cuda.max_memory_allocated() / GB,
            "reserved": torch.cuda.max_memory_reserved() / GB,
            "card": (total - free) / GB,
        }
    return found


def told(case: Case, found: dict[str, float | str]) -> str:
    planned, peak = case.planned.total / GB, found.get("peak")
    if not isinstance(peak, float):
        return f"{case.name:44}{planned:9.2f}  {found.get('failed', 'ran')}"
    taken = f"{found['reserved']:10.2f}{found['card']:8.2f}"
    return f"{case.name:44}{planned:9.2f}{peak:10.2f}{planned / peak - 1:+8.1%}{taken}"


def rows_of(case: Case, card: str, found: dict[str, float | str]) -> list[dict[str, object]]:
    values = [("ragtune", "planned", case.planned.total / GB), *((card, *one) for one in found.items())]
    units = {"seconds": "s", "failed": ""}
    return [
        {"work": case.name, "who": who, "metric": metric, "value": value, "unit": units.get(metric, "GB")}
        for who, metric, value in values
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.planning_gpu")
    parser.add_argument("--tiny", action="store_true", help="small shapes on the CPU: does every path run?")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    if not given.tiny and not torch.cuda.is_available():
        sys.exit("planning_gpu: no CUDA card here; --tiny runs every path on the CPU")
    device = torch.device("cpu" if given.tiny else "cuda")
    card = "CPU, tiny shapes" if given.tiny else torch.cuda.get_device_name()
    shapes = [replace(one, **TINY) if given.tiny else one for one in (POLYGLOT, QWEN)]
    given.out.parent.mkdir(parents=True, exist_ok=True)
    head = f"{'planned':>9}{'measured':>10}{'error':>8}{'reserved':>10}{'card':>8}"
    sys.stdout.write(f"{card}\n{'GB':44}{head}\n")
    rows: list[dict[str, object]] = []
    for case in cases(*shapes):
        found = measured(case, device)
        print(told(case, found), flush=True)  # noqa: T201
        rows += rows_of(case, card, found)
        given.out.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
