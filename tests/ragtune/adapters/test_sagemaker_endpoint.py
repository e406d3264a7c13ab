"""The client against a real HTTP server that sends what SageMaker sends, and misbehaves as it may."""

import json
from collections.abc import Iterator, Sequence

import pytest

from ragtune.adapters.sagemaker_endpoint import SageMakerEndpoint
from ragtune.errors import BadInput, ModelUnavailable
from ragtune.eventstream import message
from ragtune.ports import Prompt
from tests.ragtune.deployment import PATIENCE_S, TIMEOUT_S, Script, scripted_server, token_lines
from tests.ragtune.object_store import served

PROMPT = Prompt(text="### 명령어:\n요금?", question="요금?", passages=(), stop=("###",), max_new_tokens=7)
ANSWER = "빛길라이트의 월 요금은 22,000원입니다."
URL = "sagemaker://ragtune-prod-model?region=ap-northeast-2"
PATH = "/endpoints/ragtune-prod-model/invocations-response-stream"


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


def events(data: bytes, size: int) -> Iterator[bytes]:
    """`data` in parts of the stream, cut without regard to lines or characters."""
    return (message(data[start : start + size]) for start in range(0, len(data), size))


def answered(
    script: Script, monkeypatch: pytest.MonkeyPatch, url: str = URL, timeout_s: float = PATIENCE_S
) -> list[str]:
    with scripted_server(script) as host:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", host)
        endpoint = SageMakerEndpoint(url, name="tuned", timeout_s=timeout_s, versions={"preset": "kullm"})
        return list(endpoint.generate(PROMPT))


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_parts_of_the_stream_need_not_respect_lines(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(parts=list(events(token_lines(ANSWER), size)))
    assert "".join(answered(script, monkeypatch)) == ANSWER
    asked = {"inputs": PROMPT.text, "parameters": {"max_new_tokens": 7, "stop": ["###"]}, "stream": True}
    assert script.asked == [{"path": PATH, **asked}]


def test_the_call_is_signed_and_names_the_component(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(parts=list(events(token_lines(ANSWER), 64)))
    answered(script, monkeypatch, f"{URL}&component=ragtune-prod-tuned")
    (headers,) = script.headers
    assert headers["x-amzn-sagemaker-inference-component"] == "ragtune-prod-tuned"
    signed = headers["authorization"]
    assert signed.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/ap-northeast-2/sagemaker/aws4_request" in signed
    assert "x-amzn-sagemaker-inference-component" in signed.partition("SignedHeaders=")[2]


ASLEEP = json.dumps({"Message": "Inference Component has no capacity to process this request."}).encode()
FAULT = {":message-type": "exception", ":exception-type": "ModelStreamError"}


@pytest.mark.parametrize(
    ("parts", "status", "reason"),
    [
        ([ASLEEP], 400, "answered 400: Inference Component has no capacity"),
        ([b'{"message": "not authorized"}'], 403, "answered 403: not authorized"),
        ([b'{"Message": "Received client error (424)"}'], 424, "answered 424: Received client error"),
        ([message(b"out of memory", FAULT)], 200, "reported ModelStreamError: out of memory"),
        (list(events(token_lines(ANSWER)[:200], 64)), 200, "where a JSON object was due"),
        ([message(token_lines(ANSWER))[:-9]], 200, "broke off in the middle of a message"),
        ([b"<html>"], 200, "broke off in the middle of a message"),
        ([token_lines(ANSWER)], 200, "no event stream"),
        ([], 200, "broke off in the middle of its answer"),
    ],
)
def test_misbehaviour_is_one_clear_sentence(
    parts: Sequence[bytes], status: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        ModelUnavailable, match="the model 'tuned' at the endpoint ragtune-prod-model"
    ) as caught:
        answered(Script(parts=parts, status=status), monkeypatch)
    assert reason in str(caught.value)


def test_an_endpoint_that_falls_silent_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = list(events(token_lines(ANSWER), 64))
    with pytest.raises(ModelUnavailable, match="was silent or too slow"):
        answered(Script(parts=parts, pause_s=TIMEOUT_S * 10, at_once=1), monkeypatch, timeout_s=TIMEOUT_S)


def test_an_answer_names_the_package_that_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    package = "arn:aws:sagemaker:ap-northeast-2:123456789012:model-package/ragtune-prod/3"
    with served(monkeypatch) as store:
        endpoint = SageMakerEndpoint(f"{URL}&record=s3://models", name="tuned", timeout_s=1, versions={})
        assert endpoint.versions() == {"package": "unknown"}
        store.kept["/models/serving/current"] = f"{package},s3://models/runs/3/,yes".encode()
        assert endpoint.versions() == {"package": "unknown"}  # asked once a minute
        again = SageMakerEndpoint(f"{URL}&record=s3://models", name="tuned", timeout_s=1, versions={"a": "b"})
        assert again.versions() == {"a": "b", "package": "ragtune-prod/3", "weights": "s3://models/runs/3/"}


@pytest.mark.parametrize(
    "url", ["sagemaker://", f"{URL}&component=a_b", "sagemaker://a b?region=x", "http://a"]
)
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(BadInput, match=r"models\.tuned\.url"):
        SageMakerEndpoint(url, name="tuned", timeout_s=1, versions={})
