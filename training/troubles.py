"""What a machine refuses a tuning run, as one sentence that says which knob to turn.

batch.tokens 4096 don't fit the memory: activations 3.9 GB, weights 1.2 GB, …; in the recipe,
gradient_checkpointing = true saves 3.1 GB, batch.tokens = 2048 saves 1.9 GB
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from ragtune.errors import BadInput, OutOfMemory, OutOfSpace
from ragtune.planning import BF16, FP32, GB, Run, knobs, training_memory
from ragtune.shape import read_shape
from training.recipe import Recipe

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_SIGNS = (
    "inline_container",
    "file write failed",
    "no space left",
    "file too large",
    "os error 28",
    "os error 27",
)
_MEMORY_SIGNS = ("can't allocate memory", "out of memory", "cannot allocate memory")
_PARTS, _KNOBS = 3, 3  # named in the sentence


@contextmanager
def told(recipe: Recipe, model: Path, output: Path, number: torch.dtype) -> Iterator[None]:
    """Turn the many ways of saying that memory or disk are full into OutOfMemory and OutOfSpace."""
    try:
        yield
    except Exception as error:
        if _is(error, MemoryError, _MEMORY_SIGNS):
            raise OutOfMemory(_planned(recipe, model, number)) from None
        if getattr(error, "errno", None) in _FULL or _is(error, (), _FULL_SIGNS):
            reason = (
                "no space left; give the job a larger volume and run the same command again: it continues"
            )
            raise OutOfSpace(f"{getattr(error, 'filename', None) or output}: {reason}") from None
        raise


def _is(error: Exception, kind: type[Exception] | tuple[()], signs: tuple[str, ...]) -> bool:
    return isinstance(error, kind) or any(sign in str(error).lower() for sign in signs)


def _planned(recipe: Recipe, model: Path, number: torch.dtype) -> str:
    tokens = recipe.batch.tokens
    try:
        shape = read_shape(model)
        run = Run(
            method=recipe.method,
            tokens=tokens,
            labelled=max(1, tokens // 4),
            rank=recipe.lora.rank,
            targets=recipe.lora.targets,
            checkpointing=recipe.gradient_checkpointing,
            number_bytes=FP32 if number == torch.float32 else BF16,
        )
        parts = sorted(training_memory(shape, run).parts.items(), key=lambda part: -part[1])[:_PARTS]
        savings = knobs(shape, run)[:_KNOBS]
    except (BadInput, ValueError):  # a shape we don't know: the knob stays the same
        return f"batch.tokens {tokens} don't fit the memory; halve it in the recipe"
    takes = ", ".join(f"{name} {size / GB:.2g} GB" for name, size in parts)
    saves = ", ".join(f"{name} saves {size / GB:.2g} GB" for name, size in savings)
    return f"batch.tokens {tokens} don't fit the memory: {takes}, …; in the recipe, {saves}"
