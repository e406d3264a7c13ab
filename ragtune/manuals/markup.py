"""A page's element tree as one flat list of tags, each with the text behind it.

lexbor builds the tree by the rules of the HTML standard and writes it out again, balanced and with everything
implied; one regular expression takes that apart. So the page is never walked node by node, the text below an
element is a slice, and nothing recurses.

>>> page = Markup.of("<p class=a>요금<b>표</b> 1&lt;2")
>>> [page.tags[at] for at in range(page.body + 1, page.ends[page.body])]
[('p', ' class="a"', '요금', '', ''), ('b', '', '표', '</b>', ' 1&lt;2'), ('/p', '', '', '', '')]
>>> page.text(page.body + 1)
'요금표 1<2'
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ragtune.manuals.charset import CONTROLS, readable

# Name ("/name" where it ends, "" for a comment), attributes and text behind it, all as written. An element
# that holds nothing but text, as most do, is one tag: the fourth part is its end, the fifth what follows.
Tag = tuple[str, str, str, str, str]
Attributes = dict[str, str]
# Names and attributes exactly as the standard's serialisation writes them; a comment has no name.
_TAG = re.compile(
    r'<(?:([^ >!?]++)((?: =?[^ >=]*+="[^"]*+")*+)|!--.*?--|[!?][^>]*+)>([^<]*+)(?:(</\1>)([^<]*+))?+',
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r' (=?[^ >=]*+)="([^"]*+)"')
_EMPTY = frozenset(
    ("", "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen",
     "link", "meta", "param", "source", "track", "wbr")
)  # fmt: skip
# What they hold is written out as it is, or never shown: it can't be taken apart, and need not be.
UNSEEN = ("script", "style", "template", "svg")
_RAW = "xmp, plaintext, iframe, noembed, noframes"
_HAS_RAW = re.compile("<(?:[xX][mM]|[pP][lL]|[iI][fF]|[nN][oO][eEfF])")
CALM = "calm-"  # before the names of formatting elements that must not open again; see `bounds`
# Character references that give controls, invisible characters or combining marks.
_ODD_REFERENCE = re.compile("&(?:#|shy|Zero|Negative|lrm|rlm|NoBreak|DownBreve|tdot|TripleDot|DotDot)")


@dataclass
class Markup:
    """`tags` in document order; element `at` ends at `ends[at]` and stands in element `parents[at]`."""

    tags: list[Tag]
    language: str = ""  # as `<html lang>` says it
    unseen: dict[str, int] = field(default_factory=dict)  # name -> how many were left out unread
    _read: dict[str, Attributes] = field(default_factory=dict)

    @classmethod
    def of(cls, html: str) -> "Markup":
        """The tags of a page's head and main part; the whole body, where the page names no main part."""
        tree = _tree(html)
        part = _main_part(tree)
        if part is not None and tree.head is not None:
            cut = cls(_tags(f"{tree.head.html}{part.html}", html), _language(tree))
            if not cut.blank(cut.ends[0] + 1):  # what lexbor takes for text may be invisible
                return cut
        return cls(_tags(tree.html, html), _language(tree))

    @classmethod
    def whole(cls, html: str) -> "Markup":
        """All tags of a page, and how many elements were left out unread; for a report, it takes longer."""
        tree = LexborHTMLParser(html)
        unread = (*UNSEEN, "noembed", "noframes")
        unseen = {name: found for name in unread if (found := len(tree.css(name)))}
        tree = _tree(html)
        return cls(_tags(tree.html, html), _language(tree), unseen)

    def __post_init__(self) -> None:
        last = len(self.tags) - 1
        ends, parents = list(range(last + 1)), []
        named: dict[str, list[int]] = {}
        around: list[int] = []
        inmost = -1  # of the open elements; `around` holds those around it
        for at, (name, _, _, closed, _) in enumerate(self.tags):
            if name in _LANDMARKS:
                named.setdefault(name, []).append(at)
            if closed or name in _EMPTY:
                parents.append(inmost)
            elif name[0] == "/":
                if around:
                    ends[inmost] = at
                    inmost = around.pop()
                parents.append(inmost)
            else:
                parents.append(inmost)
                around.append(inmost)
                inmost = at
        for left in [*around[1:], inmost] if around else []:
            ends[left] = last
        self.ends, self.parents, self._named = ends, parents, named

    def named(self, name: str) -> list[int]:
        """Where the elements of a landmark's name start."""
        return self._named.get(name, [])

    def with_role(self, role: str) -> list[int]:
        """Where the elements of a role start."""
        stated = f'role="{role}"'
        return [
            at
            for at, (_, raw, _, _, _) in enumerate(self.tags)
            if raw and stated in raw and self.attributes(raw).get("role") == role
        ]

    def first_below(self, at: int, name: str) -> int:
        """Where the first element of a landmark's name below element `at` starts; -1 if there is none."""
        places = self._named.get(name, [])
        first = bisect_right(places, at)
        return places[first] if first < len(places) and places[first] < self.ends[at] else -1

    def holds(self, at: int, *names: str) -> bool:
        """True when one of these landmarks stands below element `at`."""
        return any(self.first_below(at, name) >= 0 for name in names)

    @cached_property
    def body(self) -> int:
        """Where `<body>` starts; -1 for a frameset."""
        return next(iter(self.named("body")), -1)

    def attributes(self, raw: str) -> Attributes:
        """The attributes of a tag; pages repeat them, so each text is read once."""
        found = self._read.get(raw)
        if found is None:
            found = self._read[raw] = {name: plain(value) for name, value in _ATTRIBUTE.findall(raw)}
        return found

    def children(self, at: int) -> Iterator[int]:
        """Where the child elements of element `at` start."""
        ends, place, end = self.ends, at + 1, self.ends[at]
        while place < end:
            if self.tags[place][0]:
                yield place
            place = ends[place] + 1

    def text(self, at: int) -> str:
        """All text below element `at`."""
        return plain(self.written(at))

    def written(self, at: int) -> str:
        """The same with the escapes of serialisation."""
        end = self.ends[at]
        if end == at:
            return self.tags[at][2] if self.tags[at][3] else ""
        return "".join([text + tail for _, _, text, _, tail in self.tags[at:end]])

    def opening(self, at: int, most: int) -> str:
        """The first words below element `at`, white space collapsed, up to about `most` characters."""
        end = min(self.ends[at], at + most)
        if end == at:
            return " ".join(plain(self.tags[at][2][: 8 * most]).split())[:most]
        text = plain("".join([text[:most] + tail[:most] for _, _, text, _, tail in self.tags[at:end]]))
        return " ".join(text.split())[:most]

    def blank(self, at: int) -> bool:
        """True when no text stands below element `at`."""
        end = self.ends[at]
        if end == at:
            return not self.written(at).strip()
        return not any(text.strip() or tail.strip() for _, _, text, _, tail in self.tags[at:end])

    def letters(self, at: int) -> int:
        """About how many characters of text stand below element `at`, spaces around runs left out."""
        end = self.ends[at]
        if end - at < _FEW:
            return len(self.written(at).strip())
        return self._letters[end] - self._letters[at]

    def linked(self, at: int) -> int:
        """How many of those stand in links."""
        end = self.ends[at]
        if end - at < _FEW:
            return _linked(self.tags[at : max(end, at + 1)])[-1]
        return self._linked[end] - self._linked[at]

    @cached_property
    def _letters(self) -> list[int]:
        return list(
            accumulate(
                (len(text.strip()) + len(tail.strip()) for _, _, text, _, tail in self.tags), initial=0
            )
        )

    @cached_property
    def _linked(self) -> list[int]:
        return _linked(self.tags)


def _linked(tags: list[Tag]) -> list[int]:
    """The characters in links before each of `tags`, and in all of them."""
    sums, total, depth = [0], 0, 0
    for name, _, text, closed, tail in tags:
        depth += (name == "a" and not closed) - (name == "/a")
        total += len(text.strip()) if depth > 0 or (closed and name == "a") else 0
        total += len(tail.strip()) if depth > 0 else 0
        sums.append(total)
    return sums


_FEW = 200  # tags that are counted one by one; for more, sums are kept, so that no nesting takes square time
_LANDMARKS = frozenset(
    ("title", "base", "meta", "html", "body", "main", "article", "h1", "h2", "h3", "h4", "h5", "h6", "table",
     "th", "thead", "figcaption")
)  # fmt: skip


def plain(written: str) -> str:
    """Text without the escapes of serialisation."""
    if "&" not in written:
        return written
    return written.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def depth(html: str) -> int:
    """How many elements stand inside each other in the tree of `html`, or a few more."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style"])
    open_: list[str] = []
    deepest = 0
    for name, _, _, closed, _ in _TAG.findall(tree.html or ""):
        if open_ and name[1:] == open_[-1] and name[0] == "/":
            open_.pop()
        elif name and not closed and name[0] != "/" and name not in _EMPTY:
            open_.append(name)
            deepest = max(deepest, len(open_))
    return deepest


def _tree(html: str) -> LexborHTMLParser:
    tree = LexborHTMLParser(html)
    tree.strip_tags(list(UNSEEN))
    if _HAS_RAW.search(html):
        _open_raw(tree)
    return tree


def _tags(written: str | None, html: str) -> list[Tag]:
    text = (written or "").replace("&nbsp;", "\xa0")
    if CALM in text:
        text = text.replace(f"<{CALM}", "<").replace(f"</{CALM}", "</")
    if _ODD_REFERENCE.search(html):
        text = CONTROLS.sub("", readable(text))
    found: list[Tag] = _TAG.findall(text)
    return found


def _language(tree: LexborHTMLParser) -> str:
    return (tree.root.attributes.get("lang") if tree.root else "") or ""


def _main_part(tree: LexborHTMLParser) -> LexborNode | None:
    """The one element that the page states to hold its content; where it states two, none."""
    found = tree.css("main") or tree.css("[role=main]")
    return found[0] if len(found) == 1 else None


def _open_raw(tree: LexborHTMLParser) -> None:
    """Turn elements whose text is written without escapes into ones whose text is."""
    for node in tree.css(_RAW):
        if node.tag in ("xmp", "plaintext"):
            block = tree.create_node("pre")
            block.insert_child(node.text())
            node.replace_with(block)
        else:
            while (inner := node.child) is not None:
                inner.remove()
