"""What only the embedded index can suffer: killed writers, full disks, damaged files, two processes."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.errors import BadInput, Busy, ManifestMismatch, OutOfSpace
from ragtune.manifest import Manifest
from tests.contracts.entries import EVERYONE, entry, leg

_WRITER = """
import sys, resource
from pathlib import Path
from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.errors import OutOfSpace
from ragtune.manifest import Manifest
from tests.contracts.entries import entry

folder, first, version, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
index = EmbeddedIndex(folder, [Bigrams()], Manifest())
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
texts = ([f"판{version} 위약금 {n}", "둘째 " * 50] for n in range(first, 100_000))
pages = (entry(f"쪽{n}", text, version=version) for n, text in enumerate(texts, first))
try:
    for head in index.put(pages):
        print(head.source, flush=True)
except OutOfSpace as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def opened(folder: Path, wait_s: float = 2.0) -> EmbeddedIndex:
    return EmbeddedIndex(folder, [Bigrams()], Manifest(), wait_s=wait_s)


def writer(folder: Path, *, first: int = 0, version: int = 1, limit: int = 0) -> subprocess.Popen[str]:
    """A process that writes pages until it is stopped, and prints each source once it is acknowledged."""
    command = [sys.executable, "-c", _WRITER, str(folder), str(first), str(version), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


def acknowledged(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


def rest(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    # Not communicate(): it passes over what readline() has already taken from the pipe.
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        return process.stdout.read().split("\n")[:-1], process.stderr.read()


def titles(index: EmbeddedIndex, question: str, limit: int = 50) -> list[str]:
    hits = index.search([leg(question, Bigrams())], EVERYONE, limit)[0]
    return [chunk.title for chunk in index.chunks([hit.chunk_id for hit in hits])]


def assert_whole(index: EmbeddedIndex, sources: set[str]) -> None:
    """Every source of `sources` is there and found, every document has all its chunks, at one version."""
    heads = {head.source: head for head in index.heads()}
    assert sources <= set(heads)
    for head in heads.values():
        chunks = index.entry_chunks(head.document_id)
        assert [(chunk.ordinal, chunk.version) for chunk in chunks] == [(0, head.version), (1, head.version)]
    found = {hit.chunk_id for hit in index.search([leg("위약금", Bigrams())], EVERYONE, len(heads) * 2)[0]}
    assert found == {f"{head.document_id}:0" for head in heads.values()}


@pytest.mark.parametrize("count", [1, 40, 150])
def test_a_killed_writer_loses_nothing_acknowledged(tmp_path: Path, count: int) -> None:
    process = writer(tmp_path)
    sources = set(acknowledged(process, count))
    os.kill(process.pid, signal.SIGKILL)
    sources |= set(rest(process)[0])
    index = opened(tmp_path)
    assert_whole(index, sources)
    list(index.put([entry("쪽0", ["위약금 새 판", "둘째"], version=2)]))
    assert_whole(index, sources)
    index.close()


def test_an_update_that_is_killed_leaves_each_page_at_one_version(tmp_path: Path) -> None:
    first = opened(tmp_path)
    list(first.put(entry(f"쪽{n}", [f"판1 위약금 {n}", "둘째"]) for n in range(300)))
    process = writer(tmp_path, version=2)
    updated = set(acknowledged(process, 100))
    os.kill(process.pid, signal.SIGKILL)
    updated |= set(rest(process)[0])
    assert_whole(first, updated)  # a reader that was open all the time
    assert {head.version for head in first.heads() if head.source in updated} == {2}
    first.close()


def test_what_sqlite_has_and_tantivy_lacks_is_caught_up(tmp_path: Path) -> None:
    index = opened(tmp_path)
    list(index.put(entry(f"쪽{n}", ["위약금", "둘째"]) for n in range(5)))
    index.close()
    shutil.copytree(tmp_path / "lexical", tmp_path / "kept")
    index = opened(tmp_path)
    list(index.put(entry(f"쪽{n}", ["위약금", "둘째"], version=2) for n in range(3, 9)))
    index.delete("file:///manuals/쪽0.html", 2)
    index.close()
    shutil.rmtree(tmp_path / "lexical")
    (tmp_path / "kept").rename(tmp_path / "lexical")
    index = opened(tmp_path)
    assert sorted(titles(index, "위약금")) == [f"쪽{n}" for n in range(1, 9)]
    index.close()


@pytest.mark.parametrize("damage", ["removed", "emptied", "scribbled"])
def test_lexical_legs_are_made_anew_when_they_are_gone_or_damaged(tmp_path: Path, damage: str) -> None:
    index = opened(tmp_path)
    list(index.put([entry("쪽")]))
    index.close()
    if damage == "removed":
        shutil.rmtree(tmp_path / "lexical")
    elif damage == "emptied":
        for path in (tmp_path / "lexical").iterdir():
            path.unlink()
    else:
        (tmp_path / "lexical" / "meta.json").write_text("{")
    index = opened(tmp_path)
    assert titles(index, "위약금") == ["쪽"]
    index.close()


def test_a_second_writer_is_told_who_writes_and_readers_go_on(tmp_path: Path) -> None:
    process = writer(tmp_path)
    acknowledged(process, 10)
    index = opened(tmp_path, wait_s=0.1)
    with pytest.raises(Busy, match=f"process {process.pid} is writing this index"):
        list(index.put([entry("다른")]))
    with pytest.raises(Busy):
        index.delete("file:///manuals/다른.html", 1)
    assert len(titles(index, "위약금")) > 0
    acknowledged(process, 200)
    assert len(titles(index, "위약금", limit=500)) >= 200
    os.kill(process.pid, signal.SIGKILL)
    rest(process)
    assert [head.version for head in index.put([entry("다른")])] == [1]
    index.close()


def test_an_abandoned_put_gives_the_lock_back(tmp_path: Path) -> None:
    index = opened(tmp_path, wait_s=0.1)
    heads = index.put(entry(f"쪽{n}") for n in range(1_000))
    next(heads)
    heads.close()  # type: ignore[attr-defined]
    assert [head.version for head in index.put([entry("다른")])] == [1]
    index.close()


def test_readers_in_threads_see_whole_documents_while_one_writes(tmp_path: Path) -> None:
    index = opened(tmp_path)
    list(index.put([entry("쪽", ["판1 위약금", "판1 둘째"])]))
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            if titles(index, "위약금") != ["쪽"]:
                wrong.append("not found")
            if len({chunk.text[:2] for chunk in index.entry_chunks(entry("쪽").document.id)}) != 1:
                wrong.append("half")

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for version in range(2, 30):
        list(index.put([entry("쪽", [f"판{version} 위약금", f"판{version} 둘째"], version=version)]))
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    index.close()


def test_a_file_size_limit_is_a_full_disk_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    process = writer(tmp_path, limit=1_500_000)
    sources, error = rest(process)
    assert process.returncode == OutOfSpace.exit_code, error
    assert "the disk is full; free some space" in error
    assert len(sources) > 0
    index = opened(tmp_path)
    assert_whole(index, set(sources))
    index.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if not (mount and unmount and sys.platform == "linux"):
        pytest.skip("needs Linux's mount")
    command = [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("mounting a small file system needs the right to mount")
    yield folder
    subprocess.run([unmount, "-l", str(folder)], check=True)  # noqa: S603


def test_a_full_disk_stops_the_writer_and_freed_space_lets_it_go_on(small_disk: Path) -> None:
    index = opened(small_disk / "index")
    kept: set[str] = set()
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * 1_500_000)
    heads = index.put(entry(f"쪽{n}", ["위약금", "둘째 " * 100]) for n in range(100_000))
    with pytest.raises(OutOfSpace, match="the disk is full"):
        kept.update(head.source for head in heads)
    assert len(kept) > 0
    ballast.unlink()
    assert [head.version for head in index.put([entry("쪽0", ["위약금", "둘째"], version=2)])] == [2]
    assert_whole(index, kept)
    index.close()


def test_other_settings_are_named_with_what_to_do(tmp_path: Path) -> None:
    EmbeddedIndex(tmp_path, [Bigrams()], Manifest(parser="1", chunker="500")).close()
    with pytest.raises(ManifestMismatch, match="chunker '500' but '800' is asked for; set the values back"):
        EmbeddedIndex(tmp_path, [Bigrams()], Manifest(parser="1", chunker="800"))
    EmbeddedIndex(tmp_path, [Bigrams()], Manifest(prompt="2")).close()


def test_what_is_no_index_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="can't hold an index"):
        opened(tmp_path / "file" / "index")
    (tmp_path / "truth.sqlite").write_bytes(b"<html>" * 1_000)
    with pytest.raises(BadInput, match="can't be used as an index"):
        opened(tmp_path)
    (tmp_path / "truth.sqlite").unlink()
    (tmp_path / "truth.sqlite").mkdir()
    with pytest.raises(BadInput, match="unable to open database file"):
        opened(tmp_path)
