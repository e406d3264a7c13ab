"""`ragtune ingest` over pages that get into trouble and out of it."""

import json
from pathlib import Path

import pytest

from tests.ragtune.attachments import files
from tests.ragtune.cli.conftest import Run

BROKEN = b"\x89PNG\r\n\x1a\n" + bytes(2000)
GOOD = "<h1>라이트</h1><p>월 요금은 11,000원입니다.</p>"


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    folder.mkdir()
    (folder / "lite.html").write_text(GOOD, encoding="utf-8")
    (folder / "max.html").write_bytes(BROKEN)
    (folder / "form.html").write_text('<p>서식</p><a href="form.doc">신청서</a>', encoding="utf-8")
    (folder / "form.doc").write_bytes(files.old_office("WordDocument"))
    return folder


def troubles(run: Run) -> dict[str, str]:
    listed = json.loads(run("ingest", "--report", "--json")[1])
    return {
        uri.rpartition("/")[2]: " ".join((one["reason"], *one["warnings"])) for uri, one in listed.items()
    }


def test_troubles_are_listed_with_their_reasons_until_they_are_mended(run: Run, manuals: Path) -> None:
    assert run("ingest", str(manuals))[0] == 0
    listed = troubles(run)
    assert sorted(listed) == ["form.html", "max.html"]
    assert "PNG image" in listed["max.html"]
    assert "old Word file; save it as DOCX" in listed["form.html"]
    assert "old Word file" in run("ingest", "--report")[1]
    (manuals / "form.doc").write_bytes(files.word())
    (manuals / "max.html").write_text(GOOD, encoding="utf-8")
    run("ingest", str(manuals))
    assert troubles(run) == {}
    assert "every page was read as a whole" in run("ingest", "--report")[1]


def test_troubled_pages_alone_are_tried_again(run: Run, manuals: Path) -> None:
    run("ingest", str(manuals))
    (manuals / "max.html").write_text(GOOD, encoding="utf-8")
    (manuals / "lite.html").write_text("<p>아직 읽지 않을 글</p>", encoding="utf-8")
    code, said, _ = run("ingest", "--retry", "--json")
    assert code == 0
    pages = {page.rpartition("/")[2] for page in json.loads(said)["read_pages"]}
    assert pages == {"max.html", "form.html"}
    assert sorted(troubles(run)) == ["form.html"]


def test_nothing_to_try_again(run: Run) -> None:
    assert "nothing to try again" in run("ingest", "--retry")[1]


def test_a_page_that_is_gone_is_said(run: Run, manuals: Path) -> None:
    run("ingest", str(manuals))
    (manuals / "max.html").unlink()
    assert "max.html is not there any more; ingest its folder again" in run("ingest", "--retry")[2]


def test_one_page_by_name(run: Run, manuals: Path) -> None:
    run("ingest", str(manuals))
    said = run("ingest", str(manuals), "--page", "lite.html", "--json")[1]
    assert json.loads(said)["read_pages"] == ["file:///manuals/lite.html"]
    assert sorted(troubles(run)) == ["form.html", "max.html"]


def test_without_a_folder_it_says_what_to_do(run: Run) -> None:
    code, _, problems = run("ingest")
    assert code == 2
    assert "FOLDER: missing" in problems
