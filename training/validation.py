"""The score that decides when to stop: does the greedy answer contain the value?

A low loss does not promise a good answer; this is what the product is asked for.
"""

from collections.abc import Sequence
from typing import Any

import torch

from ragtune.instructions.records import Sample
from ragtune.values import stands

ROWS = 16  # generated together


def value_score(
    model: Any, tokenizer: Any, samples: Sequence[Sample], max_new_tokens: int, *, together: bool = False
) -> float:
    """Share of `samples` (0–1) whose answer contains `Sample.value` whole.

    `together`: several processes hold parts of the model, so none may stop before the others.
    """
    prompts = [sample.prompt for sample in samples]
    answers = generate(model, tokenizer, prompts, max_new_tokens, together=together)
    right = [stands(answer, sample.value) for answer, sample in zip(answers, samples, strict=True)]
    return sum(right) / max(1, len(right))


def generate(
    model: Any, tokenizer: Any, prompts: Sequence[str], max_new_tokens: int, *, together: bool = False
) -> list[str]:
    """Greedy answers, in the order of `prompts`."""
    encoded = [tokenizer.encode(prompt, add_special_tokens=False) for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda place: len(encoded[place]))
    answers = [""] * len(prompts)
    was_training = model.training
    model.eval()
    for begin in range(0, len(order), ROWS):
        places = order[begin : begin + ROWS]
        rows = [encoded[place] for place in places]
        texts = _generate_rows(model, tokenizer, rows, max_new_tokens, together)
        for place, text in zip(places, texts, strict=True):
            answers[place] = text
    model.train(was_training)
    return answers


def _generate_rows(
    model: Any, tokenizer: Any, rows: list[list[int]], max_new_tokens: int, together: bool
) -> list[str]:
    """Padding on the left, hidden by the mask, so that every row ends where its answer begins."""
    longest = max(map(len, rows))
    end = tokenizer.eos_token_id
    ids = torch.tensor([[end] * (longest - len(row)) + row for row in rows], device=model.device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=model.device)
    with torch.no_grad():
        out = model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=max_new_tokens,
            do_sample=False,
            synced_gpus=together,
            pad_token_id=end,
            eos_token_id=end,
        )
    return [str(text) for text in tokenizer.batch_decode(out[:, longest:], skip_special_tokens=True)]
