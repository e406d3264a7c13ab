"""What is done with a deployment and has to be seen, step by step: `emulator.rehearsal` runs them in order.

A step takes the Stage, does something as an operator, an app or an attacker would, and returns what was seen
in one line; it raises Unexpected for anything else.
"""

from collections.abc import Callable
from dataclasses import dataclass

from emulator.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`what` is a sentence of the transcript."""

    what: str
    run: Callable[[Stage], str]
