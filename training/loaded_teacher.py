"""A teacher model in the job's own process, for a container without a network (see training.teaching)."""

from collections.abc import Sequence
from pathlib import Path

from ragtune.instructions.retrieval_aware import Mix
from ragtune.ports import Prompt
from ragtune.presets import Preset
from ragtune.stopping import until
from ragtune.weights import weights_digest
from training.model import load_base
from training.recipe import Recipe
from training.validation import generate


class LoadedTeacher:
    """A model in this process: greedy, so the same prompts give the same answers; batched."""

    def __init__(self, folder: Path, preset: Preset, *, four_bits: bool) -> None:
        preset.shape_of(folder)
        self.name = f"{preset.name} {weights_digest(folder)}"
        self._model, self._tokenizer = load_base(
            folder, Recipe(mix=Mix(), method="qlora" if four_bits else "lora")
        )

    def answers(self, prompts: Sequence[Prompt]) -> list[str]:
        """See teacher.Teacher."""
        most = max((prompt.max_new_tokens for prompt in prompts), default=1)
        texts = generate(self._model, self._tokenizer, [prompt.text for prompt in prompts], most)
        return [
            "".join(until(iter([text]), prompt.stop)) for text, prompt in zip(texts, prompts, strict=True)
        ]
