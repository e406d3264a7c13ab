"""A file can cost no more than itself: time, memory and crashes end with its process."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragtune.attachments import AttachmentReader, Bounds, kinds
from ragtune.errors import UnreadableAttachment
from tests.ragtune.attachments import files

BOUNDS = Bounds()


@pytest.fixture(scope="module")
def reader() -> Iterator[AttachmentReader]:
    with AttachmentReader(BOUNDS) as opened:
        yield opened


@pytest.mark.parametrize(("data", "media_type"), files.samples(), ids=lambda one: str(one)[-12:])
def test_it_reads_what_the_readers_read(reader: AttachmentReader, data: bytes, media_type: str) -> None:
    assert reader.read(data, media_type) == kinds.read(data, media_type, BOUNDS)


def test_reasons_come_through_and_the_next_file_is_read(reader: AttachmentReader) -> None:
    with pytest.raises(UnreadableAttachment, match="encrypted") as caught:
        reader.read(files.pdf("비밀", password="1234"), files.PDF)  # noqa: S106
    assert not caught.value.passing
    assert reader.read(files.pdf("가격"), files.PDF).sections


def test_a_file_above_the_limit_is_not_even_sent() -> None:
    with pytest.raises(UnreadableAttachment, match="is 12 bytes; at most 10 are read"):
        AttachmentReader(Bounds(file_bytes=10)).read(b"x" * 12, "text/plain")


def spans(across: int) -> bytes:
    """A document whose one cell says that it is as wide as millions, which python-docx believes."""
    body = f"<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='{across}'/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>"
    parts = files.unpacked(files.word())
    document = parts["word/document.xml"].decode()
    parts["word/document.xml"] = document.replace("<w:body>", f"<w:body>{body}").encode()
    return files.archive(parts)


def test_a_file_that_takes_too_long_is_left() -> None:
    with AttachmentReader(Bounds(seconds=1, memory_bytes=8_000_000_000)) as slow:
        with pytest.raises(UnreadableAttachment, match=r"takes longer than 1 s to read") as caught:
            slow.read(spans(2**31), files.DOCX)
        assert not caught.value.passing  # the same file takes as long tomorrow


def test_what_waits_for_nothing_is_left_and_may_be_tried_again() -> None:
    with AttachmentReader(Bounds(seconds=2)) as reader:
        reader.read(b"good", "text/plain")
        reader.bounds = Bounds(seconds=0.02)
        os.kill(reader.process_id or 0, signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(UnreadableAttachment, match=r"takes longer than 0.02 s to read") as caught:
            reader.read(b"good", "text/plain")
        assert caught.value.passing
        assert time.monotonic() - start < 30


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS counts a process's time otherwise")
def test_each_file_has_the_whole_time() -> None:
    data = files.workbook()
    with AttachmentReader(Bounds(seconds=1)) as reader:
        used = 0.0
        while used < 2:  # more than one file may use
            reader.read(data, files.XLSX)
            fields = Path(f"/proc/{reader.process_id}/stat").read_text().rpartition(")")[2].split()
            used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not bound a process's memory")
def test_a_file_that_eats_memory_is_left() -> None:
    with AttachmentReader(Bounds(seconds=60, memory_bytes=400_000_000)) as small:
        with pytest.raises(UnreadableAttachment, match=r"memory|crash"):
            small.read(spans(2**31), files.DOCX)
        assert small.read(b"good", "text/plain").sections


def test_a_process_that_died_is_replaced() -> None:
    with AttachmentReader(BOUNDS) as reader:
        reader.read(b"good", "text/plain")
        assert reader.process_id
        os.kill(reader.process_id, signal.SIGKILL)
        with pytest.raises(UnreadableAttachment, match="crash"):
            reader.read(b"good", "text/plain")
        assert reader.read(b"good", "text/plain").sections


def test_it_ends_with_its_reader() -> None:
    with AttachmentReader(BOUNDS) as reader:
        reader.read(b"good", "text/plain")
        number = reader.process_id
    assert reader.process_id is None
    with pytest.raises(ProcessLookupError):
        os.kill(number or 0, 0)


def test_it_ends_when_its_parent_was_killed() -> None:
    command = [sys.executable, "-m", "ragtune.attachments"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        process.communicate(b"", timeout=60)  # what the parent's death looks like from inside
        assert process.returncode == 0


def damaged(data: bytes, rng: random.Random) -> bytes:
    """`data` with bytes changed, cut out or repeated; of an archive, mostly those of one part."""
    if data.startswith(b"PK") and rng.random() < 0.8:
        parts = files.unpacked(data)
        name = rng.choice([name for name in parts if name.endswith(".xml")])
        return files.archive(parts | {name: damaged(parts[name], rng)})
    changed = bytearray(data)
    for _ in range(rng.choice((1, 3, 10))):
        place = rng.randrange(len(changed) + 1)
        if rng.random() < 0.5:
            changed[place : place + 1] = bytes([rng.randrange(256)])
        else:
            changed[place : place + rng.randrange(40)] = changed[: rng.randrange(40)]
    return bytes(changed)


def test_any_bytes_are_read_or_refused_in_time() -> None:
    rng = random.Random(20261122)
    read, reasons = 0, []
    with AttachmentReader(Bounds(seconds=20)) as reader:
        for data, media_type in files.samples() * 12:
            try:
                read += bool(reader.read(damaged(data, rng), media_type))
            except UnreadableAttachment as error:
                reasons.append(str(error))
    assert read > 10
    assert len(reasons) > 10
    assert not [reason for reason in reasons if "\n" in reason or "crash" in reason]
