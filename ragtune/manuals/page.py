"""A page's bytes to a Document, in one pass; the same bytes give the same Document on any machine."""

import hashlib

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ragtune.documents import Document, Section
from ragtune.errors import UnreadablePage
from ragtune.manuals.charset import decode
from ragtune.manuals.flow import Flow
from ragtune.manuals.headings import Heading, is_symbolic, sections, with_unmarked
from ragtune.manuals.metadata import Metadata, metadata
from ragtune.manuals.nesting import require_shallow
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
    if not data.strip():
        raise UnreadablePage("is empty; remove it or give it content")
    decoded = decode(data, charset)
    require_shallow(decoded.text)
    tree = LexborHTMLParser(decoded.text)
    about = metadata(tree, source)
    register = Register(base=resolve(source, about.base) or source)
    flow = _walked(tree, register)
    title = _title(flow.headings, about, source)
    found = sections(with_unmarked(flow.headings), title)
    if not any(section.blocks for section in found) and len(found) <= 1 and not register.images:
        raise UnreadablePage("holds no text; it is a frame, a redirect, or drawn by a script")
    return Document(
        source=source,
        version=version,
        title=title,
        category=about.category,
        sections=found,
        images=tuple(register.images.values()),
        attachments=tuple(register.attachments.values()),
        links=tuple(register.links),
        language=about.language or _language(found),
        charset=decoded.charset,
        digest=hashlib.sha256(data).hexdigest(),
        labels=about.labels,
        valid_from=about.valid_from,
        valid_until=about.valid_until,
        warnings=(*decoded.warnings, *flow.warnings),
    )


def _walked(tree: LexborHTMLParser, register: Register) -> Flow:
    root, trusted = _main(tree)
    flow = Flow(register, trusted=trusted)
    if root is not None:
        flow.walk(root)
    flow.finish()
    return flow


def _main(tree: LexborHTMLParser) -> tuple[LexborNode | None, bool]:
    """The element that holds the content, and whether the page itself says so."""
    for query in ("main", "[role=main]", "article"):
        found = tree.css(query)
        if len(found) == 1 and found[0].text(strip=True) and (query != "article" or _is_most(found[0], tree)):
            return found[0], True
    return tree.body, False


def _is_most(article: LexborNode, tree: LexborHTMLParser) -> bool:
    """An article that holds the page's title or half of its text is the content, others are a part of it."""
    body = len("".join(tree.body.text().split())) if tree.body else 0
    return article.css_first("h1") is not None or 2 * len("".join(article.text().split())) >= body


def _title(headings: list[Heading], about: Metadata, source: str) -> str:
    tops = [heading.text for heading in headings if heading.level == 1]
    if len(tops) == 1 and not is_symbolic(tops[0]):
        return tops[0]
    named = [heading.text for heading in headings[1:2] if not is_symbolic(heading.text)]
    return about.title or (named[0] if named else file_name(source))


def _language(found: tuple[Section, ...]) -> str:
    words = "".join(name for section in found for name in section.path)
    words += "".join(getattr(block, "text", "") for section in found[:20] for block in section.blocks[:20])
    return "ko" if any("가" <= char <= "힣" for char in words) else ""
