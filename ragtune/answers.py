"""What is asked and what comes back: one question, parts of the answer, the answer with its trace.

{"text":"기가라이트의 월 요금은 33,000원입니다.","state":"answered","citations":[{"passage":1,…}],
 "versions":{"index":"…","prompt":"…"},"seconds":{"retrieval":0.004},"trace":{"prompt":"…","support":0.8,…}}
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ragtune.documents import PUBLIC, Citation, Resource
from ragtune.errors import BadInput

State = Literal["answered", "abstained", "fallback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question. `labels` are what the caller may see, from a verified identity; `day` is an ISO date.

    `own_words`: give a model's text even where it is no answer to show to anyone, as an evaluation needs it.
    `within_s`: a model gets what is left of these seconds, then the documents are quoted; 0: no such limit.
    """

    question: str
    generator: str = ""  # "" = the settings' default
    retrieval: bool = True
    labels: frozenset[str] = frozenset({PUBLIC})
    own_words: bool = False
    within_s: float = 0.0
    day: str = field(default_factory=lambda: date.today().isoformat())

    def __post_init__(self) -> None:
        try:
            date.fromisoformat(self.day)
        except ValueError:
            raise BadInput(f"day: {self.day!r} is not a date like 2026-11-22") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A retrieved passage as the trace shows it. `dropped`: it did not fit the model's context."""

    number: int  # 1-based, as in the prompt
    chunk_id: str
    version: int  # ms
    score: float
    legs: dict[str, float]
    dropped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How an answer came about."""

    retrieval: bool
    prompt: str
    passages: tuple[Found, ...]
    support: float  # 0–1, of the passages for the question
    korean_share: float  # 0–1, Hangul among the answer's letters, known product names left out
    unsupported: tuple[str, ...]  # sentences of the answer that no passage bears
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`versions` names everything it came from; `seconds` are per stage."""

    text: str
    state: State
    citations: tuple[Citation, ...]
    attachments: tuple[Resource, ...]
    versions: dict[str, str]
    seconds: dict[str, float]
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of the answer as it comes. `replaces`: forget the text so far. The last one has `answer`."""

    text: str = ""
    replaces: bool = False
    answer: Answer | None = None
