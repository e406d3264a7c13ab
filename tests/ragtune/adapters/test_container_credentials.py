"""Credentials of a container's role, over HTTP on the loopback address: fetched, kept, renewed in time."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ragtune.adapters.container_credentials import ContainerCredentials, container_url
from ragtune.adapters.signing import Credentials, Signer, credentials
from ragtune.errors import BadInput, Busy

FULL, RELATIVE = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105  a variable's name


class Service(HTTPServer):
    """Gives a new key with each call, good for `minutes`; or another body, or another status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.minutes, self.status, self.body = 60.0, 200, b""
        self.asked: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/credentials?task=1"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        end = datetime.now(UTC) + timedelta(minutes=self.server.minutes)
        told = {
            "AccessKeyId": f"ASIA{len(self.server.asked)}",
            "SecretAccessKey": "k",
            "Token": "t",
            "Expiration": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        }
        body = self.server.body or json.dumps(told).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silent."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("AWS_ACCESS_KEY_ID", FULL, RELATIVE, TOKEN, f"{TOKEN}_FILE"):
        monkeypatch.delenv(name, raising=False)
    server = Service()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv(FULL, server.url)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_they_are_fetched_once_while_they_are_good(service: Service) -> None:
    assert credentials() == credentials() == Credentials(key_id="ASIA1", key="k", token="t")  # noqa: S106
    assert service.asked == [("/v1/credentials?task=1", None)]


def test_a_signer_gets_new_ones_before_they_end(service: Service) -> None:
    service.minutes = 4
    signer = Signer(service="es", region="ap-northeast-2", by=ContainerCredentials(service.url))
    signed = [signer.signed("GET", "https://x/")["authorization"] for _ in range(2)]
    assert "Credential=ASIA1/" in signed[0]
    assert "Credential=ASIA2/" in signed[1]


def test_those_at_hand_do_while_the_service_is_away(service: Service) -> None:
    service.minutes = 4
    held = ContainerCredentials(service.url)
    first = held()
    service.status = 500
    assert held() == first
    held._end = datetime.now(UTC)
    with pytest.raises(Busy, match="gives no credentials \\(status 500\\)"):
        held()


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"AccessKeyId": "a"}', b"\xff"])
def test_nonsense_is_said(service: Service, body: bytes) -> None:
    service.body = body
    with pytest.raises(Busy, match="gives no credentials"):
        ContainerCredentials(service.url)()


def test_the_token_is_sent_and_its_file_read_anew(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service.minutes = 0
    held = ContainerCredentials(service.url)
    monkeypatch.setenv(TOKEN, "one")
    held()
    file = tmp_path / "token"
    monkeypatch.setenv(f"{TOKEN}_FILE", str(file))
    for token in ("two", "three\n"):
        file.write_text(token, encoding="ascii")
        held()
    assert [token for _, token in service.asked] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("http://169.254.170.23/v1/credentials", True),
        ("http://[fd00:ec2::23]/v1/credentials", True),
        ("https://credentials.example/x", True),
        ("http://localhost:80/x", True),
        ("http://credentials.example/x", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("http://10.0.0.1/x", False),
        ("file:///etc/passwd", False),
    ],
)
def test_a_key_goes_in_clear_to_nobody_else(monkeypatch: pytest.MonkeyPatch, url: str, fine: bool) -> None:
    monkeypatch.delenv(RELATIVE, raising=False)
    monkeypatch.setenv(FULL, url)
    if fine:
        assert container_url() == url
        return
    with pytest.raises(BadInput, match="is neither https nor http to this machine"):
        container_url()


def test_ecs_names_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RELATIVE, "/v2/credentials/9a1c")
    assert container_url() == "http://169.254.170.2/v2/credentials/9a1c"
