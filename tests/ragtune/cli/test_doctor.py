"""`ragtune doctor` names what is lacking and what to do, and ends with 1 when anything is."""

import re
from pathlib import Path

import pytest

from ragtune.cli.doctor import Finding, index, machine, models
from ragtune.cli.documents import ingest_folder
from ragtune.settings import Settings, load_settings
from tests.ragtune.cli.conftest import PAGE

MODEL = """
[models.own]
url = "http://127.0.0.1:9"
preset = "sample"
folder = "{folder}"

[models.elsewhere]
url = "http://127.0.0.1:9"
preset = "kullm"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    text = Path("config/local.toml").read_text(encoding="utf-8")
    text = text.replace('".ragtune"', f'"{tmp_path}/state"').replace(".ragtune/index", f"{tmp_path}/index")
    text = re.sub(r"views = .*", 'views = ["bigram"]', text) + MODEL.format(folder=tmp_path / "weights")
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def remedies(findings: list[Finding]) -> list[str]:
    return [finding.remedy for finding in findings if finding.remedy]


def test_this_machine_has_what_the_tests_need(settings: Settings) -> None:
    found = list(machine(settings))
    assert found[0].what.startswith("Python 3.")
    assert not [one for one in found if one.remedy and "extra" in one.what]


def test_an_empty_index_says_how_to_fill_it(settings: Settings, tmp_path: Path) -> None:
    assert remedies(list(index(settings))) == ["run `ragtune ingest FOLDER`"]
    folder = tmp_path / "manuals"
    folder.mkdir()
    (folder / "a.html").write_text(PAGE.format(title="기가라이트"), encoding="utf-8")
    ingest_folder(folder, settings)
    assert remedies(list(index(settings))) == []
    assert ": 1 pages" in next(iter(index(settings))).what


def test_an_index_that_does_not_open_is_told_in_its_own_words(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "index").write_text("not a folder", encoding="utf-8")
    assert len(remedies(list(index(settings)))) == 1


def test_models_without_files_or_server_are_lacking(settings: Settings, tmp_path: Path) -> None:
    assert remedies(list(models(settings))) == [
        "make it with `ragtune train` or `make demo`",
        "start that server, or correct its url",
    ]
    (tmp_path / "weights").mkdir()
    assert remedies(list(models(settings))) == ["start that server, or correct its url"]
