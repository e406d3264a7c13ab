"""The client against a real HTTP server that behaves, and one that misbehaves in every way."""

import json
import time

import pytest

from ragtune.adapters.model_server import ModelServer
from ragtune.errors import BadInput, ModelUnavailable
from ragtune.ports import Prompt
from tests.ragtune.deployment import PATIENCE_S, TIMEOUT_S, Script, scripted_server, token_lines

PROMPT = Prompt(text="### 명령어:\n요금?", question="요금?", passages=(), stop=("###",), max_new_tokens=7)
ANSWER = "빛길라이트의 월 요금은 22,000원입니다."


def client(url: str, timeout_s: float = PATIENCE_S) -> ModelServer:
    return ModelServer(url, name="tuned", timeout_s=timeout_s, versions={"base_model": "b1"})


def answered(script: Script, timeout_s: float = PATIENCE_S) -> list[str]:
    with scripted_server(script) as url:
        return list(client(url, timeout_s).generate(PROMPT))


def refused(script: Script, timeout_s: float = PATIENCE_S) -> str:
    with pytest.raises(ModelUnavailable) as caught:
        answered(script, timeout_s)
    return str(caught.value)


def test_tokens_come_piece_by_piece_and_the_call_is_the_containers() -> None:
    script = Script(parts=[token_lines(ANSWER)])
    pieces = answered(script)
    assert "".join(pieces) == ANSWER
    assert len(pieces) > 5
    asked = {"inputs": PROMPT.text, "parameters": {"max_new_tokens": 7, "stop": ["###"]}, "stream": True}
    assert script.asked == [{"path": "/invocations", **asked}]


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_parts_need_not_respect_lines_or_characters(size: int) -> None:
    whole = token_lines(ANSWER)
    parts = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert "".join(answered(Script(parts=parts))) == ANSWER


def test_the_first_piece_comes_before_the_last_is_made() -> None:
    first, last = token_lines("가나", size=1).splitlines(keepends=True)
    with scripted_server(Script(parts=[first, last], pause_s=0.2)) as url:
        pieces = client(url).generate(PROMPT)
        start = time.monotonic()
        assert next(pieces) == "가"
        early = time.monotonic() - start
        assert list(pieces) == ["나"]
        assert time.monotonic() - start - early > 0.1


def test_a_server_that_does_not_stream_is_understood() -> None:
    whole = json.dumps({"generated_text": ANSWER}, ensure_ascii=False).encode()
    assert answered(Script(parts=[whole])) == [ANSWER]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (Script(parts=[token_lines(ANSWER)[:200]]), "where a JSON object was due"),
        (Script(parts=[token_lines(ANSWER).splitlines(keepends=True)[0]]), "broke off in the middle"),
        (Script(parts=[]), "broke off in the middle"),
        (Script(parts=[b"garbage\n"]), "sent 'garbage' where a JSON object was due"),
        (Script(parts=[b"[1]\n"]), "where a JSON object was due"),
        (Script(parts=[b"[" * 100_000]), "where a JSON object was due"),
        (Script(parts=[b"\xff\xfe\n"]), "where a JSON object was due"),
        (Script(parts=[b'{"token": {"id": 1}}\n']), "sent a token without text"),
        (Script(parts=[b'{"token": "x"}\n']), "sent a token without text"),
        (Script(parts=[b'{"error": "out of memory"}\n']), "reported 'out of memory'"),
        (Script(parts=[b'{"error": "prompt too long"}'], status=424), "answered 424: prompt too long"),
        (Script(parts=[b"<html>"], status=502), "answered 502: <html>"),
        (Script(parts=[b"x" * 1_000_000, b"x" * 1_000_000]), "without an end"),
    ],
)  # fmt: skip
def test_misbehaviour_is_one_clear_sentence(script: Script, reason: str) -> None:
    message = refused(script)
    assert reason in message
    assert message.startswith("the model server 'tuned' at 127.0.0.1:")


def test_an_endless_answer_is_cut() -> None:
    lines = token_lines("가" * 30_000, size=1).splitlines(keepends=True)[:-1]
    assert "without an end" in refused(Script(parts=[b"".join(lines)] * 3))


@pytest.mark.parametrize("sent", [0, 1])
def test_a_server_that_falls_silent_is_left_in_time(sent: int) -> None:
    lines = token_lines(ANSWER).splitlines(keepends=True)
    script = Script(parts=lines, pause_s=TIMEOUT_S * 10, at_once=sent)
    start = time.monotonic()
    assert "was silent or too slow" in refused(script, TIMEOUT_S)
    assert time.monotonic() - start < TIMEOUT_S * 4


def test_a_server_that_dribbles_meets_the_deadline_of_the_whole_answer() -> None:
    lines = [json.dumps({"token": {"id": 1, "text": "가"}}).encode() + b"\n"] * 100
    start = time.monotonic()
    assert "was silent or too slow" in refused(Script(parts=lines, pause_s=TIMEOUT_S / 8), TIMEOUT_S)
    assert time.monotonic() - start < TIMEOUT_S * 4


def test_nobody_there() -> None:
    with pytest.raises(ModelUnavailable, match=r"at 127\.0\.0\.1:9 can't be reached"):
        list(client("http://127.0.0.1:9").generate(PROMPT))
    assert not client("http://127.0.0.1:9").ready()


def test_ready_asks_for_ping() -> None:
    with scripted_server(Script()) as url:
        assert client(url).ready()
        assert client(url + "/").versions() == {"base_model": "b1"}


@pytest.mark.parametrize(
    ("ping", "versions"),
    [
        (b'{"base_model": "b2", "adapter": "a2", "seconds": 3}', {"base_model": "b2", "adapter": "a2"}),
        (b"", {"base_model": "b1"}),
        (b"[1]", {"base_model": "b1"}),
        (b"[" * 60_000, {"base_model": "b1"}),
    ],
)
def test_versions_are_what_the_server_says_it_serves(ping: bytes, versions: dict[str, str]) -> None:
    with scripted_server(Script(ping=ping)) as url:
        assert client(url).versions() == versions


@pytest.mark.parametrize("url", ["https://127.0.0.1", "sagemaker://endpoint", "127.0.0.1:80", ""])
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match=r"models\.tuned\.url"):
        client(url)


def test_lone_surrogates_in_a_prompt_are_sent_as_marks() -> None:
    script = Script(parts=[token_lines("네")])
    with scripted_server(script) as url:
        prompt = Prompt(text="요금\ud800?", question="", passages=())
        assert "".join(client(url).generate(prompt)) == "네"
    assert script.asked[0]["inputs"] == "요금??"
