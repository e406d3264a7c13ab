"""Refuses pages that would take time or memory out of all proportion, before they are parsed.

A conforming parser looks through all open elements at nearly every tag, compares each attribute of a tag (and
those of each further `<body>`) with all before, and opens formatting that was left open again in every block:
half a megabyte of `<dl>` takes minutes, 16 KB of `<p><b id=…><p>x` 1.3 GB. Counting tags in the source can't
tell how deep they nest, as an end may stand in a comment, in an attribute, or where it is ignored; so the
depth of a long page is measured on trees of its beginnings.
"""

import re

from ragtune.errors import UnreadablePage
from ragtune.manuals.markup import CALM, depth

MAX_PAGE_BYTES = 20_000_000
MAX_ELEMENTS = 500_000  # tags of a page
MAX_NESTING = 5_000  # elements inside each other; also the tags between two looks at the depth
MAX_REOPENED = 200_000  # formatting elements that the parser might open again
MAX_ATTRIBUTES = 2_000  # of one tag
MAX_OPTIONS = 10_000  # of lists to choose from: each is compared with all before
_MAX_ROOTS = 40_000  # characters of all <html> and <body> tags
_START = re.compile("<[a-zA-Z]")
_OPTION = re.compile("<[oO][pP][tT]")
_FORMATTING = (
    r"(?=[bcefinstuBCEFINSTU])(?=(?:[bB](?:[iI][gG])?|[cC][oO][dD][eE]|[eE][mM]|[fF][oO][nN][tT]|[iI]|"
    r"[nN][oO][bB][rR]|[sS](?:[mM][aA][lL]{2}|[tT][rR](?:[iI][kK][eE]|[oO][nN][gG]))?|[tT]{2}|[uU])[\s/>])"
)  # letter by letter: a case-blind search of Korean text takes twice the time
_OPENS, _CLOSES = re.compile("<" + _FORMATTING), re.compile("</" + _FORMATTING)
# Attribute by attribute, by the tokeniser's rules for quotes: nothing hides one from it.
_VALUE = r"""=\s*+(?:"[^"]*+"|'[^']*+')?+[^>\s/=]*+"""
_ATTRIBUTE = rf"(?:[\s/]++[^>\s/=]*+(?:{_VALUE})?+|{_VALUE})"
_CROWDED = re.compile(rf"<[a-zA-Z][^>\s/=]*+{_ATTRIBUTE}{{{MAX_ATTRIBUTES}}}")
_ROOT = re.compile(rf"<(?:[hH][tT][mM][lL]|[bB][oO][dD][yY]){_ATTRIBUTE}*+")


def require_size(data: bytes) -> None:
    """Raises UnreadablePage when a page has more than MAX_PAGE_BYTES bytes."""
    if len(data) > MAX_PAGE_BYTES:
        raise UnreadablePage(
            f"is {len(data):,} bytes; pages of at most {MAX_PAGE_BYTES:,} are read; divide it, or link it as "
            "an attachment"
        )


def bounded(text: str) -> str:
    """The page to parse: `text`, its formatting elements under other names where they might open without end.

    Raises UnreadablePage when parsing it would take time or memory out of proportion.
    """
    tags, ends = text.count("<"), text.count("</")
    if tags > MAX_ELEMENTS:
        raise UnreadablePage(f"holds more than {MAX_ELEMENTS:,} tags; divide it into several pages")
    if _CROWDED.search(text):
        raise UnreadablePage(f"has a tag with more than {MAX_ATTRIBUTES:,} attributes; remove some")
    if len(text) > _MAX_ROOTS and sum(map(len, _ROOT.findall(text)[1:])) > _MAX_ROOTS:
        raise UnreadablePage("repeats <html> or <body> with too many attributes; keep one of each")
    starts = tags - ends  # some of them open, the others let them open again
    if starts * starts > 4 * MAX_REOPENED and len(_OPENS.findall(text)) * starts > MAX_REOPENED:
        text = _CLOSES.sub(f"</{CALM}", _OPENS.sub(f"<{CALM}", text))
    if tags > MAX_NESTING:
        _require_shallow(text)
    return text


def _require_shallow(text: str) -> None:
    if len(_OPTION.findall(text)) > MAX_OPTIONS:
        raise UnreadablePage(f"holds more than {MAX_OPTIONS:,} options; remove some")
    for tag in [found.start() for found in _START.finditer(text)][MAX_NESTING::MAX_NESTING]:
        if depth(text[:tag]) > MAX_NESTING:
            raise UnreadablePage(f"nests more than {MAX_NESTING:,} elements; close those that are left open")
