"""`ragtune words`: what documents say about words, after an ingestion and its updates."""

import json
from pathlib import Path

import pytest

from ragtune.errors import BadInput, SettingsError
from ragtune.settings import load_settings
from ragtune.wiring import analyzer, dictionary_of
from tests.ragtune.cli.conftest import Run


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    folder.mkdir()
    page = "<title>가족결합할인</title><h1>가족결합할인</h1><p>셋톱박스(STB)를 반납합니다.</p>"
    (folder / "a.html").write_text(page, encoding="utf-8")
    return folder


def groups(run: Run) -> object:
    return json.loads(run("words", "--json")[1])["groups"]


def test_the_words_follow_what_is_ingested(run: Run, manuals: Path) -> None:
    assert groups(run) == []
    assert run("ingest", str(manuals))[0] == 0
    assert groups(run) == [["셋톱박스", "STB"]]
    assert "셋톱박스 = STB" in run("words")[1]
    assert "셋톱박스" in run("ask", "STB")[1]
    (manuals / "a.html").write_text("<h1>요금</h1><p>요금표</p>", encoding="utf-8")
    run("ingest", str(manuals))
    assert groups(run) == []


def test_names_become_a_user_dictionary(run: Run, manuals: Path, tmp_path: Path, config: Path) -> None:
    file = tmp_path / "words.txt"
    assert run("words", "--dictionary", str(file))[0] == BadInput.exit_code
    run("ingest", str(manuals))
    assert run("words", "--dictionary", str(file))[0] == 0
    assert file.read_text(encoding="utf-8").splitlines() == ["가족결합할인"]
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[index]", f'[index]\nwords_file = "{file}"'), encoding="utf-8")
    settings = load_settings(config)
    assert dictionary_of(settings) == ("가족결합할인",)
    assert analyzer(settings, "kiwi").version.endswith("+parts")
    file.unlink()
    with pytest.raises(SettingsError, match=r"words\.txt: can't be read"):
        dictionary_of(settings)
