"""What has been made from the same inputs is not made again: a digest beside each result remembers them."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ragtune.records import digest

MARK = "made_from.json"


def reuse(folder: Path, inputs: Mapping[str, Any], make: Callable[[], object]) -> bool:
    """Call `make` unless `folder` was made from the same `inputs`. True when the old result was reused.

    The mark holds a digest of each input, so a look tells what changed. It is written last, so a killed
    `make` is done again (and may continue where it was).
    """
    mark = folder / MARK
    wanted = {name: digest(value) for name, value in inputs.items()}
    if mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == wanted:
        return True
    mark.unlink(missing_ok=True)
    make()
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps(wanted, ensure_ascii=False, indent=1), encoding="utf-8")
    return False


class Clock:
    """Seconds by stage, for the screen and the report."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
