"""HTTP to an OpenSearch cluster with the standard library: kept connections, signed calls, patient retries.

    cluster = Cluster("http://127.0.0.1:9201")
    cluster.ask("GET", "/_cluster/health")          # {'cluster_name': 'ragtune-9201', 'status': 'green', …}

Every call that the index makes may be made twice, so a broken connection, 429, 502, 503 and 504 are tried
again until `patience_s` is over, with pauses that grow.
"""

import http.client
import json
import random
import select
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import Empty, Full, LifoQueue
from typing import Any
from urllib.parse import urlsplit

from ragtune.adapters.signing import Signer
from ragtune.errors import BadInput, IndexUnavailable, NotAllowed, OutOfSpace

Faults = Callable[[Any], str]  # what of a decoded answer is worth another try, "" when nothing is

_PASSING = frozenset({429, 502, 503, 504})
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 5.0
_CONNECT_S = 5.0
_MOST_BYTES = 256 * 1024 * 1024  # of an answer
_KEPT = 8  # idle connections
_IDS_A_CALL = 500
_SEARCHED = "responses.hits.hits,responses.aggregations,responses.error,responses.status"


class Refused(Exception):
    """The cluster answered with an error of ours: `status`, `kind` (index_not_found_exception), the text."""

    def __init__(self, status: int, kind: str, text: str) -> None:
        super().__init__(f"{status} {kind}: {text}")
        self.status, self.kind = status, kind


class Cluster:
    """One cluster at `url` (http:// or https://, host and port). Objects may be shared between threads.

    `timeout_s` bounds one call, `patience_s` all tries of one; a signer makes it AWS's.
    """

    def __init__(
        self,
        url: str,
        *,
        signer: Signer | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = 20.0,
        patience_s: float = 20.0,
    ) -> None:
        place = urlsplit(url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise BadInput(
                f"{url!r}: not the address of a cluster; write https://host or http://127.0.0.1:9201"
            )
        self.url = f"{place.scheme}://{place.netloc}"
        self.patience_s = patience_s
        self._host, self._port, self._timeout_s = place.hostname, place.port, timeout_s
        self._tls = (tls or ssl.create_default_context()) if place.scheme == "https" else None
        self._signer = signer
        self._idle: LifoQueue[http.client.HTTPConnection] = LifoQueue(_KEPT)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | object = None,
        *,
        faults: Faults = lambda _: "",
        patience_s: float | None = None,
    ) -> Any:
        """The decoded answer. `body`: bytes as they are (lines of JSON), or an object that becomes JSON.

        Raises Refused, NotAllowed, OutOfSpace, and IndexUnavailable when `patience_s` is over.
        """
        payload = body if isinstance(body, bytes) else b"" if body is None else as_json(body)
        deadline = time.monotonic() + (self.patience_s if patience_s is None else patience_s)
        pause = _FIRST_PAUSE_S
        while True:
            answer, trouble = self._once(method, path, payload)
            trouble = trouble or faults(answer)
            if not trouble:
                return answer
            if time.monotonic() + pause > deadline:
                raise IndexUnavailable(f"{self.url}: {trouble}; see whether the search cluster is up")
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def msearch(self, index: str, bodies: Sequence[Mapping[str, object]]) -> list[Any]:
        """The answers of searches that go in one request. Raises Refused for one that the node refuses."""
        head = b'{"allow_partial_search_results":false}\n'
        lines = b"".join(head + as_json(body) + b"\n" for body in bodies)
        path = f"/{index}/_msearch?filter_path={_SEARCHED}"
        answers: list[Any] = self.ask("POST", path, lines, faults=_faults("responses"))["responses"]
        return answers

    def mget(self, index: str, ids: Sequence[str], *, fields: str = "*") -> dict[str, dict[str, Any]]:
        """The records of `ids` that are there, as they are this moment."""
        path = f"/{index}/_mget?_source_includes={fields}"
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), _IDS_A_CALL):
            asked = {"ids": ids[start : start + _IDS_A_CALL]}
            answer = self.ask("POST", path, asked, faults=_faults("docs"))
            found |= {one["_id"]: one["_source"] for one in answer["docs"] if one.get("found")}
        return found

    def close(self) -> None:
        """Give the kept connections back."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _once(self, method: str, path: str, payload: bytes) -> tuple[Any, str]:
        """(decoded answer, "") or (None, what is worth another try)."""
        try:
            status, data = self._send(method, path, payload)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, ssl.SSLCertVerificationError):
                reason = f"{self.url}: its certificate is not trusted ({error.verify_message})"
                raise IndexUnavailable(f"{reason}; name its authority in SSL_CERT_FILE") from None
            return None, f"{method} {path.partition('?')[0]} failed ({error or type(error).__name__})"
        try:
            answer = json.loads(data) if data else {}
        except ValueError:
            answer = {"error": {"type": "not JSON", "reason": data[:200].decode("utf-8", "replace")}}
            status = status if status >= 400 else 502
        if status < 400:
            return answer, ""
        return None, self._refusal(method, path, status, answer)

    def _refusal(self, method: str, path: str, status: int, answer: Any) -> str:
        """What is worth another try. Raises what is not."""
        kind, text = _reason(answer)
        if full(kind, text):
            raise OutOfSpace(f"{self.url}: the cluster's disks are full ({text}); give it more and go on")
        if status in _PASSING:
            return f"{status} {kind}: {text[:200]}"
        if status in (401, 403):
            what = f"{method} {path.partition('?')[0]}"
            raise NotAllowed(
                f"{self.url}: {what} is not allowed to these credentials ({status} {text[:300]}); "
                "map their role to one of the index's roles"
            )
        raise Refused(status, kind, text)

    def _send(self, method: str, path: str, payload: bytes) -> tuple[int, bytes]:
        headers = {"content-type": "application/x-ndjson" if payload.endswith(b"\n") else "application/json"}
        if self._signer:
            headers = self._signer.signed(method, self.url + path, body=payload, headers=headers)
        connection = self._connection()
        try:
            connection.request(method, path, payload or None, headers)
            answer = connection.getresponse()
            data = answer.read(_MOST_BYTES + 1)
            if len(data) > _MOST_BYTES:
                raise http.client.HTTPException(f"an answer of more than {_MOST_BYTES} bytes")
        except BaseException:
            connection.close()
            raise
        try:
            if connection.sock:  # the cluster keeps it open, too
                self._idle.put_nowait(connection)
        except Full:
            connection.close()
        return answer.status, data

    def _connection(self) -> http.client.HTTPConnection:
        with suppress(Empty):
            while True:
                kept = self._idle.get_nowait()
                if not _stale(kept):
                    return kept
                kept.close()
        made = (
            http.client.HTTPSConnection(self._host, self._port, timeout=_CONNECT_S, context=self._tls)
            if self._tls
            else http.client.HTTPConnection(self._host, self._port, timeout=_CONNECT_S)
        )
        made.connect()
        assert made.sock is not None  # noqa: S101 - connect() made it
        made.sock.settimeout(self._timeout_s)
        return made


def as_json(value: Mapping[str, object] | object) -> bytes:
    """JSON in UTF-8; what UTF-8 can't hold (lone surrogates) becomes "?"."""
    return _ENCODER.encode(value).encode("utf-8", "replace")


def _faults(key: str) -> Faults:
    """Of answers that hold several: what is worth another try. Raises Refused for what is not."""

    def look(answer: Any) -> str:
        for one in answer[key]:
            if "error" in one:
                kind, text = _reason(one)
                # A shard that is being opened, or moves: _mget has no status of its own for it.
                if one.get("status", 503) not in _PASSING or kind == "index_not_found_exception":
                    raise Refused(one.get("status", 404), kind, text)
                return f"{kind}: {text[:200]}"
        return ""

    return look


def full(kind: str, text: str) -> bool:
    """Whether a refusal says that disks are full."""
    return kind == "cluster_block_exception" and "flood-stage" in text


def _reason(answer: Any) -> tuple[str, str]:
    error = answer.get("error", answer) if isinstance(answer, dict) else {}
    if not isinstance(error, dict):
        return "error", str(error)
    text = str(error.get("reason") or error.get("message") or error.get("Message") or error)
    return str(error.get("type", "error")), text


def _stale(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has closed it: there is something to read though nothing was asked."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
