"""Text files: a paragraph a line."""

import unicodedata

from ragtune.attachments.bounds import Bounds, Reading
from ragtune.documents import Section, Text
from ragtune.errors import UnreadableAttachment, UnreadablePage
from ragtune.manuals.charset import decode


def read(data: bytes, bounds: Bounds) -> Reading:
    """See kinds.read."""
    text, notes = decoded(data, bounds)
    blocks = tuple(Text(text=part) for part in clean(text).splitlines() if part)
    return Reading(sections=(Section(blocks=blocks),), notes=notes)


def decoded(data: bytes, bounds: Bounds) -> tuple[str, tuple[str, ...]]:
    """The first characters of a text file, and what is to be said about the rest."""
    try:
        found = decode(data, "")
    except UnreadablePage:
        raise UnreadableAttachment("is no text, or of an unknown charset; save it as UTF-8") from None
    if len(found.text) <= bounds.chars:
        return found.text, found.warnings
    return found.text[: bounds.chars], (*found.warnings, bounds.cut)


def clean(text: str) -> str:
    r"""`text` in NFC without controls and invisible marks, every line with single spaces and none around it.

    >>> clean(" 요금\u200b\u3000 1원 \r\n\x02 끝")
    '요금 1원\n끝'
    """
    lines = unicodedata.normalize("NFC", text).splitlines()
    shown = ("".join(char for char in line if char.isprintable() or char.isspace()) for line in lines)
    return "\n".join(" ".join(line.split()) for line in shown)
