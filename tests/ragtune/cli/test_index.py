"""`ragtune index`: another index by new settings, as an operator meets it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.errors import BadInput, ManifestMismatch
from ragtune.settings import load_settings
from ragtune.wiring import open_search
from tests.ragtune.cli.conftest import Run


@pytest.fixture
def set_chars(config: Path) -> Callable[[int], None]:
    def write(max_chars: int) -> None:
        lines = config.read_text(encoding="utf-8").splitlines()
        kept = [f"max_chars = {max_chars}" if line.startswith("max_chars") else line for line in lines]
        config.write_text("\n".join(kept), encoding="utf-8")

    return write


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    folder.mkdir()
    rules = "".join(f"<p>{n}번째 조항은 해지와 위약금을 정합니다.</p>" for n in range(30))
    (folder / "약관.html").write_text(f"<h1>약관</h1>{rules}", encoding="utf-8")
    (folder / "지난.html").write_text("<p>곧 지울 글</p>", encoding="utf-8")
    return folder


def info(run: Run) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("index", "info", "--json")[1])
    return found


def texts(config: Path) -> list[str]:
    """Of every chunk that is current."""
    with open_search(load_settings(config)) as search:
        index = search.index
        return [chunk.text for head in index.heads() for chunk in index.entry_chunks(head.document_id)]


def test_new_settings_are_built_switched_to_and_rolled_back(
    run: Run, manuals: Path, config: Path, set_chars: Callable[[int], None]
) -> None:
    run("ingest", str(manuals))
    before = info(run)
    set_chars(200)
    code, _, said = run("ask", "위약금은?")
    assert (code, "ragtune index rebuild" in said) == (ManifestMismatch.exit_code, True)
    code, said, _ = run("index", "rebuild")
    assert (code, "2 documents" in said, "ragtune index switch" in said) == (0, True, True)
    assert info(run)["folder"] == before["folder"]
    assert run("index", "switch")[0] == 0
    after = info(run)
    assert int(str(after["chunks"])) > int(str(before["chunks"]))
    assert max(map(len, texts(config))) <= 200
    (manuals / "지난.html").unlink()
    assert "0 set aside" in run("ingest", str(manuals))[1]
    assert run("index", "rollback")[0] == ManifestMismatch.exit_code  # the settings were not set back
    set_chars(500)
    assert run("index", "rollback")[0] == 0
    assert info(run)["folder"] == before["folder"]
    assert (info(run)["documents"], info(run)["tombstones"]) == (1, 1)
    assert "removed " in run("index", "discard")[1]
    assert "next" not in info(run)


def test_pages_are_read_again_when_reading_has_changed(run: Run, manuals: Path, config: Path) -> None:
    (manuals / "담당.html").write_text("<p>담당자 010-1234-5678</p>", encoding="utf-8")
    run("ingest", str(manuals))
    (manuals / "지난.html").unlink()
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("documents = true", "documents = false"), encoding="utf-8")
    said = run("index", "rebuild")[1]
    assert "1 pages were not read again" in said
    run("index", "switch")
    assert "담당자 010-1234-5678" in texts(config)


@pytest.mark.parametrize(
    ("step", "sentence"),
    [("switch", "call `ragtune index rebuild`"), ("rollback", "nothing to roll back to")],
)
def test_a_step_too_early_is_one_sentence(run: Run, manuals: Path, step: str, sentence: str) -> None:
    run("ingest", str(manuals))
    code, _, problems = run("index", step)
    assert (code, sentence in problems, "Traceback" in problems) == (BadInput.exit_code, True, False)


def test_a_snapshot_is_an_index_of_its_own(run: Run, manuals: Path, config: Path, tmp_path: Path) -> None:
    run("ingest", str(manuals))
    kept = tmp_path / "backups" / "monday"
    code, said, _ = run("index", "snapshot", str(kept))
    assert (code, str(kept) in said.replace("\n", "")) == (0, True)
    before = texts(config)
    (manuals / "약관.html").unlink()
    run("ingest", str(manuals))
    settings = load_settings(config)
    index = replace(settings.index, url=f"sqlite:///{kept}")
    with open_search(replace(settings, index=index)) as search:
        heads = search.index.heads()
        assert [c.text for head in heads for c in search.index.entry_chunks(head.document_id)] == before
    assert run("index", "snapshot", str(kept))[0] == BadInput.exit_code
