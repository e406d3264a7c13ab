"""Nothing outside the folders that were read is handed out."""

from pathlib import Path

import pytest

from ragtune.adapters import source_folders
from ragtune.adapters.source_folders import SourceFolders
from ragtune.errors import BadInput

PREFIX = "file:///manuals/"


@pytest.fixture
def folders(tmp_path: Path) -> SourceFolders:
    root = tmp_path / "manuals"
    (root / "files").mkdir(parents=True)
    (root / "files" / "요금 표.pdf").write_bytes(b"%PDF")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "manuals-private").mkdir()
    (tmp_path / "manuals-private" / "x.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "loop").symlink_to(root / "loop")
    made = SourceFolders(tmp_path / "state" / "sources.json")
    made.remember(PREFIX, root)
    return made


@pytest.mark.parametrize("name", ["요금 표.pdf", "요금%20표.pdf", "%EC%9A%94%EA%B8%88%20%ED%91%9C.pdf"])
def test_a_file_below_a_folder_is_read(folders: SourceFolders, name: str) -> None:
    assert folders.read(f"{PREFIX}files/{name}") == b"%PDF"


@pytest.mark.parametrize(
    "uri",
    [
        *(PREFIX + path for path in (
            "../secret.txt", "files/../../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt",
            "link.txt", "loop", "../manuals-private/x.txt", "files", "", "none.pdf",
            "a%00b", "x" * 5000, "/etc/passwd", "\ud800",
        )),
        "file:///etc/passwd", "file:///manuals-private/x.txt", "file://host/etc/passwd", "http://127.0.0.1/x",
        "/etc/passwd", "data:text/plain,x", "",
    ],
)  # fmt: skip
def test_nothing_else_is(folders: SourceFolders, uri: str) -> None:
    with pytest.raises(BadInput):
        folders.read(uri)


def test_the_folder_read_last_is_looked_at_first(folders: SourceFolders, tmp_path: Path) -> None:
    newer = tmp_path / "updates"
    (newer / "files").mkdir(parents=True)
    (newer / "files" / "요금 표.pdf").write_bytes(b"%PDF newer")
    folders.remember(PREFIX, newer)
    assert folders.read(f"{PREFIX}files/요금 표.pdf") == b"%PDF newer"
    (newer / "files" / "요금 표.pdf").unlink()
    assert folders.read(f"{PREFIX}files/요금 표.pdf") == b"%PDF"


def test_the_folder_that_holds_a_file_is_named(folders: SourceFolders, tmp_path: Path) -> None:
    assert folders.folder(f"{PREFIX}files/요금 표.pdf") == (tmp_path / "manuals", "manuals")
    assert folders.folder(f"{PREFIX}none.pdf") is None
    assert folders.folder(f"{PREFIX}../secret.txt") is None


def test_without_folders_nothing_is_handed_out(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="in none of the folders"):
        SourceFolders(tmp_path / "sources.json").read(f"{PREFIX}files/x.pdf")


def test_a_damaged_register_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "sources.json").write_text("{")
    with pytest.raises(BadInput, match="remove it and ingest again"):
        SourceFolders(tmp_path / "sources.json").read(f"{PREFIX}x")


def test_a_file_that_is_too_large_is_not_read(
    folders: SourceFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_folders, "_MAX_FILE_BYTES", 3)
    with pytest.raises(BadInput, match="at most 3 are handed out"):
        folders.read(f"{PREFIX}files/요금 표.pdf")
