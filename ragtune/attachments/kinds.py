"""Which reader a file gets: by what its bytes are, whatever it is called.

>>> recognise(b"%PDF-1.7 ...", "application/msword")
'pdf'
"""

import importlib
import io
import zipfile

from ragtune.attachments.bounds import Bounds, Reading
from ragtune.errors import UnreadableAttachment

_PDF_WINDOW = 1024  # bytes before the header that readers accept
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The part that tells a ZIP's kind -> its reader's module.
_PARTS = {
    "word/document.xml": "word",
    "xl/workbook.xml": "workbook",
    "ppt/presentation.xml": "slides",
    "Contents/section0.xml": "hangul",
}
_PLAIN = {"text/csv": "separated", "text/plain": "plain"}
# Name of a stream in an OLE file, UTF-16 -> what the file is and what to do.
_OLE_KINDS = {
    "EncryptedPackage": "is encrypted; save it without a password",
    "WordDocument": "is an old Word file; save it as DOCX",
    "Workbook": "is an old Excel file; save it as XLSX",
    "Book": "is an old Excel file; save it as XLSX",
    "PowerPoint Document": "is an old PowerPoint file; save it as PPTX",
}
_SILENT = ("video/", "audio/")  # nobody expects text of them
_EXTRA = "needs the libraries of ragtune[documents]; install them and ingest again"


def is_text(media_type: str) -> bool:
    """Whether files of that type hold text that a reader may give."""
    return not media_type.startswith(_SILENT)


def recognise(data: bytes, media_type: str) -> str:
    """The module that reads `data`. Raises UnreadableAttachment when there is none, with the reason."""
    if b"%PDF-" in data[:_PDF_WINDOW]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    if data.startswith(_OLE):
        return _ole_kind(data)
    if data.startswith(b"HWP Document File V"):
        raise UnreadableAttachment("is an HWP file of before 2000; save it as HWPX")
    if not data.strip():
        raise UnreadableAttachment("is empty")
    if media_type in _PLAIN:
        return _PLAIN[media_type]
    raise UnreadableAttachment(f"is not what its name says, or of a kind that is not read ({media_type})")


def read(data: bytes, media_type: str, bounds: Bounds) -> Reading:
    """The sections of a file. Raises UnreadableAttachment with the reason."""
    kind = recognise(data, media_type)
    try:
        module = importlib.import_module(f"ragtune.attachments.{kind}")
    except ModuleNotFoundError as error:
        raise UnreadableAttachment(f"{_EXTRA} ({error.name} is missing)", passing=True) from None
    reading: Reading = module.read(data, bounds)
    if not any(section.blocks for section in reading.sections):
        reason = "; ".join(reading.notes) or "holds no text"
        raise UnreadableAttachment(reason)
    return reading


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnreadableAttachment(f"is damaged or no whole file ({error}); save it anew") from None
    for part, kind in _PARTS.items():
        if part in names:
            return kind
    if "content.xml" in names:
        raise UnreadableAttachment("is an OpenDocument file, which is not read; save it as DOCX or XLSX")
    raise UnreadableAttachment("is an archive; link the files in it one by one")


def _ole_kind(data: bytes) -> str:
    if b"HWP Document File" in data:
        return "hwp"
    for name, reason in _OLE_KINDS.items():
        if f"{name}\0".encode("utf-16-le") in data:
            raise UnreadableAttachment(reason)
    raise UnreadableAttachment("is an old Office file; save it in a current format")
