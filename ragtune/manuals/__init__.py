"""HTML manuals as Documents: `read_page(data, source="file:///상품/giga.html", version=1767225600000)`.

charset    bytes to text                      bounds    what is refused before it is parsed
markup     text to tags in one flat list      flow      the way along the tags, with runs of text
metadata   title, category, access, validity  headings  section paths, symbols resolved
grid       cells with spans to a grid         tabulate  header rows and columns, units
resources  images, attachments, links         elements  what one element says
boilerplate  what is left out, and why        page      the pass that joins them
"""

from ragtune.manuals.page import read_page

PARSER_VERSION = "3"  # part of the index manifest: raise it when the same bytes give another Document

__all__ = ["PARSER_VERSION", "read_page"]
