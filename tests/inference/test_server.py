"""The server over a tiny model: greedy as transformers is, stops, refuses, and says which weights it has."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from starlette.testclient import TestClient
from transformers import AutoModelForCausalLM, AutoTokenizer

from inference.merge import merge
from inference.model import LoadedModel
from inference.server import application
from ragtune.cli.processes import Start, free_port, servers
from ragtune.errors import BadInput, Busy
from ragtune.weights import weights_digest
from tests.training.tiny import write_model

PROMPT = "상품의 요금은 얼마인가요? ### 응답:\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random adapter that changes what the base says."""
    folder = tmp_path_factory.mktemp("adapter")
    torch.manual_seed(5)
    config = LoraConfig(task_type="CAUSAL_LM", r=4, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def client(base: Path) -> Iterator[TestClient]:
    with TestClient(application(LoadedModel(base))) as found:
        yield found


def greedy(base: Path, adapter: Path | None = None, tokens: int = 12) -> str:
    """What transformers' own generate says."""
    tokenizer: Any = AutoTokenizer.from_pretrained(base)
    model: Any = AutoModelForCausalLM.from_pretrained(base)
    model = PeftModel.from_pretrained(model, str(adapter)) if adapter else model
    ids = tokenizer(PROMPT, add_special_tokens=False, return_tensors="pt")
    out = model.generate(**ids, max_new_tokens=tokens, do_sample=False, pad_token_id=tokenizer.eos_token_id)
    return str(tokenizer.decode(out[0, ids["input_ids"].shape[1] :], skip_special_tokens=True))


def call(client: TestClient, **changed: Any) -> Any:
    return client.post(
        "/invocations", json={"inputs": PROMPT, "parameters": {"max_new_tokens": 12}} | changed
    )


def test_ping_names_the_weights(client: TestClient, base: Path) -> None:
    assert client.get("/ping").json() == {"base_model": weights_digest(base)}


def test_the_answer_is_the_greedy_one_streamed_or_not(client: TestClient, base: Path) -> None:
    expected = greedy(base).rstrip("\ufffd")
    assert call(client).json() == {"generated_text": expected}
    sent = [json.loads(line) for line in call(client, stream=True).text.splitlines()]
    assert sent[-1]["generated_text"] == expected
    assert "".join(line["token"]["text"] for line in sent if "token" in line) == expected
    assert all(line["token"]["log_prob"] <= 0 for line in sent if "token" in line)


def test_an_adapter_changes_the_answer_and_merging_keeps_it(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    merge(base, adapter, tmp_path)
    said = greedy(base, adapter).rstrip("\ufffd")
    assert said != greedy(base).rstrip("\ufffd")
    for model in (LoadedModel(base, adapter), LoadedModel(tmp_path)):
        with TestClient(application(model)) as client:
            assert call(client).json() == {"generated_text": said}
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert (config["rotary_pct"], config["rotary_emb_base"]) == (0.5, 10000.0)


def test_a_stop_string_ends_the_answer_and_is_left_out(client: TestClient, base: Path) -> None:
    whole = greedy(base).rstrip("\ufffd")
    stop = whole[4:6]
    said = call(client, parameters={"max_new_tokens": 12, "stop": [stop]}).json()["generated_text"]
    assert said == whole[: whole.index(stop)]


@pytest.mark.parametrize("stream", [True, False])
def test_a_prompt_beyond_the_context_is_424(client: TestClient, stream: bool) -> None:
    reply = call(client, inputs=PROMPT * 100, stream=stream)
    assert reply.status_code == 424
    assert "don't fit the context of 256" in reply.json()["error"]


def test_a_wrong_body_is_424(client: TestClient) -> None:
    reply = client.post("/invocations", content=b"{")
    assert reply.status_code == 424
    assert "not JSON" in reply.json()["error"]


def test_the_process_serves_and_says_when_it_cannot(base: Path, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("--model", str(base), "--port", str(port))
    start = Start(module="inference.server", arguments=arguments, url=url, log=tmp_path / "log")
    with servers([start]):
        second = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "inference.server", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == Busy.exit_code
        assert second.stderr.startswith(f"ragtune: port {port} can't be used")
        assert "Traceback" not in second.stderr


def test_a_folder_without_a_model_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ("--model", str(tmp_path), "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    start = Start(module="inference.server", arguments=arguments, url=url, log=tmp_path / "log")
    with pytest.raises(BadInput, match="no model to load"), servers([start]):
        pass
