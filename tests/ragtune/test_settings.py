"""Every shipped deployment file loads; a wrong value is quoted with file and key."""

import tomllib
from pathlib import Path

import pytest

from ragtune.errors import SettingsError
from ragtune.settings import load_settings

CONFIG = Path("config")


def test_every_shipped_deployment_loads() -> None:
    files = sorted(CONFIG.rglob("*.toml"))
    assert CONFIG / "local.toml" in files
    for file in files:
        assert load_settings(file).index.url.startswith(("sqlite:///", "opensearch+https://"))


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = (CONFIG / "local.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "changed.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("max_chars = 500", "max_chars = 5", "chunking.max_chars: 5 is not between 100 and 4000"),
        ("max_chars = 500", 'max_chars = "500"', "chunking.max_chars: expected int, found '500'"),
        ("max_chars = 500", "max_tokens = 9", "chunking.max_tokens: 9 is not between 32 and 8000"),
        ("max_chars = 500", "max_tokens = 99", "chunking.max_tokens: 99, but tokens_of names no preset"),
        ("section_chars = 0", "section_chars = -1", "retrieval.section_chars: -1 is not between 0 and 20000"),
        ('generator = "extractive"', 'generator = "gpt"', "answering.generator: 'gpt' is none of extractive"),
        ("port = 8800", "port = 88000", "console.port: 88000 is not between 1 and 65535"),
        ("hits = 50", "hit = 50", "retrieval.hit: no such key"),
    ],
)
def test_a_wrong_value_names_file_key_and_value(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = changed(tmp_path, old, new)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(f"{file}: {message}")


def test_a_missing_or_broken_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        load_settings(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("state = ", encoding="utf-8")
    with pytest.raises(SettingsError, match="not TOML"):
        load_settings(broken)


def test_local_settings_are_plain_toml() -> None:
    assert tomllib.loads((CONFIG / "local.toml").read_text(encoding="utf-8"))["state"] == ".ragtune"
