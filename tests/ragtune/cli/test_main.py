"""The command line as a user meets it: one sentence and an exit code for each thing that goes wrong."""

import json
import os
import socket
from pathlib import Path

import pytest

from ragtune.cli.main import app
from ragtune.errors import Busy, ManifestMismatch
from ragtune.prompts import NOT_FOUND
from tests.ragtune.cli.conftest import Run


def test_pages_go_in_and_cited_answers_come_out(run: Run, manuals: Path) -> None:
    code, said, _ = run("ingest", str(manuals))
    assert (code, "read 2 pages" in said) == (0, True)
    code, said, _ = run("ask", "기가맥스의 월 요금은 얼마인가요?")
    assert code == 0
    assert "기가맥스의 월 요금은 33,000원입니다." in said
    assert str(manuals / "기가맥스.html") in said
    answer = json.loads(run("ask", "기가맥스의 월 요금은 얼마인가요?", "--json")[1])
    assert answer["citations"][0]["title"] == "기가맥스"
    assert {"parser", "chunker", "analysis", "prompt", "generator"} <= answer["versions"].keys()


def test_a_bad_page_is_named_and_the_rest_goes_on(run: Run, manuals: Path) -> None:
    (manuals / "photo.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    code, said, problems = run("ingest", str(manuals))
    assert code == 0
    assert "read 2 pages" in said
    assert "set aside: " in problems
    assert "photo.html" in problems


def test_nothing_found_is_said(run: Run, manuals: Path) -> None:
    run("ingest", str(manuals))
    assert NOT_FOUND in run("ask", "xyzzy qwerty")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("ingest", "nowhere"), 2, "nowhere: is not a folder"),
        (("ask", ""), 2, "question: empty"),
        (("ask", "가" * 100_000), 2, "question: 100000 characters"),
        (("ask", "요금은?", "--generator", "gpt"), 2, "generator: 'gpt' is none of extractive"),
        (("model", "serve", "big"), 2, "model 'big': none of the settings, which name no model"),
        (("instructions", "build"), 2, "the index holds no document"),
        (("ask", "요금은?", "--config", "none.toml"), 2, "none.toml: can't be read"),
    ],
)
def test_a_wrong_call_is_one_sentence(run: Run, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    got, _, problems = run(*arguments)
    assert got == code
    assert problems.startswith("ragtune: ")
    assert sentence in problems
    assert "Traceback" not in problems


def test_an_empty_folder_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, _, problems = run("ingest", str(tmp_path / "empty"))
    assert code == 2
    assert "holds no page" in problems


def test_an_index_made_by_other_settings_is_refused(run: Run, manuals: Path, config: Path) -> None:
    run("ingest", str(manuals))
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("max_chars = 500", "max_chars = 300"), encoding="utf-8")
    code, _, problems = run("ask", "요금은?")
    assert code == ManifestMismatch.exit_code
    assert "chunker" in problems


def test_a_port_in_use_is_named(run: Run, manuals: Path, config: Path) -> None:
    run("ingest", str(manuals))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        text = config.read_text(encoding="utf-8").replace("port = 8800", f"port = {port}")
        config.write_text(text, encoding="utf-8")
        code, _, problems = run("serve", "--config", str(config))
    assert code == Busy.exit_code
    assert f"port {port}" in problems


def test_every_command_is_explained(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an example of its own and in both READMEs."""
    monkeypatch.setitem(os.environ, "COLUMNS", "200")
    paths = [one.name for one in app.registered_commands]
    paths += [
        f"{group.name} {one.name}"
        for group in app.registered_groups
        if group.typer_instance
        for one in group.typer_instance.registered_commands
    ]
    assert len(paths) > 8
    readmes = [Path(name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md")]
    for path in paths:
        code, said, _ = run(*str(path).split(), "--help")
        assert (code, "Example:" in said) == (0, True), path
        if path == "demo":
            continue
        for readme in readmes:
            assert f"ragtune {str(path).split()[0]}" in readme, path
            assert str(path).split()[-1] in readme, path
