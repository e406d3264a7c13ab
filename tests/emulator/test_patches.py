"""Each patch of the emulator is still needed: with one that is not, the local cloud refuses to start."""

import subprocess
from pathlib import Path

import pytest

PYTHON = Path(".venv-emulator/bin/python")


@pytest.mark.skipif(not PYTHON.exists(), reason="make .venv-emulator/.ready")
def test_every_patch_is_needed_and_says_why() -> None:
    command = [str(PYTHON), "emulator/launch.py", "--patches"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)  # noqa: S603
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) > 10, done.stderr
    assert [name for state, name, _ in rows if state != "needed"] == []
    assert all(len(reason) > 30 for *_, reason in rows)
    assert done.returncode == 0
