import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.folder import Folder
from ragtune.analysis import Bigrams
from ragtune.documents import document_id
from ragtune.errors import BadInput, Busy
from ragtune.ingestion import IngestReport, Preparation, ingest, ingest_pages
from ragtune.manifest import Manifest
from ragtune.ports import Index, Source, SourceFile

PREPARATION = Preparation(max_chars=500)


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    root = tmp_path / "manuals"
    root.mkdir()
    for name in ("giga", "lite", "max"):
        write(root, name, f"<h1>{name}</h1><p>{name}의 월 요금은 1원입니다.</p>")
    return root


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index", [Bigrams()], Manifest())
    yield opened
    opened.close()


def write(root: Path, name: str, html: str | bytes, *, mtime_ms: int = 0) -> None:
    path = root / f"{name}.html"
    path.write_bytes(html.encode() if isinstance(html, str) else html)
    if mtime_ms:
        os.utime(path, ns=(mtime_ms * 1_000_000, mtime_ms * 1_000_000))


def run(root: Path, index: Index, *, whole: bool = True) -> IngestReport:
    return ingest(Folder(root, name="manuals", max_bytes=100_000), index, PREPARATION, whole=whole)


def text(index: Index, name: str) -> str:
    return " ".join(c.text for c in index.entry_chunks(document_id(f"file:///manuals/{name}.html")))


def test_pages_are_read_once(manuals: Path, index: Index) -> None:
    first, second = run(manuals, index), run(manuals, index)
    assert (first.pages, first.read, first.unchanged, first.chunks) == (3, 3, 0, 3)
    assert (second.pages, second.read, second.unchanged, second.set_aside) == (3, 0, 3, ())
    assert text(index, "giga") == "giga의 월 요금은 1원입니다."


def test_changed_pages_are_read_again_whatever_their_date(manuals: Path, index: Index) -> None:
    run(manuals, index)
    write(manuals, "giga", "<h1>giga</h1><p>새 요금</p>")
    write(manuals, "lite", "<h1>lite</h1><p>옛 요금</p>", mtime_ms=1_000)  # an old file was put back
    assert run(manuals, index).read == 2
    assert (text(index, "giga"), text(index, "lite")) == ("새 요금", "옛 요금")
    assert run(manuals, index).unchanged == 3


def test_vanished_pages_are_deleted_and_come_back(manuals: Path, index: Index) -> None:
    run(manuals, index)
    kept = (manuals / "max.html").rename(manuals.parent / "max.html")
    assert run(manuals, index).deleted == ("file:///manuals/max.html",)
    assert text(index, "max") == ""
    kept.rename(manuals / "max.html")  # with its old modification time
    assert run(manuals, index).read == 1
    assert "1원" in text(index, "max")


def test_some_pages_alone_delete_nothing(manuals: Path, index: Index, tmp_path: Path) -> None:
    run(manuals, index)
    updates = tmp_path / "updates"
    updates.mkdir()
    write(updates, "giga", "<h1>giga</h1><p>새 요금</p>", mtime_ms=1_000)
    report = run(updates, index, whole=False)
    assert (report.read, report.deleted) == (1, ())
    assert text(index, "giga") == "새 요금"
    assert "1원" in text(index, "max")


def test_another_source_is_left_alone(manuals: Path, index: Index, tmp_path: Path) -> None:
    run(manuals, index)
    other = tmp_path / "other"
    other.mkdir()
    write(other, "a", "<p>다른 문서</p>")
    assert ingest(Folder(other), index, PREPARATION).deleted == ()
    assert "1원" in text(index, "giga")


def test_an_empty_folder_is_a_clear_error_and_deletes_nothing(manuals: Path, index: Index) -> None:
    run(manuals, index)
    for page in manuals.iterdir():
        page.unlink()
    with pytest.raises(BadInput, match=r"^file:///manuals/ holds no page"):
        run(manuals, index)
    assert "1원" in text(index, "giga")


def test_bad_pages_are_set_aside_and_the_rest_goes_on(manuals: Path, index: Index) -> None:
    run(manuals, index)
    write(manuals, "giga", b"%PDF-1.7 binary")
    write(manuals, "big", b"<p>" + b"x" * 200_000)
    write(manuals, "empty", b"")
    write(manuals, "new", "<p>새 문서</p>")
    (manuals / "out.html").symlink_to("/etc/hostname")
    (manuals / "folder.html").mkdir()
    report = run(manuals, index)
    reasons = {aside.uri.rsplit("/", 1)[1]: aside.reason for aside in report.set_aside}
    assert sorted(reasons) == ["big.html", "empty.html", "giga.html", "out.html"]
    assert "PDF" in reasons["giga.html"]
    assert "200,003 bytes" in reasons["big.html"]
    assert all("\n" not in reason for reason in reasons.values())
    assert text(index, "giga") == "giga의 월 요금은 1원입니다."  # the last good version
    assert text(index, "new") == "새 문서"


def test_a_page_nobody_knows_who_may_read_is_withdrawn(manuals: Path, index: Index) -> None:
    run(manuals, index)
    write(manuals, "giga", '<meta name="access" content=""><p>비밀</p>')
    report = run(manuals, index)
    assert [(aside.uri, aside.withdrawn) for aside in report.set_aside] == [
        ("file:///manuals/giga.html", True)
    ]
    assert report.deleted == ()
    assert text(index, "giga") == ""
    write(manuals, "giga", '<meta name="access" content="internal"><p>비밀</p>')
    assert run(manuals, index).read == 1
    assert text(index, "giga") == "비밀"


def test_files_beside_the_page_get_their_digest(manuals: Path, index: Index) -> None:
    (manuals / "form.pdf").write_bytes(b"%PDF")
    page = '<p>글 <a href="form.pdf">양식</a> <a href="no.xlsx">표</a> <img src="a.png"></p>'
    write(manuals, "giga", page)
    report = run(manuals, index)
    document = index.document(document_id("file:///manuals/giga.html"))
    assert document is not None
    assert [len(file.digest) for file in document.attachments] == [64, 0]
    assert (report.images, report.attachments) == (1, 2)
    missing = "2 files it refers to are not there: file:///manuals/a.png, file:///manuals/no.xlsx"
    assert report.warnings == (("file:///manuals/giga.html", missing),)
    files = [("file:///manuals/giga.html", f"file:///manuals/{name}") for name in ("form.pdf", "no.xlsx")]
    assert list(report.files) == files
    assert list(run(manuals, index).files) == files  # also of a page that has not changed


class Restless:
    """A folder in which a page is written anew right after it was read, as by an editor that saves."""

    def __init__(self, root: Path, times: int) -> None:
        self._folder, self._root, self._times = Folder(root, name="manuals"), root, times
        self.prefix = self._folder.prefix

    def files(self) -> Iterator[SourceFile]:
        return self._folder.files()

    def current(self, uri: str) -> SourceFile:
        return self._folder.current(uri)

    def read(self, uri: str) -> tuple[bytes, int]:
        found = self._folder.read(uri)
        if uri.endswith("giga.html") and self._times:
            self._times -= 1
            write(self._root, "giga", f"<p>판 {self._times}</p>", mtime_ms=found[1] + 1_000)
        return found

    def digest(self, uri: str) -> str:
        return self._folder.digest(uri)

    def content(self, uri: str, max_bytes: int) -> bytes:
        return self._folder.content(uri, max_bytes)


def test_what_changes_meanwhile_is_read_again(manuals: Path, index: Index) -> None:
    source: Source = Restless(manuals, 2)
    assert ingest(source, index, PREPARATION).set_aside == ()
    assert text(index, "giga") == "판 0"


def test_what_never_rests_is_said(manuals: Path, index: Index) -> None:
    report = ingest(Restless(manuals, 99), index, PREPARATION)
    assert [aside.reason for aside in report.set_aside] == [
        "file:///manuals/giga.html keeps changing; ingest again later"
    ]


def some(root: Path, index: Index, *names: str, source: Source | None = None) -> IngestReport:
    uris = [f"file:///manuals/{name}.html" for name in names]
    return ingest_pages(source or Folder(root, name="manuals"), index, PREPARATION, uris)


def test_a_page_alone_is_brought_to_its_current_state(manuals: Path, index: Index) -> None:
    assert some(manuals, index, "giga").read == 1
    assert (text(index, "giga"), text(index, "lite")) == ("giga의 월 요금은 1원입니다.", "")
    assert some(manuals, index, "giga").unchanged == 1
    write(manuals, "giga", "<p>옛 요금</p>", mtime_ms=1_000)
    assert some(manuals, index, "giga").read == 1
    assert text(index, "giga") == "옛 요금"


def test_a_page_that_is_gone_is_deleted_and_comes_back(manuals: Path, index: Index) -> None:
    run(manuals, index)
    kept = (manuals / "giga.html").rename(manuals / "kept")
    assert some(manuals, index, "giga").deleted == ("file:///manuals/giga.html",)
    assert some(manuals, index, "giga").deleted == ()
    assert text(index, "giga") == ""
    kept.rename(manuals / "giga.html")  # with its old modification time
    assert some(manuals, index, "giga").read == 1
    assert "1원" in text(index, "giga")


def test_a_page_that_never_was_is_said(manuals: Path, index: Index) -> None:
    told = [aside.reason for aside in some(manuals, index, "none").set_aside]
    assert told == ["file:///manuals/none.html is not there"]
    assert list(index.heads()) == []


def test_a_page_of_another_source_is_set_aside(manuals: Path, index: Index) -> None:
    report = ingest_pages(Folder(manuals, name="manuals"), index, PREPARATION, ["file:///other/giga.html"])
    assert [aside.uri for aside in report.set_aside] == ["file:///other/giga.html"]


def test_a_page_alone_that_turns_unreadable_keeps_its_last_version(manuals: Path, index: Index) -> None:
    run(manuals, index)
    write(manuals, "giga", b"%PDF-1.7 binary")
    write(manuals, "lite", '<meta name="access" content=""><p>비밀</p>')
    report = some(manuals, index, "giga", "lite")
    assert [aside.withdrawn for aside in report.set_aside] == [False, True]
    assert text(index, "giga") == "giga의 월 요금은 1원입니다."
    assert text(index, "lite") == ""


def test_a_page_alone_that_changes_meanwhile_is_read_again(manuals: Path, index: Index) -> None:
    assert some(manuals, index, "giga", source=Restless(manuals, 2)).set_aside == ()
    assert text(index, "giga") == "판 0"
    report = some(manuals, index, "giga", source=Restless(manuals, 99))
    assert [aside.reason for aside in report.set_aside] == [
        "file:///manuals/giga.html keeps changing; ingest again later"
    ]


def test_a_late_event_does_no_harm(manuals: Path, index: Index) -> None:
    """Of two workers the one that read the older state writes last."""
    write(manuals, "giga", "<p>옛 요금</p>", mtime_ms=1_000)

    class Slow(Restless):
        def read(self, uri: str) -> tuple[bytes, int]:
            found = self._folder.read(uri)
            if self._times:
                self._times -= 1
                write(self._root, "giga", "<p>새 요금</p>", mtime_ms=2_000)
                some(self._root, index, "giga")
            return found

    some(manuals, index, "giga", source=Slow(manuals, 1))
    assert text(index, "giga") == "새 요금"


def test_a_deletion_that_comes_late_loses_against_the_page(manuals: Path, index: Index) -> None:
    run(manuals, index)

    class Back(Restless):
        def current(self, uri: str) -> SourceFile:
            if self._times:
                self._times -= 1
                return SourceFile(uri=uri, version=0, size=0, deleted=True)
            return self._folder.current(uri)

    assert some(manuals, index, "giga", source=Back(manuals, 1)).deleted == ()
    assert "1원" in text(index, "giga")


def test_personal_numbers_are_masked_before_anything_is_stored(manuals: Path, index: Index) -> None:
    number = "010-1234-5678"
    page = (
        f"<title>담당 {number}</title><h1>담당 {number}</h1><h2>연락 {number}</h2><p>전화 {number}</p>"
        f"<table><tr><th>이름</th><th>전화</th></tr><tr><td>김</td><td>{number}</td></tr></table>"
        f'<a href="form.pdf">{number}</a>'
    )
    write(manuals, "giga", page)
    some(manuals, index, "giga")
    document = index.document(document_id("file:///manuals/giga.html"))
    stored = f"{document} {index.entry_chunks(document_id('file:///manuals/giga.html'))}"
    assert number not in stored
    assert stored.count("[전화번호]") >= 5
    assert some(manuals, index, "giga").unchanged == 1


def test_progress_counts_every_page(manuals: Path, index: Index) -> None:
    seen: list[tuple[int, int]] = []
    ingest(Folder(manuals), index, PREPARATION, progress=lambda done, total, _: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


INGEST = """
import sys
from pathlib import Path
from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.folder import Folder
from ragtune.analysis import Bigrams
from ragtune.ingestion import Preparation, ingest
from ragtune.manifest import Manifest
index = EmbeddedIndex(Path(sys.argv[2]), [Bigrams()], Manifest())
print("open", flush=True)
ingest(Folder(Path(sys.argv[1])), index, Preparation(max_chars=500))
"""


def started(root: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", INGEST, str(root), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own command
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def test_a_killed_run_goes_on_and_two_at_once_do_no_harm(manuals: Path, tmp_path: Path) -> None:
    body = "".join(f"<p>{n}번째 조항은 요금과 약정을 정합니다.</p>" for n in range(100))
    for number in range(160):
        write(manuals, f"page{number}", f"<h1>문서 {number}</h1>{body}")
    process = started(manuals, tmp_path / "index")
    with EmbeddedIndexes(tmp_path / "index") as index:
        while not any(index.heads()):  # until its first batch is acknowledged
            assert process.poll() is None
            time.sleep(0.01)
        with pytest.raises(Busy):
            run(manuals, index)
    process.kill()
    process.communicate()
    with EmbeddedIndexes(tmp_path / "index") as index:
        before = {head.source for head in index.heads()}
        assert all(text(index, Path(source).stem) for source in before)  # whole or not at all
        report = run(manuals, index)
        assert report.unchanged >= len(before)
        assert report.read + report.unchanged == report.pages == 163
        assert index.info()["documents"] == 163


class EmbeddedIndexes:
    """An index that is closed at the end of a block."""

    def __init__(self, folder: Path) -> None:
        self._index = EmbeddedIndex(folder, [Bigrams()], Manifest(), wait_s=0.05)

    def __enter__(self) -> EmbeddedIndex:
        return self._index

    def __exit__(self, *_: object) -> None:
        self._index.close()
