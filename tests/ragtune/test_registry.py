"""Versions are whole, unchanged and judged; promotion and rollback move one link."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.errors import BadInput, Busy, GateRefused, ManifestMismatch
from ragtune.evaluation.gate import Verdict
from ragtune.registry import Package, Registry

PASSED = Verdict(passed=True, refusals=(), comparisons=(), candidate={}, reference={})
REFUSED = Verdict(passed=False, refusals=("process: lost 0.40",), comparisons=(), candidate={}, reference={})


def package(verdict: Verdict = PASSED) -> Package:
    return Package(
        name="tuned",
        version=0,
        made_at="2026-11-22T21:00:00+00:00",
        preset="sample",
        licence="",
        form="adapter",
        made_from={"instructions": "0f3a"},
        verdict=verdict,
        files={},
    )


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


def add(registry: Registry, tmp_path: Path, text: str, verdict: Verdict = PASSED) -> Package:
    for name in ("model", "evaluation"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "weights").write_text(text, encoding="utf-8")
    return registry.register(package(verdict), tmp_path / "model", tmp_path / "evaluation")


def served(registry: Registry, tmp_path: Path) -> str:
    return (tmp_path / "registry" / "tuned" / "current" / "model" / "weights").read_text(encoding="utf-8")


def states(registry: Registry) -> list[tuple[int, str]]:
    return [(one.version, state) for one, state in registry.packages("tuned")]


def test_promotion_and_rollback_decide_what_serves(registry: Registry, tmp_path: Path) -> None:
    assert registry.current("tuned") is None
    for text in ("first", "second", "third"):
        add(registry, tmp_path, text)
    assert states(registry) == [(1, "candidate"), (2, "candidate"), (3, "candidate")]
    registry.promote("tuned", 1)
    registry.promote("tuned", 3)
    assert served(registry, tmp_path) == "third"
    assert states(registry) == [(1, "approved"), (2, "candidate"), (3, "current")]
    assert registry.rollback("tuned").version == 1
    assert served(registry, tmp_path) == "first"
    assert states(registry) == [(1, "current"), (2, "candidate"), (3, "approved")]
    with pytest.raises(BadInput, match="no version served before this one"):
        registry.rollback("tuned")


def test_the_same_weights_stay_one_version(registry: Registry, tmp_path: Path) -> None:
    assert [add(registry, tmp_path, text).version for text in ("first", "first", "second", "first")] == [
        1,
        1,
        2,
        1,
    ]
    assert registry.promote("tuned").version == 2


def test_promoting_what_serves_changes_nothing(registry: Registry, tmp_path: Path) -> None:
    add(registry, tmp_path, "first")
    registry.promote("tuned", 1)
    registry.promote("tuned", 1)
    with pytest.raises(BadInput, match="no version served before"):
        registry.rollback("tuned")


def test_what_the_gate_refused_is_not_kept(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(GateRefused, match=r"process: lost 0\.40; that one keeps serving"):
        add(registry, tmp_path, "worse", REFUSED)
    assert registry.names() == []


@pytest.mark.parametrize("name", ["model/weights", "evaluation/weights", "model/more"])
def test_a_version_that_was_changed_is_not_served(registry: Registry, tmp_path: Path, name: str) -> None:
    add(registry, tmp_path, "first")
    add(registry, tmp_path, "second")
    registry.promote("tuned", 1)
    (registry.folder("tuned", 2) / name).write_text("other", encoding="utf-8")
    with pytest.raises(ManifestMismatch, match=f"{name} changed since it was registered"):
        registry.promote("tuned", 2)
    assert served(registry, tmp_path) == "first"


def test_a_forged_verdict_is_not_served(registry: Registry, tmp_path: Path) -> None:
    add(registry, tmp_path, "first")
    path = registry.folder("tuned", 1) / "package.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    values["verdict"] |= {"passed": False, "refusals": ["process: lost 0.40"]}
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(GateRefused):
        registry.promote("tuned", 1)


def test_what_died_half_way_is_no_version(registry: Registry, tmp_path: Path) -> None:
    add(registry, tmp_path, "first")
    (tmp_path / "registry" / "tuned" / ".v0002" / "model").mkdir(parents=True)
    assert states(registry) == [(1, "candidate")]
    assert add(registry, tmp_path, "second").version == 2


def test_two_cannot_change_one_model_at_once(registry: Registry, tmp_path: Path) -> None:
    add(registry, tmp_path, "first")
    with registry._changing("tuned"), pytest.raises(Busy, match="another process is at it"):
        registry.promote("tuned", 1)


@pytest.mark.parametrize("name", ["../outside", "", "a/b", ".hidden", "a" * 64])
def test_a_name_that_leads_elsewhere_is_refused(registry: Registry, tmp_path: Path, name: str) -> None:
    for folder in ("model", "evaluation"):
        (tmp_path / folder).mkdir()
    with pytest.raises(BadInput, match="is no name like tuned"):
        registry.register(replace(package(), name=name), tmp_path / "model", tmp_path / "evaluation")


def test_unknown_names_and_versions_are_answered_with_those_there_are(
    registry: Registry, tmp_path: Path
) -> None:
    add(registry, tmp_path, "first")
    with pytest.raises(BadInput, match="not registered; there are tuned"):
        registry.promote("other", 1)
    with pytest.raises(BadInput, match="has no version 7; there are 1"):
        registry.promote("tuned", 7)
