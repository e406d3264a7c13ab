"""What functions use of S3, on the loopback address: objects by path, signatures checked by botocore."""

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY = "wJalrXUtnFEMI"


class Store(ThreadingHTTPServer):
    """S3's part of this: objects by path, told faults first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kept: dict[str, bytes] = {}
        self.faults: list[int] = []
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request; the signature is checked as S3 does."""

    protocol_version = "HTTP/1.1"
    server: Store

    def do_GET(self) -> None:
        kept = self.server.kept.get(unquote(self.path))
        self._answer(200 if kept is not None else 404, kept or b"<Error><Code>NoSuchKey</Code></Error>")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        assert self.headers["x-amz-checksum-sha256"] == checksum
        self._answer(200, b"", keep=body)

    def _answer(self, status: int, data: bytes, keep: bytes | None = None) -> None:
        self.server.asked += 1
        if self.server.faults:
            status = self.server.faults.pop(0)
            data = b"<Error><Code>SlowDown</Code></Error>"
        if status == 0:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.headers["authorization"] != self._expected():
            status, data = 403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
        if status == 200 and keep is not None:
            self.server.kept[unquote(self.path)] = keep
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _expected(self) -> str:
        names = self.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        headers = {name: self.headers[name] for name in names}
        request = AWSRequest(method=self.command, url=f"{self.server.url}{self.path}", headers=headers)
        request.context["timestamp"] = self.headers["x-amz-date"]
        datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%S%z")
        signer = S3SigV4Auth(Credentials("AKIA", KEY), "s3", "ap-northeast-2")
        to_sign = signer.string_to_sign(request, signer.canonical_request(request))
        told = f"Credential={signer.scope(request)}, SignedHeaders={';'.join(names)}"
        return f"AWS4-HMAC-SHA256 {told}, Signature={signer.signature(to_sign, request)}"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silent."""


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that the environment names, with credentials that it takes."""
    store = Store()
    thread = threading.Thread(target=store.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", store.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    try:
        yield store
    finally:
        store.shutdown()
        thread.join()
        store.server_close()
