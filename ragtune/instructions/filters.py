"""What may not become training data: each instruction is accepted, or rejected with one reason.

    screened = screen(instructions, chunks, evaluation=[q.question for q in questions])
    screened.counts   # {'duplicate': 5121, 'evaluation question': 38, 'ambiguous': 36}

In this order: length, don't know, needs the passage, wrong language, personal data, ungrounded,
evaluation question, ambiguous (the same question answered otherwise elsewhere), duplicate. The evaluation
questions are never trained on, nor is a question that is nearly one of them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from ragtune.citations import abstains, check
from ragtune.documents import Chunk, Passage
from ragtune.instructions.records import Instruction
from ragtune.language import is_korean
from ragtune.privacy import find
from ragtune.values import stands

QUESTION_CHARS = (4, 200)
OUTPUT_CHARS = (2, 1500)
NEARLY = 0.85  # of two questions' letter pairs in common: the same question with another ending

_UNKNOWING = re.compile(r"(?:잘\s*)?모르겠|알 수 없(?:습니다|음)|정보가 없습니다|답변(?:드리기|하기) 어렵")
_POINTING = re.compile(
    r"(?:^|[\s(])(?:위|아래|다음|앞|이|해당)\s*(?:의\s*)?(?:표|그림|글|문서|내용|항목|지문|사진|절|페이지)(?=$|[\s에의은는이가을를을에서)])"
)
_LOST = re.compile(r"[^\w가-힣]+")
Rule = Callable[[Instruction], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """`rejected` ones carry their reason; `counts` is how many each reason took."""

    accepted: tuple[Instruction, ...]
    rejected: tuple[Instruction, ...]
    counts: dict[str, int]


def screen(
    instructions: Iterable[Instruction], chunks: Mapping[str, Chunk], *, evaluation: Iterable[str]
) -> Screened:
    """Accept or reject each instruction, in order. `chunks` by id are those the instructions name.

    Of equal ones the first is kept, and takes over the chunks the others name.
    """
    held_back = [pairs(question) for question in evaluation]
    rules: tuple[tuple[str, Rule], ...] = (
        ("length", _ill_sized),
        ("don't know", lambda one: bool(_UNKNOWING.search(one.output)) or abstains(one.output)),
        ("needs the passage", _needs_the_passage),
        ("wrong language", lambda one: not is_korean(one.question) or not is_korean(one.output)),
        ("personal data", _personal),
        ("ungrounded", lambda one: not grounded(one, chunks)),
        ("evaluation question", lambda one: nearly_one_of(one.question, held_back)),
    )
    judged = [
        (one, one.reason or next((name for name, rule in rules if rule(one)), "")) for one in instructions
    ]
    return _once_each(judged)


def grounded(instruction: Instruction, chunks: Mapping[str, Chunk]) -> bool:
    """Whether every value stands in one of the chunks that the instruction names.

    Of what a model or a person wrote, every sentence is borne by one of them, and the answer holds what was
    asked for.
    """
    named = [chunks[name] for name in instruction.chunk_ids if name in chunks]
    if instruction.free:
        passages = [Passage(chunk=chunk, score=1.0) for chunk in named]
        said = all(stands(instruction.output, value) for value in instruction.values)
        return bool(named) and said and not check(instruction.output, passages).unsupported
    texts = [chunk.searchable for chunk in named]
    return bool(texts) and all(any(stands(text, value) for text in texts) for value in instruction.values)


def nearly_one_of(question: str, others: Iterable[frozenset[str]]) -> bool:
    """Whether the question shares at least `NEARLY` of its letter pairs (Jaccard) with one of `others`."""
    own = pairs(question)
    return any(len(own & other) >= NEARLY * len(own | other) for other in others)


def pairs(text: str) -> frozenset[str]:
    """The letter pairs of a text, without white space and punctuation."""
    squeezed = squeeze(text)
    return frozenset(squeezed[place : place + 2] for place in range(max(1, len(squeezed) - 1)))


def squeeze(text: str) -> str:
    """A text by which two are the same: letters and digits only, one case."""
    return _LOST.sub("", text).casefold()


def _needs_the_passage(instruction: Instruction) -> bool:
    """It points at a passage, or does not say what it is about; the rules' wordings always say it."""
    unnamed = instruction.free and not all(stands(instruction.question, one) for one in instruction.given)
    return unnamed or bool(_POINTING.search(instruction.question))


def _once_each(judged: list[tuple[Instruction, str]]) -> Screened:
    """A free answer to a question of the rules is a duplicate, never a reason to doubt theirs."""
    derived = {squeeze(one.question) for one, reason in judged if not reason and not one.free}
    judged = [
        (one, reason or ("duplicate" if one.free and squeeze(one.question) in derived else ""))
        for one, reason in judged
    ]
    answers: dict[str, set[str]] = {}
    for one, reason in judged:
        if not reason:
            answers.setdefault(squeeze(one.question), set()).add(squeeze(one.output))
    accepted: dict[str, Instruction] = {}
    rejected = []
    for one, found in judged:
        question = squeeze(one.question)
        reason = found or ("ambiguous" if len(answers[question]) > 1 else "")
        if not reason and question in accepted:
            reason = "duplicate"
            kept = accepted[question]
            chunk_ids = tuple(dict.fromkeys((*kept.chunk_ids, *one.chunk_ids)))
            accepted[question] = replace(kept, chunk_ids=chunk_ids)
        if reason:
            rejected.append(replace(one, state="rejected", reason=reason))
        else:
            accepted[question] = one
    counts = dict(sorted(Counter(one.reason for one in rejected).items()))
    return Screened(accepted=tuple(accepted.values()), rejected=tuple(rejected), counts=counts)


def _ill_sized(instruction: Instruction) -> bool:
    sizes = ((instruction.question, QUESTION_CHARS), (instruction.output, OUTPUT_CHARS))
    return not all(low <= len(text) <= high for text, (low, high) in sizes)


def _personal(instruction: Instruction) -> bool:
    # The rules' wordings hold no numbers: what such a question has of a document is in its fact.
    asked = f"{instruction.question}\n" if instruction.free else ""
    return _holds_personal_data(f"{asked}{instruction.fact}\n{instruction.output}")


@lru_cache(maxsize=50_000)
def _holds_personal_data(text: str) -> bool:
    return bool(find(text))
