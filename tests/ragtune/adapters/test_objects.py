"""Objects over HTTP against a store on the loopback address that checks signatures with botocore."""

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ragtune.adapters.objects import MAX_FILE_BYTES, Objects
from ragtune.errors import BadInput, Busy

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


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    served = Store()
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", served.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def bucket(store: Store) -> Iterator[Objects]:
    opened = Objects("s3://docs", region="ap-northeast-2", pauses_s=(0.0, 0.0))
    yield opened
    opened.close()


def test_what_is_put_can_be_read(store: Store, bucket: Objects) -> None:
    bucket.put("상품/a b+c.json", b"{}")
    assert store.kept == {"/docs/상품/a b+c.json": b"{}"}
    assert bucket.read("s3://docs/상품/a%20b%2Bc.json") == b"{}"


def test_decomposed_names_are_found(store: Store, bucket: Objects) -> None:
    store.kept["/docs/양식.pdf"] = b"%PDF"
    assert bucket.read("s3://docs/양식.pdf") == b"%PDF"


@pytest.mark.parametrize("uri", ["s3://other/a.pdf", "file:///docs/a.pdf", "s3://docs-other/a.pdf"])
def test_nothing_outside_the_bucket_is_read(store: Store, bucket: Objects, uri: str) -> None:
    with pytest.raises(BadInput, match="is not in s3://docs/"):
        bucket.read(uri)
    assert store.asked == 0


def test_what_is_not_there_or_too_large_is_said(store: Store, bucket: Objects) -> None:
    with pytest.raises(BadInput, match="can't be read \\(404 NoSuchKey\\)"):
        bucket.read("s3://docs/none.pdf")
    store.kept["/docs/large.pdf"] = bytes(MAX_FILE_BYTES + 100_000)
    with pytest.raises(BadInput, match="more than 4,500,000 bytes"):
        bucket.read("s3://docs/large.pdf")
    store.kept["/docs/fits.pdf"] = bytes(MAX_FILE_BYTES)
    assert len(bucket.read("s3://docs/fits.pdf")) == MAX_FILE_BYTES


@pytest.mark.parametrize("faults", [[503], [0], [500, 503]])
def test_a_passing_fault_is_tried_again(store: Store, bucket: Objects, faults: list[int]) -> None:
    bucket.put("warm", b"")
    store.faults = faults
    bucket.put("a.json", b"{}")
    assert store.kept["/docs/a.json"] == b"{}"


def test_what_lasts_is_told(store: Store, bucket: Objects) -> None:
    store.faults = [503] * 3
    with pytest.raises(Busy, match=r"s3://docs/a.json: S3 does not answer \(503 SlowDown\); try again"):
        bucket.put("a.json", b"{}")
    store.faults = [403]
    with pytest.raises(BadInput, match="S3 refuses it \\(403 SlowDown\\)"):
        bucket.put("a.json", b"{}")


@pytest.mark.parametrize("url", ["docs", "https://docs", "s3://", "s3://docs/folder"])
def test_what_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="is not of the form s3://bucket"):
        Objects(url, region="ap-northeast-2")


def test_a_bucket_of_aws_is_reached_by_tls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    assert Objects("s3://docs", region="r")._base == "https://docs.s3.r.amazonaws.com"
