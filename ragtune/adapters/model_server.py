"""Generator over the HTTP contract of the model container (and of `python -m inference.server`).

    POST /invocations {"inputs": "…", "parameters": {"max_new_tokens": 96, "stop": ["###"]}, "stream": true}
    {"token": {"id": 8, "text": "33,000원", "log_prob": -0.1}}
    {"token": {"id": 2, "text": "입니다.", "log_prob": -0.1}, "generated_text": "33,000원입니다."}

A server that refuses, hangs, breaks off or talks nonsense is one error, ModelUnavailable.
"""

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ragtune.errors import BadInput, ModelUnavailable
from ragtune.ports import Prompt

_MAX_ANSWER_BYTES = 4_000_000  # a token is about 100 bytes of JSON: some 40,000 of them
_MAX_LINE_BYTES = 1_000_000
_PART_BYTES = 65_536
_PING_TIMEOUT_S = 2.0
_SILENCE_SHARE = 0.5  # of the whole time allowed that a server may be silent


class ModelServer:
    """Generator. `timeout_s` bounds the whole answer; half of it without a word counts as hanging."""

    def __init__(self, url: str, *, name: str, timeout_s: float, versions: Mapping[str, str]) -> None:
        place = urlsplit(url)
        if place.scheme != "http" or not place.hostname:
            raise BadInput(f"models.{name}.url: {url!r} is not http://host:port")
        self.name = name
        self._host, self._port = place.hostname, place.port or 80
        self._path = place.path.rstrip("/")
        self._timeout_s = timeout_s
        self._versions = dict(versions)

    def versions(self) -> Mapping[str, str]:
        """Digests of base model and adapter as /ping names them, else as they were configured."""
        try:
            served = json.loads(self._ping(_PING_TIMEOUT_S)[1])
        except (OSError, http.client.HTTPException, ValueError, RecursionError):
            served = {}
        named = served if isinstance(served, dict) else {}
        return self._versions | {part: text for part, text in named.items() if isinstance(text, str)}

    def ready(self) -> bool:
        """Whether the server answers `GET /ping`."""
        try:
            return self._ping(_PING_TIMEOUT_S)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _ping(self, timeout_s: float) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)
        try:
            connection.request("GET", f"{self._path}/ping")
            response = connection.getresponse()
            return response.status, response.read(_PART_BYTES)
        finally:
            connection.close()

    def generate(self, prompt: Prompt) -> Iterator[str]:
        """Pieces of the answer as the server sends them. Raises ModelUnavailable before or between them."""
        allowed_s = min(prompt.within_s or self._timeout_s, self._timeout_s)
        call = _Call(self._host, self._port, time.monotonic() + allowed_s, allowed_s)
        try:
            yield from _pieces(call.lines(f"{self._path}/invocations", _body(prompt)))
        except TimeoutError:
            raise ModelUnavailable(
                f"{self._at} was silent or too slow within {allowed_s:.3g} s; "
                "see its log, or raise limits.model_timeout_s"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise ModelUnavailable(
                f"{self._at} can't be reached ({reason}); start it or look at its log"
            ) from None
        except _Refusal as error:
            raise ModelUnavailable(f"{self._at} {error}; see its log") from None
        finally:
            call.close()

    @property
    def _at(self) -> str:
        return f"the model server {self.name!r} at {self._host}:{self._port}"


class _Refusal(Exception):
    """What the server did, to end a sentence that begins with its name."""


class _Call:
    """One request: every wait ends at the deadline, or after too long a silence."""

    def __init__(self, host: str, port: int, deadline: float, timeout_s: float) -> None:
        self._silence_s = timeout_s * _SILENCE_SHARE
        self._deadline = deadline
        self._connection = http.client.HTTPConnection(host, port, timeout=self._silence_s)

    def lines(self, path: str, body: bytes) -> Iterator[bytes]:
        """Whole lines of the response, however its parts were cut. Raises _Refusal on a status but 200."""
        self._connection.request("POST", path, body, {"Content-Type": "application/json"})
        socket = self._connection.sock  # the connection forgets it once a response will close it
        socket.settimeout(self._left_s())
        with self._connection.getresponse() as response:
            if response.status != 200:
                raise _Refusal(f"answered {response.status}: {_reason(response.read(_PART_BYTES))}")
            kept, size = b"", 0
            while True:
                socket.settimeout(self._left_s())
                part = response.read1(_PART_BYTES)
                size += len(part)
                *whole, kept = (kept + part).split(b"\n")
                yield from whole
                if not part:
                    break
                if size > _MAX_ANSWER_BYTES or len(kept) > _MAX_LINE_BYTES:
                    raise _Refusal(f"sent more than {min(size, _MAX_ANSWER_BYTES)} bytes without an end")
            yield kept

    def close(self) -> None:
        self._connection.close()

    def _left_s(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self._silence_s)


def _body(prompt: Prompt) -> bytes:
    parameters = {"max_new_tokens": prompt.max_new_tokens, "stop": list(prompt.stop)}
    call = {"inputs": prompt.text, "parameters": parameters, "stream": True}
    return json.dumps(call, ensure_ascii=False).encode("utf-8", "replace")


def _pieces(lines: Iterator[bytes]) -> Iterator[str]:
    """The tokens' texts. Raises _Refusal unless the last line brings the whole text."""
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
    raise _Refusal("broke off in the middle of its answer")


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise _Refusal(f"sent {line[:60].decode('utf-8', 'replace')!r} where a JSON object was due")
    if "error" in event:
        raise _Refusal(f"reported {str(event['error'])[:200]!r}")
    return event


def _text(event: Mapping[str, Any]) -> str:
    token = event.get("token")
    if token is None:
        return ""
    if not isinstance(token, dict) or not isinstance(token.get("text"), str):
        raise _Refusal("sent a token without text")
    return str(token["text"])


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])[:200]
    except (ValueError, KeyError, TypeError):
        return body[:200].decode("utf-8", "replace")
