"""A model with or without a LoRA adapter, answering one prompt at a time, greedily.

A process of its own loads it through transformers and peft exactly as a large model is loaded; batching
many callers is what vLLM does in the container, not this.
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from inference.contract import Parameters, Token
from ragtune.errors import BadInput
from ragtune.stopping import until
from ragtune.weights import require_base, weights_digest

INCOMPLETE = "\ufffd"  # what decoding shows for a letter whose bytes have not all come yet


class LoadedModel:
    """Base model, tokenizer and adapter on one device. Raises BadInput when a folder holds none,
    ManifestMismatch when the adapter was tuned on another base."""

    def __init__(self, folder: Path, adapter: Path | None = None) -> None:
        if adapter:
            require_base(adapter, folder)
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", local_files_only=True)
            if adapter:
                model = PeftModel.from_pretrained(model, str(adapter), local_files_only=True)
        except (OSError, ValueError) as error:
            place = f"{folder} with adapter {adapter}" if adapter else str(folder)
            raise BadInput(f"{place}: no model to load ({str(error).splitlines()[0]})") from None
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # float16 has no fast kernels on a CPU, and a model stored in it is exact in float32.
        self._model = (model if device.type == "cuda" else model.float()).to(device).eval()
        self._context = int(self._model.config.max_position_embeddings)
        self._ends = _ends(self._model, self._tokenizer)
        self._turn = threading.Lock()
        self.versions = {"base_model": weights_digest(folder)}
        if adapter:
            self.versions["adapter"] = weights_digest(adapter)

    def generate(self, inputs: str, parameters: Parameters) -> Iterator[Token]:
        """Tokens of the answer, the stop string and what follows it left out.

        Raises BadInput at the first token when prompt and answer don't fit the context.
        """
        ids = self._tokenizer.encode(inputs, add_special_tokens=False)
        if len(ids) + parameters.max_new_tokens > self._context:
            size = f"{len(ids)} tokens and {parameters.max_new_tokens} new ones"
            raise BadInput(f"inputs: {size} don't fit the context of {self._context}")
        with self._turn:
            yield from _stopped(self._decoded(ids, parameters.max_new_tokens), parameters.stop)

    def _decoded(self, prompt: list[int], limit: int) -> Iterator[Token]:
        """Tokens with the text each one adds."""
        made: list[int] = []
        shown = ""
        for token, log_prob in self._greedy(prompt, limit):
            made.append(token)
            whole = self._tokenizer.decode(made, skip_special_tokens=True)
            added = "" if whole.endswith(INCOMPLETE) else whole[len(shown) :]
            shown += added
            yield Token(id=token, text=added, log_prob=log_prob)

    def _greedy(self, prompt: list[int], limit: int) -> Iterator[tuple[int, float]]:
        """Most probable token and its natural log probability, up to the end of text."""
        ids = torch.tensor([prompt], device=self._model.device)  # (1, T)
        past = None
        for _ in range(limit):
            with torch.inference_mode():
                out = self._model(input_ids=ids, past_key_values=past, use_cache=True, logits_to_keep=1)
                scores = torch.log_softmax(out.logits[0, -1].float(), dim=-1)  # (V,)
                token = int(scores.argmax())
                log_prob = float(scores[token])
            if token in self._ends:
                return
            yield token, log_prob
            past, ids = out.past_key_values, torch.tensor([[token]], device=self._model.device)


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """Every id that ends a text. A copy of polyglot's configuration disagrees with its generation's."""
    named: list[Any] = [tokenizer.eos_token_id, model.config.eos_token_id]
    named.append(getattr(model.generation_config, "eos_token_id", None))
    flat = [one for item in named for one in (item if isinstance(item, list) else [item])]
    return frozenset(one for one in flat if one is not None)


def _stopped(tokens: Iterator[Token], stop: Sequence[str]) -> Iterator[Token]:
    """Tokens up to the first stop string; text that may be its beginning waits for the next token."""
    seen: list[Token] = []

    def texts() -> Iterator[str]:
        for token in tokens:
            seen.append(token)
            yield token.text

    for text in until(texts(), stop):
        yield Token(id=seen[-1].id, text=text, log_prob=seen[-1].log_prob)
