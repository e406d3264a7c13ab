"""The sentences that answers are made of: what was asked about first, then what was read.

>>> contrasted(("빛길맥스", "35,200원"), ("빛길프로", "44,000원"), "월 요금")
'비교하면 빛길맥스의 월 요금은 35,200원입니다. 빛길프로의 월 요금은 44,000원입니다.'
"""

import re
from collections.abc import Sequence

from ragtune.particles import with_particle

CONTRASTED = "비교하면"  # how the answer to a comparison begins
ORDER, LISTED = "순서는", "다음과 같습니다"  # and how one that lists steps does
SENTENCE_END = re.compile(r"(?:다|요|음|함|됨)\.?$")
_ORDER = re.compile(r"\s*(?:처리\s*)?(?:순서|단계|절차|과정|흐름)$")


def stated(subject: str, attribute: str, value: str) -> str:
    """`X의 월 요금은 33,000원입니다.`; a value that is itself a sentence follows as one."""
    head = f"{subject}의 {with_particle(attribute, '은', '는')}"
    return f"{head} {LISTED}. {value}" if SENTENCE_END.search(value) else f"{head} {value}입니다."


def contrasted(one: tuple[str, str], other: tuple[str, str], attribute: str) -> str:
    """Two subjects, each with its value: `비교하면 X의 약정은 12개월입니다. Y의 약정은 24개월입니다.`

    A sentence each, and a first word that tells how many: so a small model learns to say both.
    """
    return f"{CONTRASTED} {stated(one[0], attribute, one[1])} {stated(other[0], attribute, other[1])}"


def in_order(steps: Sequence[str]) -> str:
    """`순서는 다음과 같습니다.` and the steps, a numbered line each."""
    return "\n".join((f"{ORDER} {LISTED}.", *(f"{n}. {step}" for n, step in enumerate(steps, 1))))


def procedure(subject: str, heading: str) -> str:
    """What is done, as one phrase: `온가족 결합` and `결합 신청 순서` make `온가족 결합 신청`."""
    words, named = heading.split(), subject.split()
    if subject in heading or (len(words) > 1 and words[0] == named[0]):
        whole = heading
    else:
        whole = " ".join((*named, *words[words[0] == named[-1] :]))
    return _ORDER.sub("", whole)


def singled_out(condition: str, subject: str) -> str:
    """`월 요금이 33,000원인 것은 X입니다.`"""
    return f"{condition} 것은 {subject}입니다."
