"""The readers in a process of their own: a file that hangs, crashes or eats memory costs itself alone.

Why a process: pdfium is C++, libraries can't be interrupted, and only the kernel can bound their memory.
One process reads file after file; it is replaced when it had to be killed. Time is its processor time, so
that a busy machine refuses no file; the clock only ends what waits for nothing.
"""

import json
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ragtune.attachments.bounds import Bounds, Reading
from ragtune.attachments.kinds import recognise
from ragtune.errors import UnreadableAttachment
from ragtune.records import from_json, to_json

_MAX_ANSWER_CHARS = 8  # bytes of JSON a character of text, escapes and field names counted
_CLOCK = 10  # seconds by the clock for one of processor time
_COMMAND = (sys.executable, "-m", "ragtune.attachments")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What goes to the process, before the `size` bytes of the file."""

    media_type: str
    size: int
    bounds: Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a file was not read; see UnreadableAttachment."""

    reason: str
    passing: bool = False


class AttachmentReader:
    """Reads files one at a time; starts its process with the first one that needs it."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:  # fmt: skip
        self.close()

    @property
    def process_id(self) -> int | None:
        """Of the process that reads, None when there is none."""
        return self._process.pid if self._process else None

    def read(self, data: bytes, media_type: str) -> Reading:
        """The sections of a file. Raises UnreadableAttachment with the reason."""
        if len(data) > self.bounds.file_bytes:
            raise UnreadableAttachment(
                f"is {len(data):,} bytes; at most {self.bounds.file_bytes:,} are read; divide it"
            )
        recognise(data, media_type)
        answer = self._answer(data, Task(media_type=media_type, size=len(data), bounds=self.bounds))
        if "reason" in json.loads(answer):
            failure = from_json(Failure, answer)
            raise UnreadableAttachment(failure.reason, passing=failure.passing)
        return from_json(Reading, answer)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _answer(self, data: bytes, task: Task) -> bytes:
        process = self._process or self._started()
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(_CLOCK * self.bounds.seconds, stop)
        timer.start()
        try:
            answer = _exchange(process, to_json(task).encode() + b"\n" + data, self.bounds)
        finally:
            timer.cancel()
        if answer.endswith(b"\n"):
            return answer
        self.close()
        if late.is_set() or process.returncode == -signal.SIGXCPU:
            took = f"takes longer than {self.bounds.seconds:g} s to read"
            raise UnreadableAttachment(took, passing=late.is_set())
        raise UnreadableAttachment("makes its reader crash, or has too much text; save it anew")

    def _started(self) -> subprocess.Popen[bytes]:
        try:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            reason = f"could not be read: no process can be started ({error.strerror})"
            raise UnreadableAttachment(reason, passing=True) from None
        return self._process


def _exchange(process: subprocess.Popen[bytes], task: bytes, bounds: Bounds) -> bytes:
    """The answer's line, cut off or empty when the process died or said too much."""
    if process.stdin is None or process.stdout is None:
        return b""
    try:
        process.stdin.write(task)
        process.stdin.flush()
    except OSError:  # it died before it took everything
        return b""
    return process.stdout.readline(_MAX_ANSWER_CHARS * bounds.chars + 1_000_000)
