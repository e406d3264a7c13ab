"""The plan beside what tuning really takes: peak resident memory of the training loop on this CPU.

    python -m bench.planning                 # make bench-planning

Each case is a process of its own: it loads nothing, makes a random model, trains three steps with the real
loss and reads the kernel's high-water mark, less what the process held before. Models are small but wide
enough that their memory, not Python's, is what is seen.
"""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ragtune.planning import FP32, Run, training_memory
from ragtune.records import encode, from_json, to_json
from ragtune.shape import Shape

FOLDER = Path(".ragtune/bench")
NEOX = Shape(
    family="gpt_neox", layers=6, width=512, heads=8, kv_heads=8, head_width=64, ffn=2048, vocabulary=8000
)
LLAMA = Shape(
    family="llama", layers=6, width=512, heads=8, kv_heads=2, head_width=64, ffn=1536, vocabulary=8000
)
BASE = Run(tokens=2048, labelled=256, number_bytes=FP32)
CASES = {
    "GPT-NeoX, layers kept": (NEOX, replace(BASE, checkpointing=False)),
    "GPT-NeoX, computed again": (NEOX, BASE),
    "GPT-NeoX, computed again, twice the tokens": (NEOX, replace(BASE, tokens=4096)),
    "GPT-NeoX, 12 layers, kept, half the tokens": (
        replace(NEOX, layers=12),
        replace(BASE, tokens=1024, checkpointing=False),
    ),
    "Llama, layers kept": (LLAMA, replace(BASE, checkpointing=False)),
    "Llama, computed again": (LLAMA, BASE),
    "Llama, computed again, rank 64": (LLAMA, replace(BASE, rank=64)),
    "Llama, twice as wide, computed again": (
        replace(LLAMA, width=1024, ffn=3072, heads=16, kv_heads=4),
        BASE,
    ),
}
ROW_TOKENS = 512
STEPS = 3


def main() -> None:
    rows = []
    print(f"{'':46}{'planned MB':>12}{'measured MB':>13}{'error':>8}")  # noqa: T201
    for name, (shape, run) in CASES.items():
        planned = training_memory(shape, run).total / 1e6
        measured = _in_a_process(shape, run) / 1e6
        error = planned / measured - 1
        print(f"{name:46}{planned:12.0f}{measured:13.0f}{error:+8.1%}", flush=True)  # noqa: T201
        rows.append({"work": name, "who": "ragtune", "metric": "planned", "value": planned, "unit": "MB"})
        rows.append({"work": name, "who": "process", "metric": "peak", "value": measured, "unit": "MB"})
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "planning.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")


def _in_a_process(shape: Shape, run: Run) -> float:
    case = json.dumps({"shape": encode(shape), "run": encode(run)})
    environment = {
        "MALLOC_MMAP_THRESHOLD_": "65536",
        "MALLOC_TRIM_THRESHOLD_": "65536",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", "bench.planning", case],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return float(done.stdout.splitlines()[-1])


def measure(shape: Shape, run: Run) -> int:
    """Bytes that three training steps add to this process at their peak."""
    import torch  # noqa: PLC0415 - the parent needs none of it

    from training.model import loss_sum  # noqa: PLC0415

    torch.manual_seed(0)
    torch.nn.functional.linear(torch.ones(64, 64), torch.ones(64, 64)).sum()  # threads and kernels are there
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # VmHWM begins anew
    model = _model(shape, run)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights)
    best: list[Any] = []
    rows = run.tokens // ROW_TOKENS
    ids = torch.zeros(rows, ROW_TOKENS, dtype=torch.long)
    labels = torch.full((rows, ROW_TOKENS), -100)
    labels[:, -(run.labelled // rows) :] = 1
    for _ in range(STEPS):
        loss_sum(model, ids, labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        best = [weight.detach().clone() for weight in weights]  # the loop keeps the best ones
    del best
    return _memory("VmHWM") - before


def _model(shape: Shape, run: Run) -> Any:
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415
    from transformers import (  # noqa: PLC0415
        GPTNeoXConfig,
        GPTNeoXForCausalLM,
        LlamaConfig,
        LlamaForCausalLM,
    )

    values: dict[str, Any] = {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.ffn,
        "use_cache": False,
    }
    if shape.family == "gpt_neox":
        base: Any = GPTNeoXForCausalLM(GPTNeoXConfig(**values))
    else:
        base = LlamaForCausalLM(LlamaConfig(**values, num_key_value_heads=shape.kv_heads))
    base.train()
    if run.checkpointing:
        base.gradient_checkpointing_enable()
        base.enable_input_require_grads()
    return get_peft_model(
        base, LoraConfig(task_type="CAUSAL_LM", r=run.rank, lora_alpha=32, target_modules="all-linear")
    )


def _memory(name: str) -> int:
    """Bytes of this process, as the kernel counts them."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        given = json.loads(sys.argv[1])
        found = measure(from_json(Shape, to_json(given["shape"])), from_json(Run, to_json(given["run"])))
        print(found)  # noqa: T201
    else:
        main()
