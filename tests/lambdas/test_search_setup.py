"""The set-up as a custom resource: what it asks of a cluster first, how it fails, what deleting does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

import pytest

from ragtune.errors import RagtuneError
from tests.lambdas.loading import loaded

PROPERTIES = {
    "Readers": ["arn:aws:iam::123456789012:role/ragtune-dev-answer"],
    "Writers": ["arn:aws:iam::123456789012:role/ragtune-dev-ingest"],
    "Operators": [],
    "Manifest": '{"parser":"2","chunker":"500"}',
    "Snapshots": {"bucket": "kept", "region": "ap-northeast-2", "role_arn": "arn:aws:iam::1:role/kept"},
    "Code": "0123456789abcdef",
}


class Refusing(BaseHTTPRequestHandler):
    """A cluster that knows nobody."""

    asked: list[str]

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(self.path)
        body = json.dumps(
            {"status": 403, "error": {"type": "security_exception", "reason": "no permissions"}}
        )
        self.send_response(403)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silent."""


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> Iterator[ModuleType]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Refusing,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings = {
        "state": "/tmp/ragtune",  # noqa: S108
        "index": {"url": f"opensearch+http://127.0.0.1:{server.server_port}", "views": ["nori", "bigram"]},
        "retrieval": {"weights": {"nori": 1.0}},
    }
    monkeypatch.setenv("SETTINGS", json.dumps(settings))
    with loaded("search_setup", monkeypatch) as module:
        yield module
    server.shutdown()
    thread.join()
    server.server_close()


def test_roles_come_first_and_a_refusal_rolls_back(function: ModuleType, asked: list[str]) -> None:
    with pytest.raises(RagtuneError, match="no permissions"):
        function.handler({"RequestType": "Create", "ResourceProperties": PROPERTIES}, None)
    assert asked[0].startswith("/_plugins/_security/api/roles/")


def test_deleting_leaves_the_domain_as_it_is(function: ModuleType, asked: list[str]) -> None:
    event = {"RequestType": "Delete", "PhysicalResourceId": "search-setup", "ResourceProperties": PROPERTIES}
    assert function.handler(event, None) == {"PhysicalResourceId": "search-setup"}
    assert asked == []
