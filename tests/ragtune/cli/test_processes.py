"""Jobs and servers as processes: their events, their failures, and nothing left running."""

import os
import sys
from pathlib import Path

import pytest

from ragtune.cli.processes import Start, events, free_port, ping, servers
from ragtune.errors import Busy, RagtuneError


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that a child process finds under the name `job_under_test`."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "job_under_test.py"


def test_events_are_the_json_lines_of_a_job(module: Path, tmp_path: Path) -> None:
    module.write_text('print("hello"); print(\'{"event": "step", "step": 1}\')', encoding="utf-8")
    assert list(events("job_under_test", [], tmp_path / "log")) == [{"event": "step", "step": 1}]


def test_a_failed_job_says_why(module: Path, tmp_path: Path) -> None:
    module.write_text('import sys; sys.exit("no such model: nowhere")', encoding="utf-8")
    with pytest.raises(RagtuneError, match="exit code 1: no such model: nowhere"):
        list(events("job_under_test", [], tmp_path / "log"))


def test_a_job_ends_with_its_reader(module: Path, tmp_path: Path) -> None:
    job = "import os, time\nprint('{\"pid\": %d}' % os.getpid(), flush=True)\ntime.sleep(60)"
    module.write_text(job, encoding="utf-8")
    reader = events("job_under_test", [], tmp_path / "log")
    pid = next(reader)["pid"]
    reader.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


SERVER = """
import http.server, sys
class Ping(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *a): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ping).serve_forever()
"""


def test_a_server_is_ready_inside_the_block_and_gone_after_it(module: Path, tmp_path: Path) -> None:
    module.write_text(SERVER, encoding="utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    start = Start(module="job_under_test", arguments=(str(port),), url=url, log=tmp_path / "log")
    with servers([start]) as (process,):
        assert ping(url) == {}
    assert process.returncode is not None
    assert ping(url) is None


def test_a_server_that_ends_at_once_is_reported(module: Path, tmp_path: Path) -> None:
    job = "import sys; print('ragtune: port 8801 is in use', file=sys.stderr); sys.exit(5)"
    module.write_text(job, encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    start = Start(module="job_under_test", arguments=(), url=url, log=tmp_path / "log")
    with pytest.raises(Busy, match=r"^port 8801 is in use$"), servers([start]):
        sys.exit("not reached")
