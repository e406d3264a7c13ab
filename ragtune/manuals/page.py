"""A page's bytes to a Document, in one pass; the same bytes give the same Document on any machine."""

import hashlib

from ragtune.documents import Document, Section
from ragtune.errors import UnreadablePage
from ragtune.manuals.bounds import bounded, require_size
from ragtune.manuals.charset import decode
from ragtune.manuals.flow import Flow
from ragtune.manuals.headings import Heading, cut, is_symbolic, sections, with_unmarked
from ragtune.manuals.markup import Markup
from ragtune.manuals.metadata import Metadata, metadata
from ragtune.manuals.resources import Register, file_name, resolve


def read_page(data: bytes, *, source: str, version: int, charset: str = "") -> Document:
    """The Document of one HTML page.

    `source` is its URI, `version` its modification time in ms, `charset` what the transport declared.
    Raises UnreadablePage, with the source named, when there is nothing to read or access labels are unclear.
    """
    try:
        return _read(data, source, version, charset)
    except UnreadablePage as error:
        raise type(error)(f"{source} {error}") from None


def _read(data: bytes, source: str, version: int, charset: str) -> Document:
    require_size(data)
    if not data.strip():
        raise UnreadablePage("is empty; remove it or give it content")
    decoded = decode(data, charset)
    markup = Markup.of(bounded(decoded.text))
    about = metadata(markup, source)
    register = Register(base=resolve(source, about.base) or source)
    root, trusted = main_part(markup)
    flow = Flow(markup, register, trusted=trusted)
    if root >= 0:
        flow.read(root)
    title = _title(flow.headings, about, source)
    headings, places = with_unmarked(flow.headings)
    found = sections(headings, title)
    if not any(section.blocks for section in found) and len(found) <= 1 and not register.images:
        raise UnreadablePage("holds no text; it is a frame, a redirect, or drawn by a script")
    return Document(
        source=source,
        version=version,
        title=title,
        category=about.category,
        sections=found,
        images=register.placed(register.images, places),
        attachments=register.placed(register.attachments, places),
        links=tuple(register.links),
        language=about.language or _language(found),
        charset=decoded.charset,
        digest=hashlib.sha256(data).hexdigest(),
        labels=about.labels,
        valid_from=about.valid_from,
        valid_until=about.valid_until,
        warnings=(*decoded.warnings, *flow.warnings),
    )


def main_part(markup: Markup) -> tuple[int, bool]:
    """Where the element that holds the content starts, and whether the page itself says so."""
    stated = markup.named("main") or markup.with_role("main")
    if len(stated) == 1 and not markup.blank(stated[0]):
        return stated[0], True
    articles = markup.named("article")
    if len(articles) == 1 and not markup.blank(articles[0]) and _is_most(markup, articles[0]):
        return articles[0], True
    return markup.body, False


def _is_most(markup: Markup, article: int) -> bool:
    """An article that holds the page's title or half of its text is the content, others are a part of it."""
    return markup.holds(article, "h1") or 2 * markup.letters(article) >= markup.letters(markup.body)


def _title(headings: list[Heading], about: Metadata, source: str) -> str:
    tops = [heading.text for heading in headings if heading.level == 1]
    if len(tops) == 1 and not is_symbolic(tops[0]):
        return cut(tops[0])
    named = [heading.text for heading in headings[1:2] if not is_symbolic(heading.text)]
    return cut(about.title or (named[0] if named else file_name(source)))


def _language(found: tuple[Section, ...]) -> str:
    words = "".join(name for section in found for name in section.path)
    words += "".join(getattr(block, "text", "") for section in found[:20] for block in section.blocks[:20])
    return "ko" if any("가" <= char <= "힣" for char in words) else ""
