"""The contract of a served model, run on the local server; with RAGTUNE_ENDPOINT_URL=http://host:port also on
any other, such as a container started by hand; given sagemaker://endpoint?region=… our client asks that.

    RAGTUNE_ENDPOINT_URL=http://127.0.0.1:8080 pytest tests/contracts/test_model_server.py --allow-hosts=…
"""

import http.client
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from ragtune.adapters.model_server import ModelServer
from ragtune.adapters.sagemaker_endpoint import SageMakerEndpoint
from ragtune.cli.processes import Start, free_port, servers
from ragtune.errors import ModelUnavailable
from ragtune.ports import Prompt
from tests.contracts.sagemaker_front import CREDENTIALS, REGION, sagemaker_front
from tests.training.tiny import write_model

VARIABLE = "RAGTUNE_ENDPOINT_URL"
PROMPT = "상품의 요금은 얼마인가요? ### 응답:\n"
TIMEOUT_S = 60
SAGEMAKER = os.environ.get(VARIABLE, "").startswith("sagemaker://")
GIVEN = pytest.mark.skipif(
    VARIABLE not in os.environ or SAGEMAKER, reason=f"{VARIABLE} is not set, or no container's"
)
PLACES = ["local", pytest.param("elsewhere", marks=GIVEN)]

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True, slots=True)
class Endpoint:
    url: str

    def call(self, body: bytes) -> tuple[int, bytes]:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=TIMEOUT_S)
        try:
            path = f"{place.path.rstrip('/')}/invocations"
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def ask(self, inputs: str = PROMPT, *, stream: bool = False, **parameters: Any) -> tuple[int, bytes]:
        parameters = {"max_new_tokens": 12, **parameters}
        return self.call(json.dumps({"inputs": inputs, "parameters": parameters, "stream": stream}).encode())

    def text(self, **asked: Any) -> str:
        status, body = self.ask(**asked)
        assert status == 200, body
        return str(json.loads(body)["generated_text"])


@pytest.fixture(scope="module", params=PLACES)
def endpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    if request.param == "elsewhere":
        yield Endpoint(os.environ[VARIABLE])
        return
    folder = write_model(tmp_path_factory.mktemp("served"))
    url = f"http://127.0.0.1:{(port := free_port())}"
    arguments = ("--model", str(folder), "--port", str(port))
    log = folder / "server.log"
    with servers([Start(module="inference.server", arguments=arguments, url=url, log=log)]):
        yield Endpoint(url)


def test_an_answer_is_one_object(endpoint: Endpoint) -> None:
    status, body = endpoint.ask()
    assert status == 200
    assert json.loads(body).keys() == {"generated_text"}


def test_the_same_prompt_gives_the_same_answer(endpoint: Endpoint) -> None:
    assert len({endpoint.text() for _ in range(3)}) == 1


def test_a_stream_is_json_lines_whose_texts_are_the_answer(endpoint: Endpoint) -> None:
    status, body = endpoint.ask(stream=True)
    assert status == 200
    lines = [json.loads(line) for line in body.splitlines() if line.strip()]
    assert all({"id", "text"} <= line["token"].keys() for line in lines if "token" in line)
    said = "".join(line["token"]["text"] for line in lines if "token" in line)
    assert lines[-1]["generated_text"] == said == endpoint.text()
    assert not any("generated_text" in line for line in lines[:-1])


def test_no_more_tokens_than_asked_for(endpoint: Endpoint) -> None:
    lines = endpoint.ask(stream=True, max_new_tokens=3)[1].splitlines()
    assert len([line for line in lines if b'"token"' in line]) <= 3


def test_a_stop_string_ends_the_answer_and_is_left_out(endpoint: Endpoint) -> None:
    whole = endpoint.text()
    stop = whole[len(whole) // 2 :][:2]
    assert stop
    assert endpoint.text(stop=[stop]) == whole[: whole.index(stop)]


@pytest.mark.parametrize("body", [b"{", b'{"parameters": {}}'], ids=["no JSON", "no inputs"])
def test_a_wrong_call_is_an_error_that_says_so(endpoint: Endpoint, body: bytes) -> None:
    status, said = endpoint.call(body)
    assert status >= 400
    assert said.strip()


def test_a_prompt_beyond_the_context_is_an_error_streamed_or_not(endpoint: Endpoint) -> None:
    for stream in (True, False):
        status, said = endpoint.ask(PROMPT * 20_000, stream=stream)
        assert status >= 400 or b'"error"' in said


def test_callers_at_once_get_the_answers_that_they_get_alone(endpoint: Endpoint) -> None:
    prompts = [f"{number} {PROMPT}" for number in range(4)]
    alone = [endpoint.text(inputs=prompt) for prompt in prompts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda prompt: endpoint.text(inputs=prompt), prompts)) == alone


def test_a_caller_who_leaves_does_not_hold_the_model(endpoint: Endpoint) -> None:
    place = urlsplit(endpoint.url)
    for _ in range(3):
        connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=TIMEOUT_S)
        asked = {"inputs": PROMPT, "parameters": {"max_new_tokens": 100}, "stream": True}
        connection.request("POST", f"{place.path.rstrip('/')}/invocations", json.dumps(asked).encode())
        connection.getresponse().read(1)
        connection.close()
    assert endpoint.text() == endpoint.text()


def test_our_client_reads_it(endpoint: Endpoint) -> None:
    server = ModelServer(endpoint.url, name="served", timeout_s=TIMEOUT_S, versions={})
    assert server.ready()
    prompt = Prompt(text=PROMPT, question=PROMPT, passages=(), max_new_tokens=12)
    assert "".join(server.generate(prompt)) == endpoint.text()


@pytest.mark.parametrize("part", ["", "&component=tuned"])
def test_our_client_reads_it_behind_sagemaker(
    endpoint: Endpoint, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CREDENTIALS.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CREDENTIALS.secret_key)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    with sagemaker_front(endpoint.url) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", url)
        client = behind(f"sagemaker://served?region={REGION}{part}")
        assert "".join(client.generate(prompt())) == endpoint.text()
        with pytest.raises(ModelUnavailable, match="answered 424: Received client error"):
            list(client.generate(prompt(PROMPT * 20_000)))
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
        with pytest.raises(ModelUnavailable, match="answered 403: The request signature does not match"):
            list(client.generate(prompt()))


@pytest.mark.skipif(not SAGEMAKER, reason=f"{VARIABLE} is no endpoint of SageMaker")
def test_an_endpoint_of_sagemaker_answers_the_same_twice() -> None:
    client = behind(os.environ[VARIABLE])
    answers = ["".join(client.generate(prompt())) for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]


def behind(url: str) -> SageMakerEndpoint:
    return SageMakerEndpoint(url, name="served", timeout_s=TIMEOUT_S, versions={})


def prompt(text: str = PROMPT) -> Prompt:
    return Prompt(text=text, question=text, passages=(), max_new_tokens=12)
