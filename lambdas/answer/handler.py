"""Answers questions: API Gateway's event in, the routes' reply out. See ragtune.api for the routes.

The work is `parts`: a prelude with status and headers, then bytes as they come. `handler` joins them, since
Python's runtime buffers replies; a runtime that streams sends the same parts one by one.
"""

import base64
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from calls import Refused, call
from environment import environment

from ragtune.answers import Answer, Request
from ragtune.api import Api, Identity
from ragtune.errors import RagtuneError
from ragtune.metrics import line
from ragtune.replies import Reply, refusal
from ragtune.wiring import open_function_api

_KEPT = ExitStack()
_MAX_REPLY_BYTES = 6_200_000  # Lambda's bound is 6,291,556 with the headers
_FRESH_S = 300  # then all is opened anew: documents may say new words, credentials end
_NOBODY = "이 호출자에게는 볼 수 있는 문서가 없습니다."
_TOO_LARGE = "문서가 너무 커서 한 번에 보낼 수 없습니다."
_AWAY = "지금은 답할 수 없습니다. 잠시 뒤에 다시 시도해 주세요."


@dataclass(frozen=True, slots=True, kw_only=True)
class Prelude:
    """The first part."""

    status: int
    headers: Mapping[str, str]


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """One call of Lambda, the reply as a whole."""
    return fitting(joined(parts(event)))


def parts(event: dict[str, Any]) -> Iterator[Prelude | bytes]:
    """The prelude, then the body as it comes."""
    yield from _sent(_reply(event))


def joined(pieces: Iterator[Prelude | bytes]) -> dict[str, Any]:
    """As API Gateway takes it; what is not text in base64."""
    prelude = next(pieces)
    assert isinstance(prelude, Prelude)  # noqa: S101  `parts` begins with it
    body = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    is_text = "charset=utf-8" in prelude.headers.get("content-type", "")
    return {
        "statusCode": prelude.status,
        "headers": dict(prelude.headers),
        "body": body.decode() if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }


def fitting(made: dict[str, Any]) -> dict[str, Any]:
    """`made`, or a refusal in its place where it is more than Lambda sends."""
    # Lambda sends it as JSON in UTF-8: quotes and backslashes are escaped.
    size = len(made["body"].encode()) + made["body"].count('"') + made["body"].count("\\")
    return made if size <= _MAX_REPLY_BYTES else joined(_sent(refusal(413, _TOO_LARGE)))


def _reply(event: dict[str, Any]) -> Reply:
    try:
        asked = call(event, environment().callers)
    except Refused as error:
        return refusal(403, _NOBODY, str(error))
    try:
        return api().handle(asked)
    except RagtuneError as error:  # the index can't be opened
        sys.stderr.write(f"{error}\n")
        return refusal(503, _AWAY, str(error))


def api() -> Api:
    """Opened at the first question and kept for five minutes."""
    return _opened(int(time.monotonic() // _FRESH_S))


@lru_cache(maxsize=1)
def _opened(_: int) -> Api:
    _KEPT.close()
    place = environment()
    return _KEPT.enter_context(open_function_api(place.settings, place.place, _measure))


def close() -> None:
    """Let go of what is open. Lambda never calls it; a process that goes on does."""
    _KEPT.close()
    _opened.cache_clear()


def _measure(_: Identity, __: Request, answer: Answer) -> None:
    stages = {f"Stage.{name}": (1000 * seconds, "Milliseconds") for name, seconds in answer.seconds.items()}
    states = {
        "Answers": (1, "Count"),
        "Abstained": (int(answer.state == "abstained"), "Count"),
        "FellBack": (int(answer.state == "fallback"), "Count"),
    }
    sys.stdout.write(line(environment().metrics, states | stages) + "\n")


def _sent(reply: Reply) -> Iterator[Prelude | bytes]:
    yield Prelude(status=reply.status, headers=reply.headers)
    yield from reply.body
