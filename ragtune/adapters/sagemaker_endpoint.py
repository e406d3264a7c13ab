"""Generator over an endpoint of SageMaker: the container's contract, signed, its bytes in an event stream.

    SageMakerEndpoint("sagemaker://ragtune-prod-model?region=ap-northeast-2", name="tuned", timeout_s=20)
    …&component=ragtune-prod-tuned              an adapter on its base
    …&record=s3://ragtune-prod-models-…         where promotions write down what serves

Standard library only, for the function that answers questions. An endpoint that is asleep, stopped or away is
ModelUnavailable, so the documents are quoted meanwhile.
"""

import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from urllib.parse import urlsplit

from ragtune.adapters.calls import Runtime, runtime
from ragtune.adapters.objects import Objects
from ragtune.adapters.signing import signer
from ragtune.adapters.token_stream import Call, pieces, request_body, troubles, whole_lines
from ragtune.errors import RagtuneError
from ragtune.eventstream import payloads
from ragtune.ports import Prompt
from ragtune.promotion import RECORD, read_served

_FRESH_S = 60.0  # for so long an answer may name the version before, after a switch


class SageMakerEndpoint:
    """Generator. `timeout_s` bounds the whole answer; half of it without a word counts as hanging."""

    def __init__(self, url: str, *, name: str, timeout_s: float, versions: Mapping[str, str]) -> None:
        self.name = name
        self._runtime = runtime(url, what=f"models.{name}.url")
        self._timeout_s = timeout_s
        self._versions = dict(versions)
        self._record = _Record(self._runtime) if self._runtime.record else None

    def versions(self) -> Mapping[str, str]:
        """As they were configured, with package and weights where it is written down which ones serve."""
        return self._versions | (self._record.versions() if self._record else {})

    def generate(self, prompt: Prompt) -> Iterator[str]:
        """Pieces of the answer as the endpoint sends them. Raises ModelUnavailable before or between them."""
        allowed_s = min(prompt.within_s or self._timeout_s, self._timeout_s)
        place, body = self._runtime, request_body(prompt)
        url = f"{place.host}/endpoints/{place.endpoint}/invocations-response-stream"
        by = signer("sagemaker", place.region)
        headers = {"content-type": "application/json"}
        if place.component:
            headers["x-amzn-sagemaker-inference-component"] = place.component
        signed = by.signed("POST", url, body=body, headers=headers)
        call = Call(_connection(url), allowed_s)
        who = f"the model {self.name!r} at the endpoint {place.endpoint}"
        with troubles(who, allowed_s, "see its log, or whether it sleeps"), closing(call):
            parts = call.parts(urlsplit(url).path, body, signed)
            yield from pieces(whole_lines(payloads(parts)))


class _Record:
    """What the endpoint serves, as promotions wrote it down; read once a minute."""

    def __init__(self, place: Runtime) -> None:
        self._place = place
        self._known: dict[str, str] = {}
        self._read_at = -_FRESH_S

    def versions(self) -> dict[str, str]:
        now = time.monotonic()
        if now - self._read_at >= _FRESH_S:
            self._read_at, self._known = now, self._read()
        return self._known

    def _read(self) -> dict[str, str]:
        place = self._place
        try:
            # One attempt: an answer waits for it.
            with closing(Objects(place.record, region=place.region, pauses_s=())) as kept:
                told = kept.read(f"{place.record}/{RECORD}").decode("utf-8", "replace")
            served = read_served(told)
        except RagtuneError:  # an answer is worth more than its version's name
            return {"package": "unknown"}
        return {"package": served.package.partition("/")[2], "weights": served.weights}


def _connection(url: str) -> http.client.HTTPConnection:
    place = urlsplit(url)
    if place.scheme == "http":
        return http.client.HTTPConnection(place.hostname or "", place.port)
    import ssl  # noqa: PLC0415  40 ms that a server on this machine does not need

    context = ssl.create_default_context()
    return http.client.HTTPSConnection(place.hostname or "", place.port, context=context)
