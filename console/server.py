"""The console's server: a shell over `ragtune.api` for people at this machine, and its static pages.

    python -m console.server --config config/local.toml     # http://127.0.0.1:8800

It binds to the loopback address alone and asks nobody who they are: whoever sits at this machine may see
what `console.labels` of the settings names. A deployment for others stands behind a verified identity.
"""

import argparse
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ragtune.api import MAX_BODY_BYTES, Api, Call, Identity
from ragtune.errors import BadInput, Busy, RagtuneError
from ragtune.replies import Reply
from ragtune.settings import Settings, load_settings
from ragtune.wiring import open_api

STATIC = Path(__file__).with_name("static")
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing of another origin, no inline script or style, never in a frame.
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
Endpoint = Callable[[Request], Awaitable[Response]]


def application(api: Api, identity: Identity) -> Starlette:
    """The ASGI application: pages at their paths, everything else to `api`."""
    pages = {route: _page(path) for route, path in _static().items()}
    routes = [Route(route, page, methods=["GET"]) for route, page in pages.items()]
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    routes.append(Route("/{path:path}", _call(api, identity), methods=methods))
    # A name that resolves to this machine must not let a page of another origin read answers.
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]", "::1"])
    return Starlette(routes=routes, middleware=[hosts])


def _static() -> dict[str, Path]:
    """Every file that is served, by its route; nothing is looked up by what a caller writes."""
    files = [path for path in STATIC.rglob("*") if path.suffix in MEDIA_TYPES]
    return {"/": STATIC / "index.html"} | {f"/{path.relative_to(STATIC).as_posix()}": path for path in files}


def _page(path: Path) -> Endpoint:
    headers = SECURITY_HEADERS | {"content-type": MEDIA_TYPES[path.suffix], "cache-control": "no-cache"}

    async def page(_: Request) -> Response:
        return Response(path.read_bytes(), headers=headers)

    return page


def _call(api: Api, identity: Identity) -> Endpoint:
    async def call(request: Request) -> Response:
        body = await _body(request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Call(
            method=request.method, path=request.url.path, identity=identity, headers=headers, body=body
        )
        return _response(await run_in_threadpool(api.handle, asked))

    return call


async def _body(request: Request) -> bytes:
    """At most one byte more than is allowed: enough for the routes to refuse it."""
    body = b""
    async for part in request.stream():
        body += part[: MAX_BODY_BYTES + 1 - len(body)]
        if len(body) > MAX_BODY_BYTES:
            break
    return body


def _response(reply: Reply) -> Response:
    headers = SECURITY_HEADERS | dict(reply.headers)
    return StreamingResponse(_sent(reply.body), status_code=reply.status, headers=headers)


async def _sent(body: Iterable[bytes]) -> AsyncIterator[bytes]:
    """The parts. A reader who left ends the answer, too, and with it the model's call."""
    try:
        async for part in iterate_in_threadpool(body):
            yield part
    finally:
        if isinstance(body, Generator):
            body.close()  # at once and here: a cancelled task can't await anything any more


def serve(settings: Settings, api: Api) -> None:
    """Serve until interrupted. Raises BadInput for an address of a network, Busy when the port is taken."""
    host, port = settings.console.host, settings.console.port
    if not _is_loopback(host):
        reason = f"console.host: {host!r} is open to the network"
        raise BadInput(f"{reason}, and this server verifies nobody; use 127.0.0.1")
    identity = Identity(name="local", labels=frozenset(settings.console.labels))
    config = uvicorn.Config(
        application(api, identity), host=host, port=port, log_level="warning", access_log=False,
        server_header=False, limit_concurrency=64, timeout_keep_alive=5, timeout_graceful_shutdown=3,
    )  # fmt: skip
    with _listening(host, port) as listening:
        print(json.dumps({"event": "serving", "url": f"http://{host}:{port}/"}), flush=True)  # noqa: T201
        uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """Bound here and not by uvicorn, which would end the process on a port in use."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()  # from here on callers wait instead of being refused
    except OSError as error:
        listening.close()
        reason = f"port {port} of {host} can't be used ({error.strerror})"
        raise Busy(f"{reason}; end what holds it, or set console.port") from None
    return listening


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main(arguments: list[str] | None = None) -> int:
    """Run the console. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="console.server", description="the console at this machine")
    parser.add_argument("--config", type=Path, default=Path("config/local.toml"))
    parser.add_argument("--port", type=int, help="instead of console.port of the settings")
    chosen = parser.parse_args(arguments)
    try:
        settings = load_settings(chosen.config)
        if chosen.port is not None:
            settings = replace(settings, console=replace(settings.console, port=chosen.port))
        with open_api(settings) as api:
            serve(settings, api)
    except RagtuneError as error:
        print(f"ragtune: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except ValueError as error:
        print(f"ragtune: console.{error}", file=sys.stderr)  # noqa: T201
        return BadInput.exit_code
    except KeyboardInterrupt:  # how uvicorn ends when it is asked to
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
