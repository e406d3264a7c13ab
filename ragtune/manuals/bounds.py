"""Refuses pages that would take time or memory out of all proportion, before they are parsed.

A conforming parser looks through all open elements at nearly every tag, compares each attribute of a tag
with all before it, and opens formatting that was left open again in every block. Half a megabyte of `<dl>`
takes minutes, 20 KB of `<b id=…>` left open before `<div>x</div>` make a million elements.
"""

import re
from collections import Counter
from itertools import accumulate
from operator import sub

from ragtune.errors import UnreadablePage

MAX_PAGE_BYTES = 20_000_000
MAX_ELEMENTS = 500_000  # tags of a page
MAX_NESTING = 2_000  # elements inside each other
MAX_REOPENED = 300_000  # formatting elements that the parser would open again
_SUSPICIOUS = 1_000_000  # start times end tags; with fewer, not much can be opened again
MAX_ATTRIBUTES = 2_000  # of one tag
_WINDOW = 8_192  # characters in which tags are counted
_DEEP = re.compile(
    r"<(/?)(?!(?:p|li|dt|dd|tr|td|th|tbody|thead|tfoot|option|optgroup|html|body|br|img|hr|input|meta|link|col|"
    r"area|base|wbr|source|track|embed|param)[\s/>])[a-zA-Z]",
    re.IGNORECASE,
)  # without those that have no end tag, or that the next of their kind ends
_STEP = {"": 1, "/": -1}
_FORMATTING = re.compile(
    r"<(/?)(?=[bcefistuBCEFISTU])([bB](?:[iI][gG])?|[cC][oO][dD][eE]|[eE][mM]|[fF][oO][nN][tT]|[iI]|"
    r"[sS](?:[mM][aA][lL]{2}|[tT][rR](?:[iI][kK][eE]|[oO][nN][gG]))?|[tT]{2}|[uU])([\s/][^>]*)?>"
)  # letter by letter: a case-blind search of Korean text takes twice the time
_SAME = 3  # of formatting elements with the same attributes, the standard opens no more again
# Tried at each "<" with a letter, by the tokeniser's rules for quotes: nothing hides a tag from it.
_CROWDED = re.compile(
    rf"<[a-zA-Z](?:[^>=]{{{2 * MAX_ATTRIBUTES}}}|"
    rf"""[^>=]*+(?:=\s*+(?:"[^"]*+"|'[^']*+')?+[^>=]*+){{{MAX_ATTRIBUTES}}})"""
)


def require_size(data: bytes) -> None:
    """Raises UnreadablePage when a page has more than MAX_PAGE_BYTES bytes."""
    if len(data) > MAX_PAGE_BYTES:
        raise UnreadablePage(
            f"is {len(data):,} bytes; pages of at most {MAX_PAGE_BYTES:,} are read; divide it, or link it as "
            "an attachment"
        )


def require_bounded(text: str) -> None:
    """Raises UnreadablePage when parsing `text` would take time or memory out of proportion."""
    starts, ends = text.count("<"), text.count("</")
    if starts > MAX_ELEMENTS:
        raise UnreadablePage(f"holds more than {MAX_ELEMENTS:,} tags; divide it into several pages")
    if starts > MAX_NESTING and _roughly_deep(text) and _depth(text) > MAX_NESTING:
        raise UnreadablePage(f"nests more than {MAX_NESTING:,} elements; close those that are left open")
    if starts * ends > _SUSPICIOUS and ends * _left_open(text) > MAX_REOPENED:
        raise UnreadablePage("leaves too many formatting elements open; close its <b>, <font> and the like")
    if _CROWDED.search(text):
        raise UnreadablePage(f"has a tag with more than {MAX_ATTRIBUTES:,} attributes; remove some")


def _roughly_deep(text: str) -> bool:
    """False when counting tags shows that no more than MAX_NESTING can be open at once."""
    balance = lowest = 0
    for start in range(0, len(text), _WINDOW):
        window = text[start : start + _WINDOW + 1]
        ends = window.count("</")
        starts = window.count("<") - ends
        if balance - lowest + starts > MAX_NESTING:
            return True
        balance += starts - ends
        lowest = min(lowest, balance - starts)
    return False


def _depth(text: str) -> int:
    """At most how many elements of `text` stand inside each other."""
    balance = list(accumulate(map(_STEP.__getitem__, _DEEP.findall(text)), initial=0))
    deepest: int = max(map(sub, balance, accumulate(balance, min)))
    return deepest


def _left_open(text: str) -> int:
    """At most how many different formatting elements of `text` are open at once."""
    open_: dict[str, list[str]] = {}
    same: Counter[tuple[str, str]] = Counter()
    count = most = 0
    for end, written, attributes in _FORMATTING.findall(text):
        name = written.lower()
        if not end:
            open_.setdefault(name, []).append(attributes)
            same[name, attributes] += 1
            count += same[name, attributes] <= _SAME
            most = max(most, count)
        elif open_.get(name):
            closed = open_[name].pop()
            count -= same[name, closed] <= _SAME
            same[name, closed] -= 1
    return most
