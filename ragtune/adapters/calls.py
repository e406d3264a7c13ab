"""One JSON question to a model's server, one JSON answer: what embedders and rerankers of all kinds share.

    Endpoint("http://127.0.0.1:8080/rerank", what="the reranker", timeout_s=10).post({"query": "요금", …})
    sagemaker("sagemaker://ragtune-embedder?region=ap-northeast-2", what="the embedder", timeout_s=10)

A server that refuses, hangs, answers too much or talks nonsense is one error, ModelUnavailable. Standard
library only, so that the function that answers questions can call a model.
"""

import http.client
import json
import os
import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from ragtune.adapters.signing import Signer, signer
from ragtune.errors import BadInput, ModelUnavailable

_MAX_ANSWER_BYTES = 64_000_000  # 256 vectors of 4,096 numbers, each 20 characters
_PART_BYTES = 1_000_000
_TOLD_CHARS = 200
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})")


class Endpoint:
    """POSTs JSON to `url` (http or https). `timeout_s` bounds the answer. `key_in` names the environment
    variable that holds a bearer token; `signer` signs for AWS. Raises BadInput for other URLs."""

    def __init__(
        self, url: str, *, what: str, timeout_s: float, key_in: str = "", signer: Signer | None = None
    ) -> None:
        place = urlsplit(url)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise BadInput(f"{what}: {url!r} is not http://host:port/path")
        self._url, self._place, self._what = url, place, what
        self._timeout_s, self._key_in, self._signer = timeout_s, key_in, signer

    def post(self, body: object) -> object:
        """The answer's JSON. Raises ModelUnavailable."""
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            status, told = self._ask(data)
        except TimeoutError:
            raise ModelUnavailable(f"{self._at} was too slow: {self._timeout_s:g} s are over") from None
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise ModelUnavailable(f"{self._at} can't be reached ({reason}); start it") from None
        if status != 200:
            said = told[:_TOLD_CHARS].decode("utf-8", "replace")
            raise ModelUnavailable(f"{self._at} answered {status}: {said}; see its log")
        try:
            return json.loads(told)
        except (ValueError, RecursionError):
            raise self.nonsense("no JSON") from None

    def nonsense(self, said: str) -> ModelUnavailable:
        """The error that says what came instead of an answer."""
        return ModelUnavailable(f"{self._at} sent {said[:_TOLD_CHARS]}; is it a server of that kind?")

    @property
    def _at(self) -> str:
        return f"{self._what} at {self._place.netloc}"

    def _ask(self, data: bytes) -> tuple[int, bytes]:
        deadline = time.monotonic() + self._timeout_s
        connection = self._connection()
        try:
            path = self._place.path or "/"
            target = f"{path}?{self._place.query}" if self._place.query else path
            connection.request("POST", target, data, self._headers(data))
            socket = connection.sock  # the connection forgets it once a response will close it
            response, told = connection.getresponse(), bytearray()
            while part := response.read1(_PART_BYTES):
                told += part
                if len(told) > _MAX_ANSWER_BYTES:
                    raise http.client.HTTPException(f"more than {_MAX_ANSWER_BYTES:,} bytes")
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError
                if not response.isclosed():
                    socket.settimeout(left_s)
            return response.status, bytes(told)
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._place.hostname or "", self._place.port
        if self._place.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._timeout_s)
        import ssl  # noqa: PLC0415  40 ms that a server on this machine does not need

        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=context)

    def _headers(self, data: bytes) -> dict[str, str]:
        headers = {"content-type": "application/json"}
        if self._key_in:
            token = os.environ.get(self._key_in, "")
            if not token:
                raise BadInput(f"{self._key_in}: not in the environment; {self._what} wants its key there")
            headers["authorization"] = f"Bearer {token}"
        return self._signer.signed("POST", self._url, body=data, headers=headers) if self._signer else headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Where an endpoint of SageMaker is asked; `component` where several share one."""

    host: str  # https://runtime.sagemaker.ap-northeast-2.amazonaws.com
    region: str
    endpoint: str
    component: str = ""
    record: str = ""  # s3://bucket


def runtime(url: str, *, what: str) -> Runtime:
    """The endpoint of `url`, sagemaker://name?region=…[&component=…][&record=s3://…];
    AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME or AWS_ENDPOINT_URL names another host. Raises BadInput for others."""
    place = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(place.query).items()}
    region = asked.get("region", os.environ.get("AWS_REGION", ""))
    component, record = asked.get("component", ""), asked.get("record", "")
    named = _NAME.fullmatch(place.netloc) and (not component or _NAME.fullmatch(component))
    if place.scheme != "sagemaker" or not named or not region:
        raise BadInput(f"{what}: {url!r} is not sagemaker://endpoint?region=ap-northeast-2")
    host = (
        os.environ.get("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME")
        or os.environ.get("AWS_ENDPOINT_URL")
        or f"https://runtime.sagemaker.{region}.amazonaws.com"
    )
    return Runtime(
        host=host.rstrip("/"), region=region, endpoint=place.netloc, component=component, record=record
    )


def sagemaker(url: str, *, what: str, timeout_s: float) -> Endpoint:
    """The real-time endpoint of `url`, see `runtime`. Raises BadInput for other forms, or without
    credentials."""
    place = runtime(url, what=what)
    return Endpoint(
        f"{place.host}/endpoints/{place.endpoint}/invocations",
        what=what,
        timeout_s=timeout_s,
        signer=signer("sagemaker", place.region),
    )
