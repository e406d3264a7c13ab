"""What runs in the foreground is taken down at Ctrl+C and SIGTERM, however it was started."""

import signal
import subprocess
import sys

import pytest

_WAITS = """
import signal, sys
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, signal.SIG_IGN)  # as a shell starts what runs in the background
from emulator.ending import until_ended
print("waits", flush=True)
until_ended()
print("taken down")
"""


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM])
def test_whoever_waits_takes_its_things_down(ends: signal.Signals) -> None:
    command = [sys.executable, "-c", _WAITS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        while process.poll() is None:
            process.send_signal(ends)
            try:
                process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
        assert process.stdout.read() == "taken down\n"
        assert process.returncode == 0
