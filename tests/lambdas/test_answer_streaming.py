"""Replies part by part, against a server that speaks Lambda's Runtime API."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.lambdas.loading import LAMBDAS, loaded
from tests.ragtune.object_store import KEY, served

Pieces = Callable[[dict[str, Any]], Iterator[bytes]]
_ENDS = bytes(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    chunks: list[bytes]
    trailers: dict[str, str]


class RuntimeApi(HTTPServer):
    """Hands `events` out one by one; when there are no more, it says 410."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.events: list[dict[str, Any]] = []
        self.told: list[Told] = []
        self.begun = threading.Event()  # a first chunk came

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One connection of a function's process."""

    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        assert self.path == "/2018-06-01/runtime/invocation/next"
        event = self.server.events.pop(0) if self.server.events else None
        body = json.dumps(event).encode()
        self.send_response(200 if event is not None else 410)
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"call-{len(self.server.told)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        chunks, trailers = self._chunks() if "transfer-encoding" in headers else (self._whole(), {})
        self.server.told.append(Told(path=self.path, headers=headers, chunks=chunks, trailers=trailers))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _whole(self) -> list[bytes]:
        return [self.rfile.read(int(self.headers["Content-Length"]))]

    def _chunks(self) -> tuple[list[bytes], dict[str, str]]:
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.server.begun.set()
            assert self.rfile.readline() == b"\r\n"
        lines = iter(lambda: self.rfile.readline().decode().strip(), "")
        return chunks, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silent."""


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    server = RuntimeApi()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def streaming(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    with loaded("answer", monkeypatch, module="streaming") as module:
        yield module


def serve(streaming: ModuleType, api: RuntimeApi, pieces: Pieces, calls: int = 1) -> list[Told]:
    api.events = [{"call": number} for number in range(calls)]
    runtime = streaming.Runtime(api.host)
    for _ in range(calls):
        runtime.serve(pieces)
    runtime._connection.close()
    return api.told


def test_each_part_is_a_chunk_of_its_own(streaming: ModuleType, api: RuntimeApi) -> None:
    def pieces(event: dict[str, Any]) -> Iterator[bytes]:
        yield from (b"{}", b"", "월 요금은 ".encode(), b"x" * 70_000, str(event["call"]).encode())

    first, second = serve(streaming, api, pieces, calls=2)  # over one connection
    assert first.chunks == [b"{}", "월 요금은 ".encode(), b"x" * 70_000, b"0"]
    assert second.chunks[-1] == b"1"
    assert first.path == "/2018-06-01/runtime/invocation/call-0/response"
    assert first.headers["lambda-runtime-function-response-mode"] == "streaming"
    assert first.headers["content-type"] == "application/vnd.awslambda.http-integration-response"
    assert first.trailers == {}


def test_parts_go_out_while_others_are_made(streaming: ModuleType, api: RuntimeApi) -> None:
    def pieces(_: dict[str, Any]) -> Iterator[bytes]:
        yield b"first"
        assert api.begun.wait(10), "the first part waits for the second"
        yield b"second"

    (told,) = serve(streaming, api, pieces)
    assert told.chunks == [b"first", b"second"]
    assert told.trailers == {}


def test_what_fails_midway_is_told_in_trailers(
    streaming: ModuleType, api: RuntimeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    def pieces(_: dict[str, Any]) -> Iterator[bytes]:
        yield b"first"
        raise ValueError("the person's question")

    (told,) = serve(streaming, api, pieces)
    assert told.chunks == [b"first"]
    assert told.trailers["lambda-runtime-function-error-type"] == "ValueError"
    body = json.loads(base64.b64decode(told.trailers["lambda-runtime-function-error-body"]))
    assert body == {"errorType": "ValueError", "errorMessage": "see the function's log", "stackTrace": []}
    assert set(told.headers["trailer"].lower().split(", ")) == set(told.trailers)
    assert "the person's question" in capsys.readouterr().err


def test_what_fails_before_is_an_error_and_the_next_call_is_served(
    streaming: ModuleType, api: RuntimeApi
) -> None:
    def pieces(event: dict[str, Any]) -> Iterator[bytes]:
        if not event["call"]:
            raise KeyError("httpMethod")
        yield b"{}"

    first, second = serve(streaming, api, pieces, calls=2)
    assert first.path == "/2018-06-01/runtime/invocation/call-0/error"
    assert json.loads(first.chunks[0])["errorType"] == "KeyError"
    assert second.chunks == [b"{}"]


def start(api: RuntimeApi, root: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The function's process as Lambda starts it; it ends when there are no more events."""
    told = {
        "AWS_LAMBDA_RUNTIME_API": api.host,
        "LAMBDA_TASK_ROOT": str(root),
        "PYTHONPATH": str(Path().absolute()),
        "PATH": os.environ["PATH"],
    }
    command = [str(LAMBDAS / "answer" / "stream.sh"), sys.executable, "/var/runtime/bootstrap.py"]
    return subprocess.run(  # noqa: S603
        command, env=told | more, capture_output=True, text=True, check=False, timeout=60
    )


def test_lambda_starts_it_in_place_of_its_own_client(
    api: RuntimeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    who = {"userArn": "arn:aws:sts::123456789012:assumed-role/desk/s"}
    context = {"accountId": "123456789012", "identity": who}
    api.events = [{"httpMethod": "GET", "path": "/health", "requestContext": context}]
    settings = {
        "state": str(tmp_path),
        "index": {"url": f"sqlite:///{tmp_path}/index", "views": ["bigram"]},
        "retrieval": {"weights": {"bigram": 1.0}},
    }
    variables = {
        "AWS_REGION": "ap-northeast-2",
        "SETTINGS": json.dumps(settings),
        "CALLERS": '{"desk": ["public"]}',
        "DOCUMENTS": "s3://docs",
        "STATE": "s3://state",
        "AUDIT": "s3://audit",
        "AUDIT_BODIES": "false",
        "METRICS": "ragtune-dev",
    }
    with served(monkeypatch) as store:
        done = start(
            api,
            LAMBDAS / "answer",
            AWS_ENDPOINT_URL_S3=store.url,
            AWS_ACCESS_KEY_ID="AKIA",
            AWS_SECRET_ACCESS_KEY=KEY,
            **variables,
        )
    (told,) = api.told
    head, _, rest = b"".join(told.chunks).partition(_ENDS)
    assert json.loads(head)["statusCode"] == 200
    assert json.loads(rest) == {"status": "ok"}
    assert "no event, but 410" in done.stderr


def test_what_fails_at_the_start_is_told(api: RuntimeApi, tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text("raise ImportError('no such wheel')\n", encoding="utf-8")
    (tmp_path / "streaming.py").write_bytes((LAMBDAS / "answer" / "streaming.py").read_bytes())
    done = start(api, tmp_path)
    (told,) = api.told
    assert told.path == "/2018-06-01/runtime/init/error"
    assert told.headers["lambda-runtime-function-error-type"] == "ImportError"
    assert done.returncode == 1


def test_an_answer_is_a_prelude_then_its_parts(streaming: ModuleType, api: RuntimeApi) -> None:
    prelude = type("Prelude", (), {"status": 200, "headers": {"content-type": "application/x-ndjson"}})

    def parts(_: dict[str, Any]) -> Iterator[Any]:
        yield prelude
        yield from (b'{"text": "a"}\n', b'{"answer": {}}\n')

    (told,) = serve(streaming, api, streaming._as_sent(parts))
    head, nothing, rest = b"".join(told.chunks).partition(_ENDS)
    assert json.loads(head) == {"statusCode": 200, "headers": {"content-type": "application/x-ndjson"}}
    assert (nothing, rest) == (_ENDS, b'{"text": "a"}\n{"answer": {}}\n')
