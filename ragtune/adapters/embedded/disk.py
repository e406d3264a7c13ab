"""What a folder on disk can do to a writer: be held by another one, or be full."""

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ragtune.errors import BadInput, Busy, OutOfSpace

_FULL = ("no space left", "disk is full", "file too large", "quota exceeded")
_POLL_S = 0.05


@contextmanager
def writer_lock(folder: Path, *, wait_s: float, doing: str = "writing") -> Iterator[None]:
    """Hold the folder's one lock for `doing`; the kernel frees it when the process dies, however it dies.

    Raises Busy, naming the holder, when it isn't free within `wait_s` seconds.
    """
    path = folder / ("writer.lock" if doing == "writing" else f"{doing}.lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(handle, f"{doing} this index", folder, wait_s)
        with suppress(OSError):  # on a full disk the holder stays unnamed
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, doing: str, folder: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(handle, 20, 0).decode(errors="replace") or "unknown"
                reason = f"{folder}: process {holder} is {doing}; try again when it has ended"
                raise Busy(reason) from None
            time.sleep(_POLL_S)
        else:
            return


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Turn SQLite's, tantivy's and the system's ways to say that the disk is full into OutOfSpace."""
    try:
        yield
    except (OSError, ValueError, sqlite3.Error) as error:
        if not is_full(error):
            raise
        raise OutOfSpace(
            f"{folder}: the disk is full; free some space and run the same command again, "
            "what was reported as indexed is kept"
        ) from error


def is_full(error: Exception) -> bool:
    """Whether `error` comes from a full disk, an exhausted quota or a file size limit.

    >>> is_full(OSError(28, "No space left on device")), is_full(ValueError("no such field"))
    (True, False)
    """
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    code = getattr(error, "sqlite_errorcode", None)
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE):
        return True
    return any(sign in str(error).lower() for sign in _FULL)


def replace_file(path: Path, text: str) -> None:
    """Put a file with `text` in the place of `path`; whatever happens, one of the two is there."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_folder(folder: Path, remedy: str = "set index.url to a writable folder") -> None:
    """Create `folder`. Raises BadInput, with the remedy, when the path can't be one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_full(error):
            raise
        reason = f"{folder}: can't hold an index ({error.strerror}); {remedy}"
        raise BadInput(reason) from None
