"""Bytes of a page to text: byte order mark, declared charset, `<meta>`, then detection, in this order.

Korean pages are UTF-8 or CP949 (labelled euc-kr, ks_c_5601-1987 …), often without any declaration.

>>> decode("<p>요금</p>".encode("cp949"), "")
Decoded(text='<p>요금</p>', charset='cp949', warnings=())
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes

from ragtune.errors import UnreadablePage

# WHATWG Encoding Standard: every label of EUC-KR means windows-949, which Python calls cp949.
_LABELS = dict.fromkeys(
    (
        "euc-kr",
        "euckr",
        "cseuckr",
        "korean",
        "ks_c_5601-1987",
        "ks_c_5601-1989",
        "ksc5601",
        "ksc_5601",
        "iso-ir-149",
        "windows-949",
        "x-windows-949",
        "cp949",
        "ms949",
        "uhc",
    ),
    "cp949",
) | dict.fromkeys(["us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"], "cp1252")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MAGIC = {
    b"%PDF-": "a PDF file",
    b"PK\x03\x04": "a ZIP, Office or HWPX file",
    b"\xd0\xcf\x11\xe0": "an HWP or old Office file",
    b"\x89PNG": "a PNG image",
    b"GIF8": "a GIF image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x1f\x8b": "a gzip file",
    b"\x7fELF": "a program",
}
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_META_WINDOW = 4096  # bytes; the standard looks at 1,024, real pages put it behind long comments
# What other pages are written in; with all of its hundred charsets the detector takes French for Baltic.
_CANDIDATES = ["cp1252", "shift_jis", "euc_jp", "gb18030", "big5", "cp1251", "utf_16"]
_DETECTION_WINDOW = 65_536  # bytes
_MAX_DAMAGE = 0.02  # replaced characters a character of text; above it the guess is wrong, not the page
# Controls and zero-width marks show nothing and split words; U+00AD is a soft hyphen, U+FEFF a stray BOM.
_INVISIBLE = "\xad\u200b\u200e\u200f\u2060\ufeff"
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_CONTROL_BYTES = bytes(code for code in range(128) if CONTROLS.match(chr(code)))


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str  # NFC, without invisible characters
    charset: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes, declared: str) -> Decoded:
    """Text of `data`; `declared` is the charset of the transport's header, "" if there is none.

    Raises UnreadablePage when the bytes are another kind of file, or no charset fits.
    """
    _refuse_other_kinds(data)
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _clean(CONTROLS.sub("", data[len(mark) :].decode(name, "replace")), name)
    data = data.translate(None, _CONTROL_BYTES)  # in no charset but UTF-16 are they part of a character
    warnings: list[str] = []
    for label in (declared, _meta(data)):
        if not label:
            continue
        name = _codec(label)
        text = _strictly(data, name) if name else None
        if text is not None and not _utf8_in_disguise(data, name):
            return _clean(text, name)
        warnings.append(f"declared charset {label!r} does not fit the bytes")
    return _detect(data, warnings)


def _refuse_other_kinds(data: bytes) -> None:
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise UnreadablePage(f"is {kind}, not an HTML page; rename it or link it as an attachment")
    utf16 = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if b"\0" in data[:_META_WINDOW] and not utf16:
        raise UnreadablePage("is a binary file, not an HTML page; rename it or link it as an attachment")


def _meta(data: bytes) -> str:
    found = _META.search(data[:_META_WINDOW])
    label = found.group(1).decode("ascii", "replace") if found else ""
    # The standard: a page that could be read this far as ASCII can't be UTF-16, whatever it says.
    return "utf-8" if label.lower().startswith("utf-16") else label


def _codec(label: str) -> str:
    label = label.strip().lower()
    if label in _LABELS:
        return _LABELS[label]
    try:
        return codecs.lookup(label).name
    except LookupError:
        return ""


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError):  # LookupError: a codec that is not a text encoding, like base64
        return None


def _utf8_in_disguise(data: bytes, name: str) -> bool:
    """A page in UTF-8 that says it is CP949: some such bytes decode as CP949 too, into nonsense."""
    if name == "utf-8" or data.isascii():
        return False
    text = _strictly(data, "utf-8")
    return text is not None and sum(not char.isascii() for char in text[:20_000]) >= 3


def _detect(data: bytes, warnings: list[str]) -> Decoded:
    for name in ("utf-8", "cp949"):
        text = _strictly(data, name)
        if text is not None:
            return _clean(text, name, warnings)
    damaged = min(((data.decode(n, "replace"), n) for n in ("utf-8", "cp949")), key=_damage)
    if _damage(damaged) <= _MAX_DAMAGE * max(1, len(damaged[0])):
        count = _damage(damaged)
        return _clean(
            *damaged, [*warnings, f"{count} characters were not {damaged[1]} and are shown as \ufffd"]
        )
    best = from_bytes(data[:_DETECTION_WINDOW], cp_isolation=_CANDIDATES).best()
    text = _strictly(data, best.encoding) if best else None
    if best is None or text is None:
        raise UnreadablePage("no charset fits its bytes; save it as UTF-8")
    return _clean(text, best.encoding.replace("_", "-"), warnings)


def _damage(decoded: tuple[str, str]) -> int:
    return decoded[0].count("\ufffd")


def _clean(text: str, name: str, warnings: list[str] | None = None) -> Decoded:
    return Decoded(readable(text), name, tuple(warnings or ()))


def readable(text: str) -> str:
    """`text` in NFC without invisible characters.

    >>> readable("\u1112\u1161\u11ab\u200b글")
    '한글'
    """
    for mark in _INVISIBLE:
        if mark in text:  # twenty times as fast as a regular expression where there is none
            text = text.replace(mark, "")
    return unicodedata.normalize("NFC", text)
