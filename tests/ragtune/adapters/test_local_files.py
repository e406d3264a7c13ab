"""Nothing outside the ingested folders is handed out."""

from pathlib import Path

import pytest

from ragtune.adapters.local_files import LocalFiles, common_folder
from ragtune.errors import BadInput


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "요금 표.pdf").write_bytes(b"%PDF")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "manuals-private").mkdir()
    (tmp_path / "manuals-private" / "x.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "loop").symlink_to(folder / "loop")
    return folder


def test_a_file_below_the_root_is_read(root: Path) -> None:
    files = LocalFiles(lambda: [root])
    assert files.read((root / "files" / "요금 표.pdf").as_uri()) == b"%PDF"


@pytest.mark.parametrize(
    "reference",
    [
        "../secret.txt", "files/../../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "link.txt", "loop",
        "../manuals-private/x.txt", "files", "", "none.pdf", "a%00b", "x" * 5000,
    ],
)  # fmt: skip
def test_nothing_else_is(root: Path, reference: str) -> None:
    with pytest.raises(BadInput):
        LocalFiles(lambda: [root]).read(f"{root.as_uri()}/{reference}")


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd",
        "file://host/etc/passwd",
        "http://127.0.0.1/x",
        "/etc/passwd",
        "data:text/plain,x",
        "",
    ],
)
def test_other_places_are_refused(root: Path, uri: str) -> None:
    with pytest.raises(BadInput):
        LocalFiles(lambda: [root]).read(uri)


def test_without_a_root_nothing_is_handed_out(root: Path) -> None:
    with pytest.raises(BadInput, match="outside the folders"):
        LocalFiles(list).read((root / "files" / "요금 표.pdf").as_uri())


def test_pages_all_over_the_machine_open_nothing() -> None:
    assert common_folder(["file:///a/x.html", "file:///b/y.html"]) == []
    assert common_folder([]) == []
    assert common_folder(["https://example.com/x.html"]) == []
    assert common_folder(["file:///a/b/x.html"]) == [Path("/a/b")]
