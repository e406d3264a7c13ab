"""A front door to a secured node: says who calls in headers, as one that has checked a signature would.

    with front_door(node, "arn:aws:iam::111122223333:role/ingest") as url:
        Cluster(url)                        # every call is that role's; "": a caller that IAM doesn't know

It passes bodies on as they are and hides headers of the same names that a caller sends. One door, one caller:
who checks signatures calls `forward` with the one that it found (`emulator.aws.doors`).
"""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from emulator.opensearch.node import SearchNode

_PASSED = ("content-type", "accept", "accept-encoding")


class Door(BaseHTTPRequestHandler):
    """Passes one caller's requests on to the node that answers at `port`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536  # head and body in one packet: two would wait for each other
    port: int
    caller: str
    tls: ssl.SSLContext

    def setup(self) -> None:
        """One connection onward for each that comes in."""
        super().setup()
        self._onward = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.tls)

    def finish(self) -> None:
        """End it with the one that came in."""
        self._onward.close()
        super().finish()

    def pass_on(self) -> None:
        """Send the request on in the name of the door's own `caller`."""
        self.forward(self.rfile.read(int(self.headers.get("content-length") or 0)), self.caller)

    def forward(self, body: bytes, caller: str) -> None:
        """Send the request to the node in the name of `caller`, and its answer back."""
        headers = {name: self.headers[name] for name in _PASSED if name in self.headers}
        if caller:
            headers |= {"x-proxy-user": caller, "x-proxy-roles": caller}
            headers["x-forwarded-for"] = "127.0.0.1"
        try:
            self._onward.request(self.command, self.path, body or None, headers)
            answer = self._onward.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException):
            self._onward.close()
            self.send_error(502)
            return
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers.get("content-type", "application/json"))
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = pass_on  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """Nothing: requests may hold questions."""


@contextmanager
def front_door(node: SearchNode, caller: str) -> Iterator[str]:
    """The URL of a door to `node` for `caller`, until the block ends."""
    kind = type("CallersDoor", (Door,), {"port": node.port, "caller": caller, "tls": node.tls()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
