"""What instruction data are made of. One JSON line each, in `.ragtune/instructions/*.jsonl`.

{"id":"i_5c…","question":"기가라이트의 월 요금은 얼마인가요?",
 "output":"기가라이트의 월 요금은 33,000원입니다.",
 "values":["33,000원"],"kind":"value","category":"condition","phrasing":"sentence", …}
"""

from dataclasses import dataclass
from typing import Literal

Category = Literal["process", "feature", "recommendation", "condition", "comparison"]
Phrasing = Literal["short", "concise", "sentence"]  # 단답형, 간결한 문장형, 일반 문장형
Kind = Literal["value", "steps", "comparison", "selection", "description", "absent"]
Origin = Literal["closed_book", "true_passages", "changed_passages", "absent", "rehearsal"]
TAUGHT = "teacher"  # how the generator of an instruction begins that a model wrote
SAID = "feedback"  # … that a person wrote who corrected an answer
State = Literal["generated", "accepted", "edited", "rejected", "retracted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """A question with its answer, traced to the document it was derived from.

    `fact` names what is asked ("기가라이트|월 요금"): paraphrases share it, a split keeps it together.
    `values` are the spans of `output`, in order, that a changed document would change. `given` are those that
    the question itself names, of which a passage has to speak too.
    """

    id: str
    question: str
    output: str
    values: tuple[str, ...]
    kind: Kind
    category: Category
    phrasing: Phrasing
    fact: str
    document_id: str
    document_digest: str
    chunk_ids: tuple[str, ...]  # the chunks that bear the answer
    given: tuple[str, ...] = ()
    generator: str  # what wrote it, with its version
    wording: str = ""  # of the question; "held_out…" ones are never trained on
    reviewer: str = ""
    state: State = "generated"
    reason: str = ""  # why it was rejected or retracted

    @property
    def free(self) -> bool:
        """Whether a model or a person worded it: each sentence has to be held against the document."""
        return self.generator.startswith((TAUGHT, SAID))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One rendered training row: loss falls on `completion` alone. `origin` tells how it was made."""

    prompt: str
    completion: str
    value: str  # the part of the completion that validation scores
    origin: Origin
    instruction_id: str
