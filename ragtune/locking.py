"""One process at a time does a thing below a folder; the lock goes with the process, however it ends.

>>> import tempfile
>>> folder = Path(tempfile.mkdtemp())
>>> with held(folder, "the run"):
...     is_held(folder)
True
>>> is_held(folder)
False
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ragtune.errors import Busy

_FILE = "lock"


@contextmanager
def held(folder: Path, what: str) -> Iterator[None]:
    """Hold the folder's lock inside the block. Raises Busy when another process does."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _FILE).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{what}: another process is at it; try again when it has ended") from None
        yield


def is_held(folder: Path) -> bool:
    """Whether a process holds it now."""
    try:
        with held(folder, ""):
            return False
    except Busy:
        return True
