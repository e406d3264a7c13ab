"""The function that answers asks the endpoint of SageMaker, and quotes the documents where that is away."""

import json
import os
from types import ModuleType
from typing import Any

import pytest

from ragtune.eventstream import message
from tests.lambdas.test_answer import event, function, question, read, store  # noqa: F401  fixtures
from tests.ragtune.deployment import Script, scripted_server, token_lines
from tests.ragtune.object_store import Store

SAID = "별빛 인터넷의 월 요금은 22,000원입니다 [1]."
SERVED = "arn:aws:sagemaker:ap-northeast-2:123456789012:model-package/ragtune-dev/3,s3://models/runs/3/,yes"
ASLEEP = json.dumps({"Message": "Inference Component has no capacity to process this request."}).encode()


def asked(script: Script, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    settings = json.loads(os.environ["SETTINGS"])
    url = "sagemaker://ragtune-dev-model?region=ap-northeast-2&record=s3://models"
    settings["models"] = {"tuned": {"url": url, "preset": "kullm"}}
    settings["answering"] = {"generator": "tuned"}
    monkeypatch.setenv("SETTINGS", json.dumps(settings))
    with scripted_server(script) as host:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", host)
        reply = module.handler(event("POST", "/ask", body=question("별빛 인터넷 월 요금은?")), None)
    assert reply["statusCode"] == 200
    found: dict[str, Any] = read(reply)
    return found


def test_the_endpoint_answers_and_the_answer_names_its_version(
    function: ModuleType,  # noqa: F811
    store: Store,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.kept["/models/serving/current"] = SERVED.encode()
    script = Script(parts=[message(token_lines(SAID)[:50]), message(token_lines(SAID)[50:])])
    answer = asked(script, function, monkeypatch)
    assert answer["state"] == "answered"
    assert "22,000원" in answer["text"]
    assert answer["versions"]["package"] == "ragtune-dev/3"
    assert script.asked[0]["path"] == "/endpoints/ragtune-dev-model/invocations-response-stream"


def test_while_it_sleeps_the_documents_are_quoted(
    function: ModuleType,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = asked(Script(parts=[ASLEEP], status=400), function, monkeypatch)
    assert answer["state"] == "fallback"
    assert "22,000원" in answer["text"]
