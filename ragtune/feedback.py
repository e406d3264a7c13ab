"""Feedback on an answer: useful, wrong, or what it should have said.

    POST /feedback   {"question":"…","answer":"…","verdict":"corrected","correction":"…",
                      "citations":["d_0123456789abcdef"]}
      → {"kept": "5f0c…", "masked": false}

    feedback/5f0c….json
    {"at": "2026-11-22T01:00:03.120Z", "caller": "ragtune-prod-counsellor/kim", "user": "kim",
     "labels": ["public"], "verdict": "corrected", "question": "…", "answer": "…", "correction": "…",
     "citations": ["d_0123456789abcdef"], "versions": {"index": "…", …}}

The key comes from who says it and what is said, without the time: the same feedback sent again takes the
place of the first, and nobody reaches what another left. `instructions.feedback` makes training data of it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from ragtune.records import digest, to_json
from ragtune.replies import Refused

if TYPE_CHECKING:  # `api` takes feedback by this module
    from ragtune.api import Identity, Terms

Mask = Callable[[str], str]
Verdict = Literal["useful", "wrong", "corrected"]

MAX_CHARS = 4_000  # of an answer and of its correction
MAX_CITATIONS = 10
FOLDER = "feedback/"
_DOCUMENT = re.compile(r"d_[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The body of POST /feedback. `correction` is what the answer should have said."""

    question: str
    answer: str
    verdict: Verdict
    correction: str = ""
    citations: tuple[str, ...] = ()  # ids of the documents that the answer cited

    def __post_init__(self) -> None:
        _check_citations(self.citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What is kept; every text in it is masked. `citations` are documents that the caller could see."""

    at: str  # ISO, UTC, ms
    caller: str  # whom the shell verified
    user: str
    labels: tuple[str, ...]
    verdict: Verdict
    question: str
    answer: str
    correction: str
    citations: tuple[str, ...]
    versions: dict[str, str]

    def __post_init__(self) -> None:
        _check_citations(self.citations)
        if (self.verdict == "corrected") != bool(self.correction.strip()):
            raise ValueError(f"correction: {self.correction[:40]!r} does not go with {self.verdict!r}")
        for name in ("answer", "correction"):
            if (size := len(getattr(self, name))) > MAX_CHARS:
                raise ValueError(f"{name}: {size} characters; at most {MAX_CHARS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A feedback as it goes into the store. `masked`: it held personal numbers."""

    id: str
    record: Feedback
    masked: bool

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{FOLDER}{self.id}.json"

    @property
    def data(self) -> bytes:
        return to_json(self.record).encode()


def take(sent: Sent, identity: "Identity", terms: "Terms", *, sees: Callable[[str], bool]) -> Taken:
    """The record of `sent`: masked, bounded, with the citations that the caller `sees`. Raises Refused."""
    given = {name: whole(getattr(sent, name)) for name in ("question", "answer", "correction")}
    _check(sent.verdict, given, question_chars=terms.question_chars)  # first: masking long texts takes long
    texts = {name: masked(text, terms.mask) for name, text in given.items()}
    cited = tuple(each for each in dict.fromkeys(sent.citations) if sees(each))
    record = Feedback(
        at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        caller=identity.name,
        user=masked(whole(identity.user), terms.mask),  # an app's own word: it may be a number, too
        labels=tuple(sorted(identity.labels)),
        versions=dict(terms.versions),
        verdict=sent.verdict,
        citations=cited,
        **texts,
    )
    # Two digests, 128 bits: among 64, a text that lands on another's key could be searched for.
    name = digest([identity.name, whole(identity.user)]) + digest([sent.verdict, texts, cited])
    return Taken(id=name, record=record, masked=texts != given)


def masked(text: str, mask: Mask) -> str:
    """`text` without personal numbers, for good.

    Again until nothing changes: what stands for one number ("[계좌번호]") tells of the next one beside it.
    """
    while (less := mask(text)) != text:
        text = less
    return text


def whole(text: str) -> str:
    """`text` as it can be written: halves of a character that JSON lets through become a question mark."""
    return text.encode("utf-8", "replace").decode().strip()


def _check(verdict: Verdict, texts: Mapping[str, str], *, question_chars: int) -> None:
    if not texts["question"] or not texts["answer"]:
        raise Refused(400, "질문과 답변이 함께 있어야 의견을 남길 수 있습니다.")
    if verdict == "corrected" and not texts["correction"]:
        raise Refused(400, "고친 답변이 비어 있습니다. 바른 내용을 적어 주세요.")
    if verdict != "corrected" and texts["correction"]:
        raise Refused(400, "고친 답변은 ‘고쳐 쓰기’로만 보낼 수 있습니다.")
    bounds = {"question": question_chars, "answer": MAX_CHARS, "correction": MAX_CHARS}
    named = {"question": "질문이", "answer": "답변이", "correction": "고친 답변이"}
    for name, most in bounds.items():
        if len(texts[name]) > most:
            raise Refused(400, f"{named[name]} 너무 깁니다. {most:,}자 이내로 줄여 주세요.")


def _check_citations(citations: tuple[str, ...]) -> None:
    if len(citations) > MAX_CITATIONS:
        raise ValueError(f"citations: {len(citations)} of them; at most {MAX_CITATIONS}")
    for each in citations:
        if not _DOCUMENT.fullmatch(each):
            raise ValueError(f"citations: {each[:40]!r} is no id like d_0123456789abcdef")
