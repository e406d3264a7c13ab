"""Base and adapter as transformers and peft load them: a 12.8 B model goes the sample base's way.

    base, tokenizer = load_base(Path("samples/model"), recipe)
    model = with_adapter(base, recipe)

16 bits on a GPU, or 4 (QLoRA) where the recipe says so and bitsandbytes is installed.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from ragtune.errors import BadInput
from training.cards import Cards
from training.recipe import Recipe
from training.rows import IGNORED

ALONE = Cards()


def find_device() -> torch.device:
    """This process's card, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def find_dtype(precision: str, device: torch.device) -> torch.dtype:
    """bfloat16 only where the hardware computes in it: a CPU without such units is 15 times slower."""
    if precision == "auto":
        precision = "bfloat16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "float32"
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]


def load_base(folder: Path, recipe: Recipe, cards: Cards = ALONE) -> tuple[Any, Any]:
    """Base model on its card, or divided among the cards, and tokenizer.

    Raises BadInput when the folder holds no model, another model's tokenizer, or 4 bits can't be had here.
    """
    device = find_device()
    with cards.in_turn():
        base, tokenizer = _read(folder, recipe, device)
        rows = base.get_input_embeddings().num_embeddings
        if len(tokenizer) > rows:
            raise BadInput(
                f"{folder}: its tokenizer has {len(tokenizer)} tokens, the model {rows}; "
                "it belongs to another model"
            )
        if recipe.shard:
            cards.shard(base, device)
        base.to(device)
    if recipe.gradient_checkpointing:
        base.gradient_checkpointing_enable()
        base.enable_input_require_grads()
    return base, tokenizer


def _read(folder: Path, recipe: Recipe, device: torch.device) -> tuple[Any, Any]:
    dtype = find_dtype(recipe.precision, device)
    more = {"quantization_config": four_bits(dtype), "device_map": {"": device}} if recipe.four_bits else {}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        base = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True, **more)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder}: no model to load ({str(error).splitlines()[0]})") from None
    return base, tokenizer


def four_bits(dtype: torch.dtype) -> BitsAndBytesConfig:
    """nf4 with its scales quantised, too (Dettmers 2023), computed in `dtype`.

    Raises BadInput without bitsandbytes.
    """
    if find_spec("bitsandbytes") is None:
        raise BadInput(
            'method: "qlora" needs bitsandbytes, which is not here; stage its wheel with the others, '
            'or set method = "lora" in the recipe'
        )
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def with_adapter(base: Any, recipe: Recipe) -> Any:
    """`base` with a fresh LoRA adapter, drawn from the recipe's seed."""
    targets: Any = list(recipe.lora.targets)
    torch.manual_seed(recipe.seed)
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=recipe.lora.rank,
        lora_alpha=recipe.lora.alpha,
        lora_dropout=recipe.lora.dropout,
        target_modules="all-linear" if targets == ["all-linear"] else targets,
        use_rslora=recipe.lora.rslora,
        use_dora=recipe.lora.dora,
    )
    try:
        return get_peft_model(base, config)
    except ValueError as error:
        raise BadInput(f"lora.targets: {targets} ({str(error).splitlines()[0]})") from None


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """The adapter's parameters by name, in the model's order."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def loss_sum(model: Any, ids: Tensor, labels: Tensor) -> Tensor:
    """Summed cross entropy of the labelled positions  # ()

    The head is applied to them alone: it is the most expensive matrix, and most positions are prompt.
    """
    base = model.get_base_model()
    hidden = base.base_model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]  # (B, T-1, D)
    wanted = labels[:, 1:] != IGNORED
    logits = base.get_output_embeddings()(hidden[wanted])  # (L, V)
    return nn.functional.cross_entropy(logits.float(), labels[:, 1:][wanted], reduction="sum")
