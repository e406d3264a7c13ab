import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ragtune.adapters.embedded.truth import Truth

# Dies at the statement that begins so, as a process does that is killed.
DYING = """
import os, sqlite3, sys
from pathlib import Path
connect = sqlite3.connect
def dying(*given, **more):
    made = connect(*given, **more)
    made.set_trace_callback(lambda said: os._exit(9) if said.strip().startswith(sys.argv[2]) else None)
    return made
sqlite3.connect = dying
from ragtune.adapters.embedded.truth import Truth
Truth(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("statement", ["CREATE TABLE IF NOT EXISTS vectors", "INSERT OR IGNORE INTO meta"])
def test_a_process_that_dies_while_it_makes_the_file_leaves_one_that_opens(
    statement: str, tmp_path: Path
) -> None:
    path = tmp_path / "truth.sqlite"
    command = [sys.executable, "-c", DYING, str(path), statement]
    assert subprocess.run(command, check=False).returncode == 9  # noqa: S603  our own
    with closing(Truth(path)) as truth:
        assert truth.meta("format") == "2"
        assert truth.info()["documents"] == 0
