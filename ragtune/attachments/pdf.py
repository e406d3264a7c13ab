"""PDF files: a section a page, cited as `2쪽` and linked as `#page=2`. pdfium reads; see docs/decisions/0004.

Lines of a page are joined to paragraphs: a line that reaches the right edge goes on in the next one.
"""

from collections.abc import Iterator

import pypdfium2

from ragtune.attachments.bounds import Bounds, Reading
from ragtune.attachments.plain import clean
from ragtune.documents import Section, Text
from ragtune.errors import UnreadableAttachment

_PASSWORD = 4  # FPDF_ERR_PASSWORD of fpdfview.h
_FULL_LINE = 0.85  # of the longest line of its page, in characters
_MIN_FULL_CHARS = 25  # shorter lines of a narrow page are items, not running text


def read(data: bytes, bounds: Bounds) -> Reading:
    """See kinds.read."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise UnreadableAttachment("is encrypted; save it without a password") from None
        raise UnreadableAttachment(f"is damaged or no PDF ({error}); save it anew") from None
    try:
        return _reading(document, bounds)
    finally:
        document.close()


def _reading(document: pypdfium2.PdfDocument, bounds: Bounds) -> Reading:
    sections, notes, blank, left = [], [], 0, bounds.chars
    pages = len(document)
    for number in range(1, min(pages, bounds.pages) + 1):
        text = clean(_text(document, number - 1))[:left]
        left -= len(text)
        blocks = tuple(Text(text=paragraph) for paragraph in paragraphs(text))
        if blocks:
            sections.append(Section(path=(f"{number}쪽",), anchor=f"page={number}", blocks=blocks))
        blank += not blocks
        if not left:
            notes.append(bounds.cut)
            break
    if pages > bounds.pages:
        notes.append(f"only its first {bounds.pages:,} of {pages:,} pages are searched")
    if blank and left:
        notes.append(f"{blank} of its pages hold no text, only pictures or nothing")
    return Reading(sections=tuple(sections), notes=tuple(notes))


def _text(document: pypdfium2.PdfDocument, place: int) -> str:
    try:
        page = document[place]
    except pypdfium2.PdfiumError:  # one broken page
        return ""
    try:
        found: str = page.get_textpage().get_text_bounded()
        return found
    finally:
        page.close()


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a page's lines.

    >>> lines = "이 약관은 회사가 제공하는 인터넷 서비스의 이용 조건과\\n절차를 정합니다.\\n제2조"
    >>> list(paragraphs(lines))
    ['이 약관은 회사가 제공하는 인터넷 서비스의 이용 조건과 절차를 정합니다.', '제2조']
    """
    lines = [line.strip() for line in text.splitlines()]
    full = max(_MIN_FULL_CHARS, _FULL_LINE * max(map(len, lines), default=0))
    held = ""
    for line in lines:
        held = f"{held} {line}".strip() if held else line
        if held and (len(line) < full or line.endswith((".", "!", "?", ":", ";"))):
            yield held
            held = ""
    if held:
        yield held
