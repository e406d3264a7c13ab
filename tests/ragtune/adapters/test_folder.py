import hashlib
import os
import unicodedata
from pathlib import Path

import pytest

from ragtune.adapters.folder import Folder
from ragtune.errors import BadInput, UnreadablePage

PAGE = b"<p>\xec\x9a\x94\xea\xb8\x88</p>"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    (folder / "상품").mkdir(parents=True)
    (folder / "상품" / "giga lite.html").write_bytes(PAGE)
    (folder / "a.HTM").write_bytes(PAGE)
    (folder / "files").mkdir()
    (folder / "files" / "form.pdf").write_bytes(b"%PDF")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.html").write_bytes(PAGE)
    return folder


def test_pages_are_named_by_their_path_below_the_folder(root: Path) -> None:
    uris = [file.uri for file in Folder(root).files()]
    assert uris == ["file:///manuals/a.HTM", "file:///manuals/상품/giga%20lite.html"]


def test_ids_do_not_depend_on_where_the_folder_lies(root: Path, tmp_path: Path) -> None:
    moved = root.rename(tmp_path / "elsewhere")
    assert next(Folder(moved, name="manuals").files()).uri == "file:///manuals/a.HTM"


def test_bytes_and_version_are_read_together(root: Path) -> None:
    os.utime(root / "a.HTM", ns=(0, 1_234_567_890_123))
    assert Folder(root).read("file:///manuals/a.HTM") == (PAGE, 1_234_567)
    assert next(Folder(root).files()).version == 1_234_567


def test_files_that_pages_refer_to_have_digests(root: Path) -> None:
    expected = hashlib.sha256(b"%PDF").hexdigest()
    assert Folder(root).digest("file:///manuals/files/form.pdf#page=2") == expected


def test_files_that_pages_refer_to_are_read_up_to_a_limit(root: Path) -> None:
    uri = "file:///manuals/files/form.pdf"
    assert Folder(root).content(uri, 4) == b"%PDF"
    with pytest.raises(UnreadablePage, match=r"form.pdf is 4 bytes; at most 3 are read; divide it"):
        Folder(root).content(uri, 3)
    with pytest.raises(UnreadablePage, match="is not there"):
        Folder(root).content("file:///manuals/files/none.pdf", 9)
    with pytest.raises(UnreadablePage, match="leads out of the folder"):
        Folder(root).content("file:///manuals/../secret.html", 9)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_decomposed_names_are_found(root: Path, form: str) -> None:
    (root / unicodedata.normalize("NFD", "요금표.html")).write_bytes(PAGE)
    name = unicodedata.normalize(form, "요금표.html")  # type: ignore[arg-type]
    assert Folder(root).read(f"file:///manuals/{name}")[0] == PAGE


def test_names_that_are_no_text_are_read(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/\xbf\xe4.html")).write_bytes(PAGE)
    uris = [file.uri for file in Folder(root).files()]
    assert "file:///manuals/%BF%E4.html" in uris
    assert Folder(root).read("file:///manuals/%BF%E4.html")[0] == PAGE


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("file:///manuals/../secret.html", "leads out of the folder"),
        ("file:///manuals/%2e%2e/secret.html", "leads out of the folder"),
        ("file:///manuals//etc/passwd", "leads out of the folder"),
        ("file:///other/a.html", "is not in file:///manuals/"),
        ("file:///manuals/none.html", "is not there"),
        ("file:///manuals/상품", "is not there"),
        ("file:///manuals/a%00b.html", "names no file"),
        ("file:///manuals/link.html", "leads out of the folder"),
        ("file:///manuals/loop.html", "can't be followed|is not there"),
    ],
)
def test_only_files_of_the_folder_are_read(root: Path, uri: str, reason: str) -> None:
    (root.parent / "secret.html").write_bytes(PAGE)
    (root / "link.html").symlink_to(root.parent / "secret.html")
    (root / "loop.html").symlink_to(root / "loop.html")
    with pytest.raises(UnreadablePage, match=reason):
        Folder(root).read(uri)


def test_links_that_lead_out_are_listed_so_that_they_are_reported(root: Path) -> None:
    (root / "link.html").symlink_to(root.parent / "nowhere.html")
    assert "file:///manuals/link.html" in [file.uri for file in Folder(root).files()]


def test_a_page_above_the_limit_is_refused(root: Path) -> None:
    (root / "big.html").write_bytes(b"x" * 50_000)
    with pytest.raises(UnreadablePage, match=r"big.html is 50,000 bytes; at most 1,000 are read"):
        Folder(root, max_bytes=1_000).read("file:///manuals/big.html")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_is_refused(root: Path) -> None:
    (root / "a.HTM").chmod(0)
    with pytest.raises(UnreadablePage, match="can't be read"):
        Folder(root).read("file:///manuals/a.HTM")


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a folder"):
        Folder(tmp_path / "none")
