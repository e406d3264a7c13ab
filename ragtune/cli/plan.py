"""`ragtune plan` says what memory tuning and serving a model take, and which instances hold it.

ragtune plan --preset kullm --method qlora --context 2048
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ragtune.cli.options import Json
from ragtune.cli.screen import out, table
from ragtune.planning import (
    GB,
    Instance,
    Memory,
    Run,
    fitting,
    knobs,
    serving_memory,
    training_memory,
)
from ragtune.presets import Preset, load_preset
from ragtune.records import to_json
from ragtune.shape import Shape

SHOWN = 5  # instances


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan")(plan_command)


def plan_command(
    preset: Annotated[str, typer.Option(help="A preset's name, or the path of one.")],
    method: Annotated[Literal["lora", "qlora"], typer.Option(help="16-bit base, or 4-bit.")] = "lora",
    context: Annotated[int, typer.Option(help="Tokens of a prompt with its answer.")] = 2048,
    rows: Annotated[int, typer.Option(help="Of such length in a micro-batch.")] = 1,
    rank: Annotated[int, typer.Option(help="Of the adapter.")] = 16,
    sequences: Annotated[int, typer.Option(help="Answered at once, each of that length.")] = 8,
    checkpointing: Annotated[bool, typer.Option(help="Compute a layer again instead of keeping it.")] = True,
    model: Annotated[
        Path | None, typer.Option(help="The model's folder, where the preset has no shape.")
    ] = None,
    json: Json = False,
) -> None:
    """Say how much memory tuning and serving take, part by part, and the instances that hold it.

    Example: `ragtune plan --preset kullm --method qlora --context 2048`
    """
    chosen = load_preset(preset, accept_non_commercial=True)  # to look costs nothing
    shape = chosen.shape_of(model)
    run = Run(
        method=method,
        tokens=context * rows,
        labelled=max(1, context * rows // 4),
        rank=rank,
        targets=chosen.lora.targets,
        checkpointing=checkpointing,
    )
    training, serving = (
        training_memory(shape, run),
        serving_memory(shape, context=context, sequences=sequences),
    )
    if json:
        out.print(to_json(as_json(chosen, shape, training, serving)), markup=False)
        return
    out.print(
        f"  {chosen.model}: {shape.parameters / 1e9:.2f} billion parameters, {chosen.licence}", markup=False
    )
    _show(f"tuning, {method}, {rows} × {context:,} tokens, rank {rank}", training)
    for name, saved in knobs(shape, run):
        out.print(f"  less: {name} saves {saved / GB:.2f} GB", markup=False)
    _show(f"serving in bfloat16, {sequences} × {context:,} tokens", serving)


def _show(title: str, memory: Memory) -> None:
    parts = [[name, size / GB] for name, size in memory.parts.items()]
    table(f"\n{title}: GB on one card", ("part", "GB"), [*parts, ["total", memory.total / GB]])
    found = fitting(memory)[:SHOWN]
    if not found:
        out.print("  no instance holds it", markup=False)
        return
    rows = [
        [one.name, f"{one.cards} × {one.card}", memory.on(one.cards) / GB, _left(one, memory)]
        for one in found
    ]
    table("fits, the smallest first", ("instance", "cards", "GB each", "GB left"), rows)


def _left(instance: Instance, memory: Memory) -> float:
    return (instance.card_bytes - memory.on(instance.cards)) / GB


def as_json(preset: Preset, shape: Shape, training: Memory, serving: Memory) -> dict[str, object]:
    """Bytes by part, and the names of the instances that fit."""
    return {
        "preset": preset.name,
        "parameters": shape.parameters,
        **{
            name: {
                "parts": memory.parts,
                "total": memory.total,
                "instances": [one.name for one in fitting(memory)],
            }
            for name, memory in (("training", training), ("serving", serving))
        },
    }
