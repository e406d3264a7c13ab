"""ZIP files of XML, as Office and HWPX write them, looked through before any library unpacks them.

Refused: encrypted parts, more bytes than allowed when unpacked (the central directory says how many, and
reading stops there), and document type declarations, without which no XML bomb can be written.
"""

import io
import zipfile
import zlib

from ragtune.attachments.bounds import Bounds
from ragtune.errors import UnreadableAttachment

_MAX_PARTS = 10_000
_ENCRYPTED = 0x1  # general purpose flag, APPNOTE.TXT 4.4.4
_DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")
_XML = (".xml", ".rels", ".hpf", ".vml")


def open_archive(data: bytes, bounds: Bounds) -> zipfile.ZipFile:
    """The archive, safe to unpack part by part. Raises UnreadableAttachment with the reason."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
        _require_small(parts, bounds)
        for part in parts:
            if part.filename.lower().endswith(_XML):
                _require_plain(archive.read(part))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UnreadableAttachment(f"is damaged or no whole file ({error}); save it anew") from None
    return archive


def _require_small(parts: list[zipfile.ZipInfo], bounds: Bounds) -> None:
    if len(parts) > _MAX_PARTS:
        raise UnreadableAttachment(f"has {len(parts):,} parts; at most {_MAX_PARTS:,} are read")
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise UnreadableAttachment("is encrypted; save it without a password")
    size = sum(part.file_size for part in parts)
    if size > bounds.unpacked_bytes:
        limit = f"at most {bounds.unpacked_bytes:,} are read"
        raise UnreadableAttachment(f"unpacks to {size:,} bytes; {limit}; divide it")


def _require_plain(xml: bytes) -> None:
    if b"\0" in xml[:8]:  # UTF-16
        xml = xml.replace(b"\0", b"")
    if any(declaration in xml for declaration in _DECLARATIONS):
        raise UnreadableAttachment("declares XML entities, which no office program writes; save it anew")
