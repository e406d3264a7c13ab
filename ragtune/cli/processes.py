"""The jobs and servers that the command line starts: never imported, always processes of their own.

A job prints one JSON object a line ({"event":"step","step":10,"of":300,"loss":0.41}); a server answers
`GET /ping` once it is ready.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ragtune.errors import ModelUnavailable, RagtuneError

START_TIMEOUT_S = 120.0  # torch alone takes 5 s to import on two cores, 40 s from a cold disk
LOG_TAIL_LINES = 5
SAID = "ragtune: "  # how our processes begin the sentence about what went wrong
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ping(url: str, timeout_s: float = 1.0) -> dict[str, str] | None:
    """What the server at `url` says of itself, {} when it says nothing; None when it isn't ready."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=timeout_s)
    try:
        connection.request("GET", "/ping")
        reply = connection.getresponse()
        said = json.loads(reply.read(100_000) or b"{}") if reply.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    except ValueError:
        return {}
    finally:
        connection.close()
    return said if said is None or isinstance(said, dict) else {}


def events(
    module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Generator[dict[str, Any], None, None]:
    """Run `python -m module` and yield its JSON lines; whatever else it says goes to `log`.

    `environment` are variables it gets beside those of this process.

    Raises RagtuneError with the end of the log when it fails. Stops the job when the caller stops.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as errors:
        job = _start(module, arguments, environment, stdout=subprocess.PIPE, stderr=errors)
        try:
            for line in job.stdout or ():
                if line.startswith(b"{"):
                    yield json.loads(line)
            job.wait()
        finally:
            _stop(job)
    if job.returncode:
        raise _failure(f"{module} ended with exit code {job.returncode}", job.returncode, log)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A server to start as `python -m module arguments`, ready when `url` answers; it speaks to `log`."""

    module: str
    arguments: tuple[str, ...]
    url: str
    log: Path


@contextmanager
def servers(starts: Sequence[Start]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Server processes, started side by side: ready inside the block, gone when it ends."""
    with ExitStack() as stack:
        processes = []
        for one in starts:
            one.log.parent.mkdir(parents=True, exist_ok=True)
            output = stack.enter_context(one.log.open("wb"))
            processes.append(_start(one.module, one.arguments, stdout=output, stderr=output))
            stack.callback(_stop, processes[-1])
        for one, process in zip(starts, processes, strict=True):
            _wait(process, one.url, one.log)
        yield processes


def _start(
    module: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None, **streams: Any
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", module, *arguments]
    variables = {**os.environ, **OFFLINE, **(environment or {})}
    return subprocess.Popen(command, env=variables, **streams)  # noqa: S603 - our own modules


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while ping(url) is None:
        if process.poll() is not None:
            raise _failure(f"the server for {url} ended at its start", process.returncode, log)
        if time.monotonic() > deadline:
            raise ModelUnavailable(
                f"the server for {url} was not ready after {START_TIMEOUT_S:.0f} s; see {log}"
            )
        time.sleep(0.1)


def _stop(process: subprocess.Popen[Any]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


def _failure(what: str, code: int, log: Path) -> RagtuneError:
    """The child's own error, when it named one of ours; else what it said last."""
    last = _tail(log)
    kinds = {kind.exit_code: kind for kind in _tree(RagtuneError)}
    if code in kinds and SAID in last:
        return kinds[code](last.rpartition(SAID)[2])
    return RagtuneError(f"{what}: {last} (all of it: {log})")


def _tree(kind: type[RagtuneError]) -> list[type[RagtuneError]]:
    """Subclasses last to first, so that of two with one exit code the more general stands."""
    below = [one for child in kind.__subclasses__() for one in _tree(child)]
    return [*below, kind]


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(line.strip() for line in lines[-LOG_TAIL_LINES:]) or "it said nothing"
