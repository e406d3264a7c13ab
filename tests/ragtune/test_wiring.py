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


def test_wiring_itself_loads_neither_what_answers_nor_what_reads_pages() -> None:
    told = "import sys, ragtune.wiring; print(*sorted(name for name in sys.modules if 'ragtune' in name))"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert "ragtune.wiring.search" in loaded
    assert not loaded & {f"ragtune.{name}" for name in ("api", "answering", "chunking", "manuals", "lexicon")}
