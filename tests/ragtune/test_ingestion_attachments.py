"""What files beside a page do to it, over runs: their text, their changes, their damage."""

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
from ragtune.attachments import AttachmentReader, Bounds
from ragtune.documents import Document, document_id
from ragtune.ingestion import IngestReport, Preparation, ingest, ingest_pages
from ragtune.manifest import Manifest
from ragtune.ports import SourceFile
from tests.ragtune.attachments import files

PAGE = '<h1>{name}</h1><p>아래 파일을 보세요.</p><a href="{file}">이용 약관</a>'


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    root = tmp_path / "manuals"
    root.mkdir()
    write(root, "giga", "terms.pdf")
    (root / "terms.pdf").write_bytes(files.pdf("약정 기간은 36개월입니다."))
    return root


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index", [Bigrams()], Manifest())
    yield opened
    opened.close()


def write(root: Path, name: str, file: str) -> None:
    (root / f"{name}.html").write_text(PAGE.format(name=name, file=file), encoding="utf-8")


def run(
    root: Path, index: EmbeddedIndex, *, bounds: Bounds | None = None, only: tuple[str, ...] = ()
) -> IngestReport:
    with AttachmentReader(bounds or Bounds()) as reader:
        preparation = Preparation(max_chars=500, attachments=reader)
        source = Folder(root, name="manuals")
        if only:
            return ingest_pages(source, index, preparation, only, anew=True)
        return ingest(source, index, preparation)


def document(index: EmbeddedIndex, name: str = "giga") -> Document:
    found = index.document(document_id(f"file:///manuals/{name}.html"))
    assert found is not None
    return found


def attached(index: EmbeddedIndex, name: str = "giga") -> list[str]:
    chunks = index.entry_chunks(document_id(f"file:///manuals/{name}.html"))
    return [chunk.text for chunk in chunks if chunk.file]


def test_its_text_is_searched_and_cited_by_page(manuals: Path, index: EmbeddedIndex) -> None:
    assert run(manuals, index).warnings == ()
    chunk = index.entry_chunks(document(index).id)[-1]
    assert (chunk.text, chunk.path) == ("약정 기간은 36개월입니다.", ("이용 약관", "1쪽"))
    assert chunk.link == "file:///manuals/terms.pdf#page=1"
    assert run(manuals, index).unchanged == 1


def test_a_file_that_changed_while_its_page_did_not_is_read_again(
    manuals: Path, index: EmbeddedIndex
) -> None:
    run(manuals, index)
    before = document(index)
    (manuals / "terms.pdf").write_bytes(files.pdf("약정 기간은 24개월입니다."))
    assert run(manuals, index).read_pages == ("file:///manuals/giga.html",)
    assert attached(index) == ["약정 기간은 24개월입니다."]
    assert document(index).version > before.version
    assert document(index).attachments[0].digest != before.attachments[0].digest
    assert run(manuals, index).unchanged == 1


def test_a_file_that_goes_and_comes_back(manuals: Path, index: EmbeddedIndex) -> None:
    run(manuals, index)
    kept = (manuals / "terms.pdf").rename(manuals.parent / "terms.pdf")
    report = run(manuals, index)
    assert (report.read, attached(index)) == (1, [])
    assert "1 files it refers to are not there" in report.warnings[0][1]
    kept.rename(manuals / "terms.pdf")
    assert run(manuals, index).read == 1
    assert attached(index) == ["약정 기간은 36개월입니다."]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", files.pdf("비밀", password="1234"), "encrypted"),  # noqa: S106
        ("a.doc", files.old_office("WordDocument"), "old Word file"),
        ("a.docx", files.word()[:5000], "damaged"),
        ("a.xlsx", b"", "empty"),
        ("a.zip", files.archive({"b.txt": "글"}), "archive"),
    ],
)
def test_one_bad_file_never_loses_the_page(
    manuals: Path, index: EmbeddedIndex, name: str, data: bytes, reason: str
) -> None:
    (manuals / name).write_bytes(data)
    write(manuals, "giga", name)
    report = run(manuals, index)
    assert (report.read, report.set_aside) == (1, ())
    (uri, warning), = report.warnings  # fmt: skip
    assert uri == "file:///manuals/giga.html"
    assert warning.startswith(f"file:///manuals/{name} is offered but not searched: it ")
    assert reason in warning
    assert len(document(index).attachments) == 1
    assert "아래 파일을 보세요." in index.entry_chunks(document(index).id)[0].text
    assert run(manuals, index).unchanged == 1  # the same bytes have the same reason


def test_what_failed_for_a_passing_reason_is_tried_in_the_next_run(
    manuals: Path, index: EmbeddedIndex
) -> None:
    report = run(manuals, index, bounds=Bounds(seconds=0.001))
    assert "takes longer than 0.001 s" in report.warnings[0][1]
    assert run(manuals, index).read == 1
    assert attached(index) == ["약정 기간은 36개월입니다."]
    assert run(manuals, index).unchanged == 1


def test_a_file_above_the_limit_is_offered(manuals: Path, index: EmbeddedIndex) -> None:
    report = run(manuals, index, bounds=Bounds(file_bytes=100))
    assert "at most 100 are read" in report.warnings[0][1]
    assert document(index).attachments[0].digest
    assert run(manuals, index, bounds=Bounds(file_bytes=100)).unchanged == 1


def test_a_page_that_becomes_unreadable_keeps_its_last_good_version(
    manuals: Path, index: EmbeddedIndex
) -> None:
    run(manuals, index)
    (manuals / "giga.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(999))
    report = run(manuals, index)
    assert [aside.uri for aside in report.set_aside] == ["file:///manuals/giga.html"]
    assert attached(index) == ["약정 기간은 36개월입니다."]


def test_pages_named_alone_are_read_anew_and_nothing_else_is_touched(
    manuals: Path, index: EmbeddedIndex
) -> None:
    write(manuals, "lite", "none.pdf")
    run(manuals, index)
    (manuals / "giga.html").unlink()
    report = run(manuals, index, only=("file:///manuals/lite.html", "file:///manuals/max.html"))
    assert report.read_pages == ("file:///manuals/lite.html",)
    assert report.deleted == ()
    assert [aside.reason for aside in report.set_aside] == ["file:///manuals/max.html is not there"]
    assert document(index, "giga")


class Counting(Folder):
    """A folder that counts what is fetched from it."""

    fetched = 0

    def content(self, uri: str, max_bytes: int) -> bytes:
        self.fetched += 1
        return super().content(uri, max_bytes)

    def files(self) -> Iterator[SourceFile]:
        return super().files()


def test_a_file_of_many_pages_is_fetched_once(manuals: Path, index: EmbeddedIndex) -> None:
    for number in range(5):
        write(manuals, f"page{number}", "terms.pdf")
    source = Counting(manuals, name="manuals")
    with AttachmentReader(Bounds()) as reader:
        report = ingest(source, index, Preparation(max_chars=500, attachments=reader))
    assert (report.read, source.fetched) == (6, 1)
    assert attached(index, "page4") == ["약정 기간은 36개월입니다."]


INGEST = """
import sys
from pathlib import Path
from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.folder import Folder
from ragtune.analysis import Bigrams
from ragtune.attachments import AttachmentReader, Bounds
from ragtune.ingestion import Preparation, ingest
from ragtune.manifest import Manifest
index = EmbeddedIndex(Path(sys.argv[2]), [Bigrams()], Manifest())
with AttachmentReader(Bounds()) as reader:
    reader.read(b"started", "text/plain")
    print(reader.process_id, flush=True)
    ingest(Folder(Path(sys.argv[1])), index, Preparation(max_chars=500, attachments=reader))
"""


def test_a_killed_run_goes_on_and_leaves_no_reader_behind(manuals: Path, tmp_path: Path) -> None:
    for number in range(150):
        (manuals / f"{number}.csv").write_text(f"상품,요금\n라이트{number},{number}원", encoding="utf-8")
        write(manuals, f"page{number}", f"{number}.csv")
    command = [sys.executable, "-c", INGEST, str(manuals), str(tmp_path / "index")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own command
    assert process.stdout is not None
    reader = int(process.stdout.readline())
    index = EmbeddedIndex(tmp_path / "index", [Bigrams()], Manifest())
    while not any(index.heads()):  # until its first batch is acknowledged
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 30
    while _lives(reader) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(reader)
    before = [head.source for head in index.heads()]
    report = run(manuals, index)
    assert report.unchanged >= len(before)
    assert report.read + report.unchanged == report.pages == 151
    assert all(attached(index, f"page{number}") for number in range(150))
    index.close()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # An orphan whose parent does not collect it stays as a zombie.
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
