"""The command line with a deployment of its own below the test's folder."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ragtune.cli.main import main

PAGE = """<html><head><title>{title}</title></head><body><h1>{title}</h1>
<p>{title}의 월 요금은 33,000원입니다.</p></body></html>"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    text = Path("config/local.toml").read_text(encoding="utf-8")
    text = text.replace('".ragtune"', f'"{tmp_path}/state"').replace(
        ".ragtune/index", f"{tmp_path}/state/index"
    )
    text = re.sub(r"views = .*", 'views = ["bigram"]', text)
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def run(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls `ragtune` with the configuration; gives exit code, stdout and stderr."""
    monkeypatch.setenv("RAGTUNE_CONFIG", str(config))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["ragtune", *arguments])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    folder.mkdir()
    for name in ("기가라이트", "기가맥스"):
        (folder / f"{name}.html").write_text(PAGE.format(title=name), encoding="utf-8")
    return folder
