"""A model server for one machine, in the contract of the SageMaker container.

python -m inference.server --model samples/model --adapter .ragtune/demo/runs/tuned/adapter --port 8803
GET /ping            200 {"base_model": "6f…", "adapter": "a1…"}
POST /invocations    see `contract`
"""

import argparse
import json
import socket
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from itertools import chain
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from inference.contract import MAX_BODY_BYTES, lines, read_invocation
from inference.model import LoadedModel
from ragtune.errors import BadInput, Busy, RagtuneError

MODEL_ERROR = 424  # what the LMI container answers when the model fails
HOST = "127.0.0.1"


def application(model: LoadedModel) -> Starlette:
    """The ASGI application over one loaded model."""

    async def ping(_: Request) -> Response:
        return JSONResponse(model.versions)

    async def invocations(request: Request) -> Response:
        body = await _body(request)
        try:
            return await run_in_threadpool(_reply, model, body)
        except RagtuneError as error:
            return JSONResponse({"error": str(error)}, status_code=MODEL_ERROR)

    return Starlette(
        routes=[
            Route("/ping", ping, methods=["GET"]),
            Route("/invocations", invocations, methods=["POST"]),
        ]
    )


async def _body(request: Request) -> bytes:
    """At most one byte more than is allowed: enough to refuse it."""
    body = b""
    async for part in request.stream():
        body += part[: MAX_BODY_BYTES + 1 - len(body)]
        if len(body) > MAX_BODY_BYTES:
            break
    return body


def _reply(model: LoadedModel, body: bytes) -> Response:
    asked = read_invocation(body)
    said = lines(model.generate(asked.inputs, asked.parameters))
    if asked.stream:
        # The first line is made here, so that a prompt that does not fit is an error and no broken stream.
        return StreamingResponse(_sent(next(said), said), media_type="application/jsonlines")
    text = json.loads(list(said)[-1])["generated_text"]
    return JSONResponse({"generated_text": text})


async def _sent(first: bytes, said: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    """The lines. A caller who left ends the answer, too, which otherwise would keep the model for itself."""
    try:
        async for line in iterate_in_threadpool(_unbroken(chain([first], said))):
            yield line
    finally:
        said.close()  # at once and here: a cancelled task can't await anything any more


def _unbroken(said: Iterator[bytes]) -> Iterator[bytes]:
    """The lines; an error on the way becomes the last of them, which the caller can read."""
    try:
        yield from said
    except (RagtuneError, RuntimeError) as error:  # RuntimeError: what torch raises, out of memory too
        yield json.dumps({"error": str(error)[:500]}, ensure_ascii=False).encode() + b"\n"


def listening(port: int) -> socket.socket:
    """A bound loopback socket. Raises Busy when the port is taken."""
    found = socket.socket()
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOST, port))
    except (OSError, OverflowError) as error:
        found.close()
        raise Busy(f"port {port} can't be used ({error}); end what holds it, or choose another") from None
    return found


def main(arguments: list[str] | None = None) -> int:
    """Load the model and serve until interrupted. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="inference.server", description="serve a model on this machine")
    parser.add_argument("--model", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--adapter", type=Path, help="folder of a LoRA adapter for it")
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args(arguments)
    try:
        with listening(chosen.port) as bound:
            if not chosen.model.is_dir():
                raise BadInput(f"--model: {chosen.model} is no folder; name one that holds a model")
            app = application(LoadedModel(chosen.model, chosen.adapter))
            config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
            uvicorn.Server(config).run(sockets=[bound])
    except RagtuneError as error:
        print(f"ragtune: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except KeyboardInterrupt:  # how uvicorn ends when it is asked to
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
