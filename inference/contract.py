"""What `POST /invocations` takes and gives, as the LMI container does.

    {"inputs": "### 명령어:\\n…", "parameters": {"max_new_tokens": 96, "stop": ["###"]}, "stream": true}
    {"token": {"id": 8, "text": "33,000원", "log_prob": -0.1}}
    {"token": {"id": 2, "text": "입니다.", "log_prob": -0.1}, "generated_text": "33,000원입니다."}

Without `stream` the reply is one object, {"generated_text": "…"}. Any error is HTTP 424 {"error": "…"}.
"""

import json
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from ragtune.errors import BadInput
from ragtune.records import from_json
from ragtune.settings import within

MAX_BODY_BYTES = 2_000_000
MAX_STOPS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Decoding is greedy, so that the same prompt gives the same answer; another wish is refused."""

    max_new_tokens: int = 256
    stop: tuple[str, ...] = ()
    do_sample: bool = False

    def __post_init__(self) -> None:
        within("max_new_tokens", self.max_new_tokens, 1, 4096)
        within("number of stop strings", len(self.stop), 0, MAX_STOPS)
        if not all(self.stop):
            raise ValueError("stop: '' is empty and would stop everything; leave it out")
        if self.do_sample:
            raise ValueError("do_sample: True is not served here; decoding is greedy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call."""

    inputs: str
    parameters: Parameters = field(default_factory=Parameters)
    stream: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A generated token; `text` may be "" while the bytes of a letter are incomplete."""

    id: int
    text: str
    log_prob: float


def read_invocation(body: bytes) -> Invocation:
    """Raises BadInput with one sentence when the body is too large or not of that form."""
    if len(body) > MAX_BODY_BYTES:
        raise BadInput(f"body: {len(body):,} bytes; at most {MAX_BODY_BYTES:,} are taken")
    invocation = from_json(Invocation, body, "body")
    if not invocation.inputs:
        raise BadInput("body.inputs: empty; send the rendered prompt")
    return invocation


def lines(tokens: Iterable[Token]) -> Generator[bytes, None, None]:
    """A JSON line a token; the last one adds the whole text."""
    held: Token | None = None
    text = ""
    for token in tokens:
        if held:
            yield _line({"token": _shown(held)})
        held, text = token, text + token.text
    last = {"token": _shown(held)} if held else {}
    yield _line({**last, "generated_text": text})


def _shown(token: Token) -> dict[str, object]:
    return {"id": token.id, "text": token.text, "log_prob": round(token.log_prob, 6)}


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
