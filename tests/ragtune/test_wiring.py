"""What each process loads: the one that answers questions needs the standard library only."""

import subprocess
import sys

LIBRARIES = """
import sys
before = set(sys.modules)
import ragtune.wiring
from importlib.metadata import packages_distributions
loaded = {name.split(".")[0] for name in set(sys.modules) - before}
print(sorted(loaded & packages_distributions().keys() - {"ragtune"}))
"""


def test_wiring_itself_loads_no_library() -> None:
    command = [sys.executable, "-c", LIBRARIES]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    assert done.stdout.strip() == "[]"
