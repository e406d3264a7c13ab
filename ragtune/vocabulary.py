"""What a base model with a closed vocabulary can say: the words that its tokenizer has as one token each.

The sample base reads and says a value only if it is one token; a tokenizer of pieces has no such limit.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from ragtune.errors import BadInput
from ragtune.instructions.build import underlying
from ragtune.instructions.records import Instruction


def whole_words(model: Path) -> frozenset[str]:
    """The texts that were added to the tokenizer as tokens of their own. Raises BadInput without one."""
    path = model / "tokenizer.json"
    try:
        added = json.loads(path.read_text(encoding="utf-8"))["added_tokens"]
    except (OSError, ValueError, KeyError):
        raise BadInput(f"{path}: not a tokenizer; name the folder of a model") from None
    return frozenset(token["content"].strip() for token in added)


def sayable(instructions: Iterable[Instruction], words: frozenset[str]) -> list[Instruction]:
    """Those whose every value, subject and attribute is one of the words."""
    return [one for one in instructions if words.issuperset((*one.values, *_named(one)))]


def _named(one: Instruction) -> list[str]:
    return [part for fact in underlying(one.fact) for part in fact.rpartition("|")[::2]]
