"""Generator over the HTTP contract of the model container (and of `python -m inference.server`).

    POST /invocations {"inputs": "…", "parameters": {"max_new_tokens": 96, "stop": ["###"]}, "stream": true}
    {"token": {"id": 8, "text": "33,000원", "log_prob": -0.1}}
    {"token": {"id": 2, "text": "입니다.", "log_prob": -0.1}, "generated_text": "33,000원입니다."}

A server that refuses, hangs, breaks off or talks nonsense is one error, ModelUnavailable.
"""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import urlsplit

from ragtune.adapters.token_stream import PART_BYTES, Call, pieces, request_body, troubles, whole_lines
from ragtune.errors import BadInput
from ragtune.ports import Prompt

_PING_TIMEOUT_S = 2.0


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
            return response.status, response.read(PART_BYTES)
        finally:
            connection.close()

    def generate(self, prompt: Prompt) -> Iterator[str]:
        """Pieces of the answer as the server sends them. Raises ModelUnavailable before or between them."""
        allowed_s = min(prompt.within_s or self._timeout_s, self._timeout_s)
        call = Call(http.client.HTTPConnection(self._host, self._port), allowed_s)
        who = f"the model server {self.name!r} at {self._host}:{self._port}"
        with troubles(who, allowed_s, "start it, or see its log"), closing(call):
            headers = {"Content-Type": "application/json"}
            parts = call.parts(f"{self._path}/invocations", request_body(prompt), headers)
            yield from pieces(whole_lines(parts))
