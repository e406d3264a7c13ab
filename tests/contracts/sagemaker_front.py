"""What stands before a container in SageMaker: its runtime's routes, signatures, and the binary event stream.

    with sagemaker_front("http://127.0.0.1:8801") as url: …      # url for AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME

Signatures are checked by botocore, with the key of CREDENTIALS. Parts are cut without regard to lines.
"""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ragtune.eventstream import message

CREDENTIALS = Credentials("AKIDEXAMPLE", "secret")
REGION = "ap-northeast-2"
_PART_BYTES = 37


class Front(BaseHTTPRequestHandler):
    """One call of the runtime, passed to the container."""

    server: "Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._signed(body):
            self._reply(403, json.dumps({"message": "The request signature does not match"}).encode())
            return
        place = urlsplit(self.server.container)
        connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=60)
        try:
            connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            told = response.read()
        finally:
            connection.close()
        if response.status != 200:
            said = {"Message": f"Received client error ({response.status}): {told.decode()}"}
            self._reply(424, json.dumps(said).encode())
        elif self.path.endswith("/invocations-response-stream"):
            parts = (told[start : start + _PART_BYTES] for start in range(0, len(told), _PART_BYTES))
            self._reply(200, b"".join(map(message, parts)))
        else:
            self._reply(200, told)

    def _signed(self, body: bytes) -> bool:
        given = self.headers["Authorization"] or ""
        names = given.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        headers = {name: self.headers[name] for name in names if self.headers[name]}
        url = f"http://{self.headers['Host']}{self.path}"
        request = AWSRequest("POST", url, headers=headers, data=body)
        at = datetime.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        request.context["timestamp"] = f"{at:%Y%m%dT%H%M%SZ}"
        auth = SigV4Auth(CREDENTIALS, "sagemaker", REGION)
        to_sign = auth.string_to_sign(request, auth.canonical_request(request))
        return given.endswith(f"Signature={auth.signature(to_sign, request)}")

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""


class Server(ThreadingHTTPServer):
    """The front of one container."""

    def __init__(self, container: str) -> None:
        super().__init__(("127.0.0.1", 0), Front)
        self.container = container


@contextmanager
def sagemaker_front(container: str) -> Iterator[str]:
    """The front of the container at that URL."""
    with Server(container) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
