"""What a base model with a closed vocabulary can say: the words that its tokenizer has as one token each.

The sample base reads and says a value only if it is one token; a tokenizer of pieces has no such limit.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ragtune.errors import BadInput
from ragtune.instructions.build import underlying
from ragtune.instructions.records import Instruction
from ragtune.prompts import NOT_FOUND


def whole_words(model: Path) -> frozenset[str]:
    """The texts that were added to the tokenizer as tokens of their own. Raises BadInput without one."""
    path = model / "tokenizer.json"
    try:
        added = json.loads(path.read_text(encoding="utf-8"))["added_tokens"]
    except (OSError, ValueError, KeyError):
        raise BadInput(f"{path}: not a tokenizer; name the folder of a model") from None
    return frozenset(token["content"].strip() for token in added)


def sayable(instructions: Iterable[Instruction], words: frozenset[str]) -> list[Instruction]:
    """Those whose every value, subject and attribute is one of the words, and that ask for no extreme: which
    of several is the lowest is not said anywhere, and a model that only reads can't tell. What is done in
    steps is named in pieces, as a page's title is."""
    return [one for one in instructions if words.issuperset(_said(one)) and not _extreme(one)]


def unsayable(instructions: Iterable[Instruction], words: frozenset[str]) -> list[Instruction]:
    """The others, answered with NOT_FOUND: a model that can't say an answer should not guess one."""
    asked = list(instructions)
    known = {one.id for one in sayable(asked, words)}
    return [
        replace(one, output=f"{NOT_FOUND}.", values=(NOT_FOUND,), kind="absent", given=())
        for one in asked
        if one.id not in known
    ]


def _extreme(one: Instruction) -> bool:
    return one.kind == "selection" and not one.given


def _said(one: Instruction) -> list[str]:
    if one.kind == "steps":
        return list(one.values)
    named = [part for fact in underlying(one.fact) for part in fact.rpartition("|")[::2]]
    return [*one.values, *one.given, *named]
