"""The emulator's process: patches, doors, then two listeners, one of them for what is inside the VPC.

A call at RAGTUNE_INSIDE_PORT came by the VPC's endpoint of the API, one at GATEWAY_PORT did not.
Both stand for TLS: nothing on this machine's loopback is read on the way.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.services import ec2

from emulator.aws.doors import open_search_door
from emulator.aws.patches import PATCHES
from emulator.aws.sessions import ENDPOINT

_Scope = MutableMapping[str, Any]
_Call = Callable[..., Awaitable[Any]]


async def application(scope: _Scope, receive: _Call, send: _Call) -> None:
    """The emulator, told what a network would tell it."""
    if scope["type"] == "http":
        scope["headers"] = [*scope["headers"], (b"x-forwarded-proto", b"https")]
        inside = scope["server"][1] == int(os.environ["RAGTUNE_INSIDE_PORT"])
        ENDPOINT.set(_api_endpoint() if inside else "")
    await ministack.app(scope, receive, send)


def _api_endpoint() -> str:
    ends = list(ec2._vpc_endpoints.items())
    return next((one for one, end in ends if end["ServiceName"].endswith(".execute-api")), "")


def _patched() -> None:
    gone = [patch.name for patch in PATCHES if not patch.lacks()]
    if gone:
        raise SystemExit(f"the emulator does this itself now; take the patch away: {', '.join(gone)}")
    for patch in PATCHES:
        patch.apply()


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM; or with --patches list them. 1 where one is no longer needed."""
    if list(arguments) == ["--patches"]:
        for patch in PATCHES:
            needed = "needed" if patch.lacks() else "CAN GO"
            sys.stdout.write(f"{needed}\t{patch.name}\t{patch.reason}\n")
        return int(not all(patch.lacks() for patch in PATCHES))
    _patched()
    open_search_door()
    config = Config()
    ports = (os.environ["GATEWAY_PORT"], os.environ["RAGTUNE_INSIDE_PORT"])
    config.bind = [f"127.0.0.1:{port}" for port in ports]
    config.keep_alive_timeout = 75
    asyncio.run(serve(application, config))
    return 0
