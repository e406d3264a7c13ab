"""Every kind is recognised by its bytes; what is not read has a reason."""

import pytest

from ragtune.attachments import Bounds
from ragtune.attachments.kinds import is_text, read, recognise
from ragtune.errors import UnreadableAttachment
from tests.ragtune.attachments import files


def refused(data: bytes, media_type: str = files.PDF, bounds: Bounds | None = None) -> str:
    with pytest.raises(UnreadableAttachment) as caught:
        read(data, media_type, bounds or Bounds())
    assert not caught.value.passing
    return str(caught.value)


@pytest.mark.parametrize(("data", "media_type"), files.samples(), ids=lambda one: str(one)[-12:])
def test_a_good_file_gives_text_twice_the_same(data: bytes, media_type: str) -> None:
    found = read(data, media_type, Bounds())
    assert found.sections
    assert found.notes == ()
    assert read(data, media_type, Bounds()) == found


def test_a_name_that_lies_does_not_matter() -> None:
    assert recognise(files.workbook(), "application/vnd.ms-excel") == "workbook"
    assert recognise(files.pdf("가"), "application/msword") == "pdf"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (files.old_office("WordDocument"), "old Word file; save it as DOCX"),
        (files.old_office("Workbook"), "old Excel file; save it as XLSX"),
        (files.old_office("PowerPoint Document"), "old PowerPoint file; save it as PPTX"),
        (files.old_office("EncryptedPackage"), "encrypted; save it without a password"),
        (files.old_office("something"), "old Office file"),
        (b"HWP Document File V3.00 \x1a", "HWP file of before 2000"),
        (files.pdf("비밀", password="1234"), "encrypted; save it without a password"),  # noqa: S106
        (files.hwp(flags=3), "encrypted; save it without a password"),
        (files.hwpx(manifest="<m><encryption-data/></m>"), "encrypted; save it without a password"),
        (files.archive({"content.xml": "<a/>"}), "OpenDocument"),
        (files.archive({"a.txt": "x"}), "is an archive"),
        (files.archive({"a.txt": "x"})[:40], "damaged or no whole file"),
        (b"", "is empty"),
        (b"\x89PNG\r\n", "not what its name says"),
        (files.pdf(""), "hold no text, only pictures"),
        (b"%PDF-1.7\ngarbage", "damaged or no PDF"),
        (files.word()[:9000], "damaged or no whole file"),
        (files.archive({"word/document.xml": "<a/>"}), "damaged or no DOCX file"),
        (files.archive({"xl/workbook.xml": "<a/>"}), "damaged or no XLSX file"),
        (files.archive({"ppt/presentation.xml": "<a/>"}), "damaged or no PPTX file"),
        (files.archive({"Contents/section0.xml": "<a"}), "damaged or no HWPX file"),
        (files.archive({"Contents/section0.xml": "<a/>"}), "holds no text"),
    ],
)  # fmt: skip
def test_what_is_not_read_has_a_reason(data: bytes, reason: str) -> None:
    assert reason in refused(data)


def test_text_that_is_none_is_refused() -> None:
    assert "no text, or of an unknown charset" in refused(bytes(range(256)) * 4, "text/plain")


def test_nobody_expects_text_of_a_film() -> None:
    assert not is_text("video/mp4")
    assert is_text("application/zip")
