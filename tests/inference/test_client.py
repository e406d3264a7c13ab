"""The answering side's client against the real server process."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragtune.adapters.model_server import ModelServer
from ragtune.cli.processes import Start, free_port, servers
from ragtune.errors import ModelUnavailable
from ragtune.ports import Prompt
from ragtune.weights import weights_digest
from tests.training.tiny import write_model


def prompt(text: str = "상품의 요금은 얼마인가요? ### 응답:\n", tokens: int = 20) -> Prompt:
    return Prompt(text=text, question="", passages=(), stop=("###",), max_new_tokens=tokens)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def port(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    found = free_port()
    log = tmp_path_factory.mktemp("log") / "server.log"
    arguments = ("--model", str(base), "--port", str(found))
    url = f"http://127.0.0.1:{found}"
    with servers([Start(module="inference.server", arguments=arguments, url=url, log=log)]):
        yield found


@pytest.fixture
def client(port: int) -> ModelServer:
    return ModelServer(f"http://127.0.0.1:{port}", name="tiny", timeout_s=30, versions={})


def test_the_pieces_are_the_whole_answer(client: ModelServer, port: int) -> None:
    pieces = list(client.generate(prompt()))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = {"inputs": prompt().text, "parameters": {"max_new_tokens": 20, "stop": ["###"]}, "stream": False}
    connection.request("POST", "/invocations", json.dumps(body))
    whole = json.loads(connection.getresponse().read())["generated_text"]
    connection.close()
    assert len(pieces) > 1
    assert "".join(pieces) == whole


def test_it_names_the_weights_it_serves(client: ModelServer, base: Path) -> None:
    assert client.ready()
    assert client.versions() == {"base_model": weights_digest(base)}


def test_its_refusal_is_one_sentence(client: ModelServer) -> None:
    with pytest.raises(ModelUnavailable, match=r"answered 424: .*don't fit the context of 256"):
        list(client.generate(prompt("상품 " * 1000)))


def test_leaving_in_the_middle_leaves_the_server_well(client: ModelServer) -> None:
    pieces = client.generate(prompt(tokens=100))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert "".join(client.generate(prompt()))
