"""A result is made once for the same inputs, and again after a change or a kill."""

from pathlib import Path

import pytest

from ragtune.cli.stages import Clock, reuse


def test_the_same_inputs_are_made_once_and_other_inputs_again(tmp_path: Path) -> None:
    made: list[int] = []
    assert not reuse(tmp_path / "run", {"steps": 1}, lambda: made.append(1))
    assert reuse(tmp_path / "run", {"steps": 1}, lambda: made.append(2))
    assert not reuse(tmp_path / "run", {"steps": 2}, lambda: made.append(3))
    assert made == [1, 3]


def test_a_broken_off_make_is_done_again(tmp_path: Path) -> None:
    reuse(tmp_path, {"page": "first"}, lambda: None)
    with pytest.raises(KeyboardInterrupt):
        reuse(tmp_path, {"page": "second"}, lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    assert not reuse(tmp_path, {"page": "first"}, lambda: None)


def test_the_clock_adds_up_by_stage() -> None:
    clock = Clock()
    for _ in range(2):
        with clock.stage("read"):
            pass
    assert list(clock.seconds) == ["read"]
    assert clock.seconds["read"] >= 0
