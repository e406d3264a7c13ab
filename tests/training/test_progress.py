import json
from pathlib import Path

import pytest

from training.progress import Log


def test_a_continued_log_holds_no_step_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "metrics" / "log.jsonl"
    first = Log(path)
    first.say("start", rows=3)
    for step in (10, 20, 30):
        first.say("step", step=step)
    second = Log(path, step=20, seconds=100.0)
    second.say("step", step=30)
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [event.get("step") for event in events] == [None, 10, 20, 30]
    assert events[-1]["seconds"] >= 100
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == events[-1]


def test_a_new_run_starts_a_new_log(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    Log(path).say("step", step=10)
    Log(path)
    assert path.read_text(encoding="utf-8") == ""
