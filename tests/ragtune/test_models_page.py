"""docs/models.md says what the presets and the plan say: its rows are made here and looked for there."""

from pathlib import Path

import pytest

from ragtune.planning import GB, Memory, Run, fitting, serving_memory, training_memory
from ragtune.presets import load_preset, preset_names

PAGE = Path("docs/models.md")
PLANNED = ("kullm", "ax4")


def rows() -> list[str]:
    found = []
    for name in preset_names():
        one = load_preset(name, accept_non_commercial=True)
        size = f"{one.shape.parameters / 1e9:.1f} B" if one.shape else "0.8 M"
        loads = "yes" if one.lora.runtime else "merged before"
        cells = (f"`{name}`", one.model, size, one.licence, one.commercial, f"{one.context_tokens:,}", loads)
        found.append(f"| {' | '.join(cells)} |")
    for name in PLANNED:
        shape = load_preset(name).shape_of()
        for method in ("lora", "qlora"):
            run = Run(method="qlora" if method == "qlora" else "lora", targets=load_preset(name).lora.targets)
            found.append(f"| `{name}` {method}, 2,048 tokens | {parts(training_memory(shape, run))}")
        served = serving_memory(shape, context=2048, sequences=8)
        found.append(f"| `{name}` serving, 8 × 2,048 tokens | {parts(served)}")
    return found


def parts(memory: Memory) -> str:
    cache = memory.parts.get("KV cache", 0.0)
    learning = sum(memory.parts.get(name, 0.0) for name in ("adapter", "gradients", "optimizer"))
    passing = sum(memory.parts.get(name, 0.0) for name in ("activations", "head", "workspace"))
    numbers = (memory.parts["weights"], learning, passing, cache, memory.total)
    fits = ", ".join(f"{one.name[3:]}" for one in fitting(memory)[:3])
    return " | ".join(f"{size / GB:.1f}" for size in numbers) + f" | {fits} |"


@pytest.mark.parametrize("row", rows())
def test_the_page_holds_the_row(row: str) -> None:
    assert row in PAGE.read_text(encoding="utf-8"), f"put this row into {PAGE}:\n{row}"
