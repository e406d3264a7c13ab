"""Lambda's Runtime API, spoken so that replies go out part by part: the client of Python's runtime joins all.

    AWS_LAMBDA_EXEC_WRAPPER=/var/task/stream.sh        Lambda then starts this module instead of its client

    GET  /2018-06-01/runtime/invocation/next           → an event, once there is one
    POST /2018-06-01/runtime/invocation/{id}/response  ← in chunks: {"statusCode": 200, "headers": {…}}, eight
                                                         zero bytes, the body; what failed midway, as trailers
    POST /2018-06-01/runtime/invocation/{id}/error     ← what failed before the first part

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html and …/runtimes-api.html
"""

import base64
import http.client
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

_API = "/2018-06-01/runtime"
_KIND = "application/vnd.awslambda.http-integration-response"
_ERROR_TYPE, _ERROR_BODY = "Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"
_PRELUDE_ENDS = bytes(8)

Pieces = Callable[[dict[str, Any]], Iterator[bytes]]


class Runtime:
    """One function's side of the API at `host` (with its port). Raises OSError, HTTPException: it is gone."""

    def __init__(self, host: str) -> None:
        self._connection = http.client.HTTPConnection(host)  # waits for the next event as long as it takes

    def serve(self, pieces: Pieces) -> None:
        """Wait for one event and answer it; what `pieces` raises is told to Lambda and to the log."""
        name, event = self._next()
        made = pieces(event)
        try:
            first = next(made)
        except Exception as error:
            self.fail(f"invocation/{name}/error", error)
            return
        self._send(f"{_API}/invocation/{name}/response", first, made)

    def fail(self, place: str, error: BaseException) -> None:
        """Tell of an error before any reply; it stands in the log as a whole."""
        headers = {"Content-Type": "application/json", _ERROR_TYPE: type(error).__name__}
        self._connection.request("POST", f"{_API}/{place}", _told(error), headers)
        self._done()

    def _next(self) -> tuple[str, dict[str, Any]]:
        self._connection.request("GET", f"{_API}/invocation/next")
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise http.client.HTTPException(f"no event, but {response.status}")
        return str(response.headers["Lambda-Runtime-Aws-Request-Id"]), json.loads(body)

    def _send(self, path: str, first: bytes, rest: Iterator[bytes]) -> None:
        self._connection.putrequest("POST", path)
        for name, value in (
            ("Content-Type", _KIND),
            ("Lambda-Runtime-Function-Response-Mode", "streaming"),
            ("Transfer-Encoding", "chunked"),
            ("Trailer", f"{_ERROR_TYPE}, {_ERROR_BODY}"),
        ):
            self._connection.putheader(name, value)
        self._connection.endheaders()
        piece, trailers = first, b""
        while piece:
            self._connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            try:
                piece = next((each for each in rest if each), b"")
            except Exception as error:  # the first parts are out: what follows says that they are not all
                piece, trailers = b"", _trailers(error)
        self._connection.send(b"0\r\n%b\r\n" % trailers)
        self._done()

    def _done(self) -> None:
        self._connection.getresponse().read()


def _told(error: BaseException) -> bytes:
    sys.stderr.write("".join(traceback.format_exception(error)))
    told = {"errorType": type(error).__name__, "errorMessage": "see the function's log", "stackTrace": []}
    return json.dumps(told).encode()


def _trailers(error: BaseException) -> bytes:
    body = base64.b64encode(_told(error))  # a trailer holds no line break
    return f"{_ERROR_TYPE}: {type(error).__name__}\r\n{_ERROR_BODY}: ".encode() + body + b"\r\n"


def _as_sent(parts: Callable[[dict[str, Any]], Iterator[Any]]) -> Pieces:
    """The parts as API Gateway takes them from a stream."""

    def pieces(event: dict[str, Any]) -> Iterator[bytes]:
        made = parts(event)
        prelude = next(made)
        told = {"statusCode": prelude.status, "headers": dict(prelude.headers)}
        yield json.dumps(told).encode() + _PRELUDE_ENDS
        yield from made

    return pieces


def main() -> None:
    """Serve until Lambda ends the process."""
    runtime = Runtime(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        from handler import parts  # noqa: PLC0415  what fails here, Lambda is told as well
    except Exception as error:
        runtime.fail("init/error", error)
        raise
    while True:
        runtime.serve(_as_sent(parts))


if __name__ == "__main__":
    main()
