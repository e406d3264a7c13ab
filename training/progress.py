"""What a job says: one JSON object a line on stdout, and the same lines in metrics/log.jsonl.

{"event":"step","step":10,"of":300,"loss":0.41,"tokens":20310,"seconds":1.9}
{"event":"validation","step":50,"score":0.94,"seconds":9.0}
{"event":"done","steps":250,"score":0.98,"seconds":44.1}
"""

import json
import sys
import time
from pathlib import Path


class Log:
    """Continues an earlier log of the same run: lines after its last checkpoint are dropped, so that no step
    stands there twice."""

    def __init__(self, path: Path, *, step: int = 0, seconds: float = 0.0, silent: bool = False) -> None:
        self._path, self._silent = path, silent
        self._start = time.monotonic() - seconds
        if silent:  # of several processes, one speaks
            return
        kept = []
        if step and path.exists():
            events = map(json.loads, path.read_text(encoding="utf-8").splitlines())
            kept = [event for event in events if event.get("step", 0) <= step]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(event) + "\n" for event in kept), encoding="utf-8")

    @property
    def seconds(self) -> float:
        """Since the run began, without the time it stood still."""
        return round(time.monotonic() - self._start, 2)

    def say(self, event: str, **values: object) -> None:
        if self._silent:
            return
        line = json.dumps({"event": event, **values, "seconds": self.seconds}, ensure_ascii=False) + "\n"
        sys.stdout.write(line)
        sys.stdout.flush()
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(line)
