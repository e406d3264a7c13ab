"""Calls are checked, lines are what the container sends."""

import json

import pytest

from inference.contract import MAX_BODY_BYTES, Token, lines, read_invocation
from ragtune.errors import BadInput


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not JSON"),
        (b"[]", "expected a table of Invocation"),
        (b'{"parameters": {}}', "inputs: missing"),
        (b'{"inputs": ""}', "inputs: empty"),
        (b'{"inputs": "a", "parameters": {"max_new_tokens": 0}}', "max_new_tokens: 0 is not between"),
        (b'{"inputs": "a", "parameters": {"do_sample": true}}', "decoding is greedy"),
        (b'{"inputs": "a", "parameters": {"stop": [""]}}', "is empty"),
        (b'{"inputs": "a", "parameters": {"temperature": 2}}', "temperature: no such key"),
        (b'{"inputs": "' + b"a" * MAX_BODY_BYTES + b'"}', "at most"),
    ],
)
def test_a_wrong_call_is_one_sentence(body: bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_invocation(body)


def test_a_call_is_read() -> None:
    call = read_invocation('{"inputs": "질문", "parameters": {"stop": ["###"]}, "stream": true}'.encode())
    assert (call.inputs, call.parameters.stop, call.stream) == ("질문", ("###",), True)


def test_the_last_line_adds_the_whole_text() -> None:
    tokens = [Token(id=1, text="33,000원", log_prob=-0.5), Token(id=2, text="입니다.", log_prob=-0.25)]
    sent = [json.loads(line) for line in lines(tokens)]
    assert sent[0] == {"token": {"id": 1, "text": "33,000원", "log_prob": -0.5}}
    assert sent[1]["generated_text"] == "33,000원입니다."
    assert [json.loads(line) for line in lines([])] == [{"generated_text": ""}]
