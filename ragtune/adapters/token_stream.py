"""An answer that comes token by token over HTTP, as the model's container sends it: call, lines, pieces.

    {"token": {"id": 8, "text": "33,000원", "log_prob": -0.1}}
    {"token": {"id": 2, "text": "입니다.", "log_prob": -0.1}, "generated_text": "33,000원입니다."}

The same for a server on this machine and for an endpoint of SageMaker, which wraps the bytes. Whatever goes
wrong is one error, ModelUnavailable, with one sentence that says who did what.
"""

import http.client
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ragtune.errors import ModelUnavailable
from ragtune.eventstream import StreamFault
from ragtune.ports import Prompt

_MAX_ANSWER_BYTES = 4_000_000  # a token is about 100 bytes of JSON: some 40,000 of them
_MAX_LINE_BYTES = 1_000_000
PART_BYTES = 65_536
SILENCE_SHARE = 0.5  # of the whole time allowed that a server may be silent


class Refusal(Exception):
    """What the server did, to end a sentence that begins with its name."""


class Call:
    """One request on `connection`: every wait ends at the deadline, or after too long a silence."""

    def __init__(self, connection: http.client.HTTPConnection, allowed_s: float) -> None:
        self._silence_s = allowed_s * SILENCE_SHARE
        self._deadline = time.monotonic() + allowed_s
        self._connection = connection
        connection.timeout = self._silence_s

    def parts(self, path: str, body: bytes, headers: Mapping[str, str]) -> Iterator[bytes]:
        """The response as it comes. Raises Refusal on a status but 200."""
        self._connection.request("POST", path, body, dict(headers))
        socket = self._connection.sock  # the connection forgets it once a response will close it
        socket.settimeout(self._left_s())
        with self._connection.getresponse() as response:
            if response.status != 200:
                raise Refusal(f"answered {response.status}: {_reason(response.read(PART_BYTES))}")
            size = 0
            while True:
                if not response.isclosed():
                    socket.settimeout(self._left_s())
                part = response.read1(PART_BYTES)
                if not part:
                    return
                size += len(part)
                if size > _MAX_ANSWER_BYTES:
                    raise Refusal(f"sent more than {_MAX_ANSWER_BYTES} bytes without an end")
                yield part

    def close(self) -> None:
        """Leave the server."""
        self._connection.close()

    def _left_s(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self._silence_s)


def request_body(prompt: Prompt) -> bytes:
    """What the container is asked."""
    parameters = {"max_new_tokens": prompt.max_new_tokens, "stop": list(prompt.stop)}
    call = {"inputs": prompt.text, "parameters": parameters, "stream": True}
    return json.dumps(call, ensure_ascii=False).encode("utf-8", "replace")


def whole_lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Lines, however the parts were cut; the last one may lack its end."""
    kept = b""
    for part in parts:
        *whole, kept = (kept + part).split(b"\n")
        yield from whole
        if len(kept) > _MAX_LINE_BYTES:
            raise Refusal(f"sent more than {_MAX_LINE_BYTES} bytes without an end")
    yield kept


def pieces(lines: Iterable[bytes]) -> Iterator[str]:
    """The tokens' texts. Raises Refusal unless the last line brings the whole text."""
    sent = False
    for line in lines:
        if not line.strip():
            continue
        event = _event(line)
        text = _text(event)
        if text:
            sent = True
            yield text
        if "generated_text" in event:
            if not sent:  # a server that does not stream sends it all at once
                yield str(event["generated_text"])
            return
    raise Refusal("broke off in the middle of its answer")


@contextmanager
def troubles(who: str, allowed_s: float, remedy: str) -> Iterator[None]:
    """Every trouble of a call as ModelUnavailable: `who` it was, and what to do."""
    try:
        yield
    except TimeoutError:
        what = f"was silent or too slow within {allowed_s:.3g} s"
        raise ModelUnavailable(f"{who} {what}; {remedy}, or raise limits.model_timeout_s") from None
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
        raise ModelUnavailable(f"{who} can't be reached ({reason}); {remedy}") from None
    except (Refusal, StreamFault) as error:
        raise ModelUnavailable(f"{who} {error}; {remedy}") from None


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise Refusal(f"sent {line[:60].decode('utf-8', 'replace')!r} where a JSON object was due")
    if "error" in event:
        raise Refusal(f"reported {str(event['error'])[:200]!r}")
    return event


def _text(event: Mapping[str, Any]) -> str:
    token = event.get("token")
    if token is None:
        return ""
    if not isinstance(token, dict) or not isinstance(token.get("text"), str):
        raise Refusal("sent a token without text")
    return str(token["text"])


def _reason(body: bytes) -> str:
    """The container's word, or SageMaker's."""
    try:
        told = json.loads(body)
        return str(next(told[name] for name in ("error", "Message", "message") if name in told))[:200]
    except (ValueError, StopIteration, TypeError, KeyError):
        return body[:200].decode("utf-8", "replace")
