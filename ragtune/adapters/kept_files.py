"""Records as files below one folder: where this machine keeps what a deployment keeps as objects of a bucket.

    KeptFiles(Path(".ragtune")).put("feedback/5f0c….json", data)     .ragtune/feedback/5f0c….json

A file is there as a whole or not at all; whoever reads the folder takes *.json alone.
"""

import threading
from pathlib import Path

from ragtune.adapters.embedded.disk import replace_file
from ragtune.errors import Busy


class KeptFiles:
    """An `audit.Store`. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one_at_a_time = threading.Lock()  # two of one key would write the same new file

    def put(self, key: str, data: bytes) -> None:
        """Keep `data` (UTF-8) under `key`, durably, in the place of what was there. Raises Busy."""
        path = self._folder / key
        try:
            with self._one_at_a_time:
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_file(path, data.decode())
        except OSError as error:
            raise Busy(f"{path}: can't be written ({error.strerror}); try again") from None
