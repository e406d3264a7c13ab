"""A door to a node that answers some requests itself: what a busy or a smaller cluster would say."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

Answer = tuple[int, bytes]
Tamper = Callable[[str, str, bytes, Callable[[bytes], Answer]], Answer]


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536
    place: str
    tamper: Tamper

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))

        def pass_on(body: bytes) -> Answer:
            onward = http.client.HTTPConnection(self.place, timeout=60)
            kind = self.headers.get("content-type", "application/json")
            onward.request(self.command, self.path, body or None, {"content-type": kind})
            answer = onward.getresponse()
            data = answer.read()
            onward.close()
            return answer.status, data

        status, data = type(self).tamper(self.command, self.path, body, pass_on)
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def tampered(url: str, tamper: Tamper) -> Iterator[str]:
    """The URL of a door to `url`; `tamper` gets method, path, body and the way on."""
    kind = type("Tampered", (Door,), {"place": urlsplit(url).netloc, "tamper": staticmethod(tamper)})
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


def some_refused(status: int, error: dict[str, str], every: int, times: int) -> Tamper:
    """The first `times` bulk requests have every `every`th item refused with `error`; the others go on."""
    left = [times]

    def tamper(method: str, path: str, body: bytes, pass_on: Callable[[bytes], Answer]) -> Answer:
        if "/_bulk" not in path or not left[0]:
            return pass_on(body)
        left[0] -= 1
        lines = body.splitlines(keepends=True)
        items = list(zip(lines[::2], lines[1::2], strict=True))
        kept = [item for place, item in enumerate(items) if place % every]
        made = json.loads(pass_on(b"".join(b"".join(item) for item in kept))[1])["items"] if kept else []
        answers = iter(made)
        refused = {"index": {"_id": "", "status": status, "error": error}}
        both = [next(answers) if place % every else refused for place in range(len(items))]
        return 200, json.dumps({"errors": True, "items": both}).encode()

    return tamper
