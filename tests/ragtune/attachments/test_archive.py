"""Bombs and declarations are refused before anything is unpacked by a library."""

import io
import zipfile

import pytest

from ragtune.attachments import Bounds
from ragtune.attachments.archive import open_archive
from ragtune.errors import UnreadableAttachment
from tests.ragtune.attachments.files import archive

LAUGHS = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "하하"><!ENTITY c "&b;&b;">]><a>&c;</a>'


def refused(data: bytes, bounds: Bounds | None = None) -> str:
    with pytest.raises(UnreadableAttachment) as caught:
        open_archive(data, bounds or Bounds())
    return str(caught.value)


def test_a_plain_archive_is_opened() -> None:
    assert open_archive(archive({"a.xml": "<a/>"}), Bounds()).read("a.xml") == b"<a/>"


def test_a_bomb_is_refused_by_what_it_says_it_unpacks_to() -> None:
    data = archive({"a.bin": bytes(3_000_000)})
    assert len(data) < 10_000
    assert "unpacks to 3,000,000 bytes; at most 1,000,000" in refused(data, Bounds(unpacked_bytes=1_000_000))


def test_a_bomb_that_lies_about_its_size_is_damage() -> None:
    data = archive({"a.xml": "<a>" + " " * 3_000_000})
    size = (3_000_003).to_bytes(4, "little")
    assert data.count(size) == 2
    assert "damaged" in refused(data.replace(size, (100).to_bytes(4, "little")))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_entities_are_refused(encoding: str) -> None:
    assert "declares XML entities" in refused(archive({"xl/workbook.xml": LAUGHS.encode(encoding)}))


def test_too_many_parts_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for number in range(10_001):
            packed.writestr(str(number), "")
    assert "10,001 parts" in refused(made.getvalue())


def test_an_encrypted_part_is_said() -> None:
    data = bytearray(archive({"a.xml": "<a/>"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refused(bytes(data))


@pytest.mark.parametrize("cut", [3, 30, 60])
def test_half_an_archive_is_refused(cut: int) -> None:
    assert "damaged" in refused(archive({"a.xml": "<a/>"})[:-cut])
