"""Records as files: whole or not at all, whatever happens to the process that writes them."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ragtune.adapters.kept_files import KeptFiles
from ragtune.errors import Busy

KEY = "feedback/0123.json"
KILLED = """
import os, signal, sys
from pathlib import Path
from ragtune.adapters.kept_files import KeptFiles
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
KeptFiles(Path(sys.argv[1])).put("feedback/0123.json", b"new")
"""


def test_what_is_put_stands_below_the_folder(tmp_path: Path) -> None:
    store = KeptFiles(tmp_path / "state")
    for text in ("first", "가"):
        store.put(KEY, text.encode())
    assert (tmp_path / "state" / KEY).read_text(encoding="utf-8") == "가"
    assert [path.name for path in (tmp_path / "state" / "feedback").iterdir()] == ["0123.json"]


@pytest.mark.parametrize("before", ["", "old"])
def test_a_crash_between_write_and_rename_leaves_nothing_half(tmp_path: Path, before: str) -> None:
    store, path = KeptFiles(tmp_path), tmp_path / KEY
    if before:
        store.put(KEY, before.encode())
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)  # noqa: S603
    assert done.returncode == -signal.SIGKILL
    assert [one.read_text(encoding="utf-8") for one in path.parent.glob("*.json")] == [before] * bool(before)
    store.put(KEY, b"new")
    assert path.read_bytes() == b"new"


def test_many_at_once_leave_whole_files(tmp_path: Path) -> None:
    store = KeptFiles(tmp_path)
    texts = [str(digit).encode() * 10_000 for digit in range(10)]
    with ThreadPoolExecutor(max_workers=8) as threads:
        list(threads.map(lambda text: store.put(KEY, text), texts * 3))
    assert (tmp_path / KEY).read_bytes() in texts


def test_a_folder_that_can_t_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "feedback").write_text("a file", encoding="utf-8")
    with pytest.raises(Busy, match=r"feedback/0123\.json: can't be written"):
        KeptFiles(tmp_path).put(KEY, b"{}")
