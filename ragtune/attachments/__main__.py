"""Reads files that arrive on stdin, until it ends: `python -m ragtune.attachments` (started by `process`).

{"media_type": "application/pdf", "size": 18257, "bounds": {…}}   a line, then that many bytes
{"sections": […], "notes": […]}                                   the answer, a line
{"reason": "is encrypted; save it without a password", "passing": false}
"""

import math
import os
import resource
import sys
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

from ragtune.attachments.bounds import Bounds
from ragtune.attachments.kinds import read
from ragtune.attachments.process import Failure, Task
from ragtune.errors import UnreadableAttachment
from ragtune.records import from_json, to_json

_MAX_REASON_CHARS = 300


def main() -> None:
    """Answer every task; libraries that print can't spoil the answers."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while line := sys.stdin.buffer.readline():
        task = from_json(Task, line)
        data = sys.stdin.buffer.read(task.size)
        _limit(task.bounds)
        _answer(data, task, answers)


def _answer(data: bytes, task: Task, answers: BinaryIO) -> None:
    failure = Failure(reason="")
    try:
        answer = to_json(read(data, task.media_type, task.bounds))
    except UnreadableAttachment as error:
        failure = Failure(reason=str(error), passing=error.passing)
    except MemoryError:
        failure = Failure(reason=f"needs more than {task.bounds.memory_bytes:,} bytes of memory")
    except RecursionError:
        failure = Failure(reason="is nested too deep")
    except Exception as error:  # whatever a library trips over is this file's trouble alone
        failure = Failure(reason=f"is damaged ({type(error).__name__}: {error}); save it anew")
    if failure.reason:
        answer = to_json(replace(failure, reason=" ".join(failure.reason.split())[:_MAX_REASON_CHARS]))
    answers.write(answer.encode("utf-8", "replace") + b"\n")
    answers.flush()


def _limit(bounds: Bounds) -> None:
    with suppress(OSError, ValueError):  # macOS knows the limit but does not take it
        highest = resource.getrlimit(resource.RLIMIT_AS)[1]
        unbounded = highest == resource.RLIM_INFINITY
        wanted = bounds.memory_bytes if unbounded else min(highest, bounds.memory_bytes)
        resource.setrlimit(resource.RLIMIT_AS, (wanted, highest))
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + bounds.seconds)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
