"""Refuses markup piled up so deep that parsing it takes forever.

The HTML standard looks through all open elements at nearly every tag, so that time grows with the square of
the depth: 80,000 open `<dl>`, half a megabyte, take minutes in any conforming parser. Real pages stay
below 100.
"""

import re

from ragtune.errors import UnreadablePage

MAX_NESTING = 2_000  # elements inside each other
_SUSPICIOUS = 2 * MAX_NESTING  # tags; a page with fewer can't be that deep
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
# They have no end tag, or the next of their kind ends them: alone, they don't pile up.
_SHALLOW = frozenset(
    ("p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option", "optgroup", "html", "body",
     "br", "img", "hr", "input", "meta", "link", "col", "area", "base", "wbr", "source", "track", "embed",
     "param")
)  # fmt: skip


def require_shallow(text: str) -> None:
    """Raises UnreadablePage when elements of `text` stand more than MAX_NESTING deep inside each other."""
    if text.count("<") < _SUSPICIOUS:
        return
    depth = 0
    for end, name in _TAG.findall(text):
        if name.lower() in _SHALLOW:
            continue
        depth += -1 if end else 1
        if depth < 0:
            depth = 0
        elif depth > MAX_NESTING:
            raise UnreadablePage(f"nests more than {MAX_NESTING:,} elements; close those that are left open")
