"""The walk over a page's elements in document order: text runs, lists, tables, headings, images, links.

One pass, no look-back: inline text gathers in a buffer that every block boundary empties. Inside table cells
and headings the same walk runs in capture, where boundaries become line breaks of the captured text.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from selectolax.lexbor import LexborNode

from ragtune.documents import Table, Text, TextKind
from ragtune.manuals.boilerplate import Attributes, is_frame, is_hidden, is_navigation
from ragtune.manuals.elements import BREAK, anchor, figure_caption, lines
from ragtune.manuals.grid import TooManyCells
from ragtune.manuals.headings import Heading
from ragtune.manuals.resources import Register
from ragtune.manuals.tabulate import is_layout, rows_of, tabulate, unit_of

MAX_DEPTH = 120  # elements inside each other; the text below is kept, its structure is not
_DROPPED = frozenset(
    ("-comment", "-doctype", "script", "style", "noscript", "template", "svg", "head", "title", "nav",
     "select", "datalist", "input", "textarea", "canvas", "audio", "video", "map")
)  # fmt: skip
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl",
     "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "legend", "li",
     "main", "menu", "ol", "optgroup", "option", "p", "search", "section", "summary", "table", "ul", "tr",
     "td", "th", "tbody", "thead", "tfoot", "caption")
)  # fmt: skip
_FRAME = frozenset(("header", "footer", "aside"))
_FOOTNOTE = re.compile(r"^(?:[※＊*†]|주\s*\d*\s*[).:]|\d{1,2}\)\s)")
_MAX_MARK = 3  # characters of an image's words that stand for a cell's value: "○", "지원", "불가"
_ANCHOR_MARKS = frozenset(("¶", "#", "§", "🔗", ""))


class Flow:
    """Reads one page's main part. `trusted`: inside `<main>` or `<article>`, where asides are content."""

    def __init__(self, register: Register, *, trusted: bool) -> None:
        self.headings = [Heading(0, "")]
        self.warnings: list[str] = []
        self._register = register
        self._trusted = trusted
        self._buffer: list[str] = []
        self._capturing = 0
        self._nested: list[LexborNode] = []  # tables met inside a cell
        self._inside_nested = 0  # tables around, within the cell that is captured
        self._alts: list[str] = []  # of images met inside a cell or heading
        self._level = -1  # of the list around, from 0
        self._lead = ""  # goes before the next text: a list number, a defined term
        self._defining = False

    def walk(self, node: LexborNode, depth: int = 0) -> None:
        """Read the children of `node`."""
        if depth > MAX_DEPTH:
            self._buffer.append(node.text(separator=" "))
            return
        child = node.child
        while child is not None:
            tag = child.tag or "-"
            if tag == "-text":
                self._buffer.append(child.text_content or "")
            elif tag not in _DROPPED:
                attributes = child.attributes
                if not attributes or not (is_hidden(attributes) or self._leads_elsewhere(child, attributes)):
                    self._element(child, tag, attributes, depth)
            child = child.next

    def finish(self) -> None:
        self._flush()
        self._spend_lead()

    def _element(self, node: LexborNode, tag: str, attributes: Attributes, depth: int) -> None:
        if tag in _FRAME and not self._trusted and is_frame(node):
            return
        handler = _HANDLERS.get(tag)
        if handler is not None:
            handler(self, node, attributes, depth)
        elif tag in _BLOCKS:
            self._flush()
            self.walk(node, depth + 1)
            self._flush()
        else:
            self.walk(node, depth + 1)

    def _leads_elsewhere(self, node: LexborNode, attributes: Attributes) -> bool:
        """A menu or footer by its class or id, where the page does not say what its content is."""
        return not self._trusted and not self._capturing and is_navigation(node, attributes)

    def _section(self) -> int:
        return len(self.headings) - 1

    def _flush(self) -> None:
        """Everything gathered so far is one text."""
        if self._capturing:
            self._buffer.append(BREAK)
            return
        text = lines("".join(self._buffer))
        self._buffer.clear()
        if text:
            self._add_text(text)

    def _add_text(self, text: str) -> None:
        blocks = self.headings[-1].blocks
        above = blocks[-1] if blocks else None
        if isinstance(above, Table) and _FOOTNOTE.match(text):
            blocks[-1] = replace(above, footnotes=(*above.footnotes, text))
            return
        kind: TextKind = "paragraph" if self._level < 0 else "list_item"
        if self._defining:
            kind = "definition"
        blocks.append(Text(text=self._lead + text, kind=kind, level=max(0, self._level)))
        self._lead, self._defining = "", False

    def _captured(self, node: LexborNode, depth: int, max_alt: int = 100) -> str:
        """The text of `node` with a line break for each block boundary in it.

        Where there is only an image, its `alt` of up to `max_alt` characters is the text: a picture of ○ in
        a cell, of words in a heading.
        """
        outer, self._buffer = self._buffer, []
        self._capturing += 1
        self._alts.clear()
        try:
            self.walk(node, depth)
            return lines("".join(self._buffer)) or " ".join(a for a in self._alts if len(a) <= max_alt)
        finally:
            self._capturing -= 1
            self._buffer = outer

    def _cell_text(self, node: LexborNode, depth: int) -> str:
        only = node.child
        if only is not None and only.tag == "-text" and only.next is None:  # most cells
            return lines(only.text_content or "")
        return self._captured(node, depth, _MAX_MARK)

    def _br(self, _node: LexborNode, _attributes: Attributes, _depth: int) -> None:
        self._buffer.append(BREAK)

    def _heading(self, node: LexborNode, attributes: Attributes, depth: int) -> None:
        self._flush()
        if self._capturing:
            self.walk(node, depth + 1)
            self._flush()
            return
        self._spend_lead()
        text = " ".join(self._captured(node, depth + 1).split())
        if text:
            place = attributes.get("id") or anchor(node)
            self.headings.append(Heading(int((node.tag or "h6")[1]), text, place))

    def _link(self, node: LexborNode, attributes: Attributes, depth: int) -> None:
        start = len(self._buffer)
        self.walk(node, depth + 1)
        words = "".join(self._buffer[start:]).strip()
        reference = attributes.get("href") or ""
        if words in _ANCHOR_MARKS and reference.startswith("#"):
            del self._buffer[start:]  # the mark that themes put behind headings
        elif reference:
            self._register.link(reference, words, self._section())

    def _image(self, node: LexborNode, attributes: Attributes, _depth: int) -> None:
        if node.tag == "img":
            self._register.image(attributes, self._section(), figure_caption(node))
        elif reference := attributes.get("src") or attributes.get("data"):
            self._register.link(reference, "", self._section())
        if self._capturing and attributes.get("alt"):
            self._alts.append(" ".join((attributes["alt"] or "").split()))

    def _code(self, node: LexborNode, _attributes: Attributes, depth: int) -> None:
        self._flush()
        if self._capturing:
            self.walk(node, depth + 1)
            self._flush()
            return
        self._spend_lead()
        text = node.text().strip("\n").rstrip()
        if text.strip():
            self.headings[-1].blocks.append(Text(text=text, kind="code"))

    def _list(self, node: LexborNode, attributes: Attributes, depth: int) -> None:
        self._flush()
        self._spend_lead()
        self._level += 1
        start = attributes.get("start") or "1"
        number = int(start) if re.fullmatch(r"-?\d{1,6}", start) else 1
        child = node.child
        while child is not None:
            if child.tag == "li":
                self._item(child, f"{number}. " if node.tag == "ol" else "", depth + 1)
                number += 1
            elif child.tag == "-text":
                self._buffer.append(child.text_content or "")
            elif child.tag not in _DROPPED:
                self._element(child, child.tag or "", child.attributes, depth + 1)
            child = child.next
        self._flush()
        self._level -= 1

    def _item(self, node: LexborNode, lead: str, depth: int) -> None:
        if is_hidden(node.attributes):
            return
        self._flush()
        if not self._capturing:
            self._spend_lead()
            self._lead = lead
        elif lead:
            self._buffer.append(lead)
        self.walk(node, depth)
        self._flush()
        self._spend_lead()
        if not self._capturing:
            self._lead = ""

    def _term(self, node: LexborNode, _attributes: Attributes, depth: int) -> None:
        self._flush()
        if self._capturing:
            self.walk(node, depth + 1)
            self._buffer.append(": ")
            return
        self._spend_lead()
        term = " ".join(self._captured(node, depth + 1).split()).rstrip(":： ")
        self._lead, self._defining = (f"{term}: ", True) if term else ("", False)

    def _definition(self, node: LexborNode, _attributes: Attributes, depth: int) -> None:
        self._flush()
        self.walk(node, depth + 1)
        self._flush()
        self._spend_lead()

    def _spend_lead(self) -> None:
        """A term without a text of its own (a table or code defines it) stands alone."""
        if self._defining and not self._capturing:
            term, self._lead = self._lead.rstrip(": "), ""
            self._add_text(term)

    def _table(self, node: LexborNode, attributes: Attributes, depth: int) -> None:
        if self._capturing:
            if not self._inside_nested:
                self._nested.append(node)  # those inside of it come when its own turn comes
            self._inside_nested += 1
            self.walk(node, depth + 1)
            self._inside_nested -= 1
            return
        self._flush()
        self._spend_lead()
        rows = rows_of(node)
        if is_layout(node, rows, attributes):
            self.walk(node, depth + 1)
            self._flush()
            return
        try:
            self._add_table(tabulate(rows, lambda cell: self._cell_text(cell, depth + 3)))
        except TooManyCells as error:
            self.warnings.append(f"a table was kept as plain text: {error}")
            self._nested.clear()
            self.walk(node, depth + 1)
            self._flush()
        nested, self._nested = self._nested, []
        for inner in nested:
            self._table(inner, inner.attributes, depth + 3)

    def _add_table(self, table: Table) -> None:
        if not any(text for row in table.grid for text in row):
            return
        blocks = self.headings[-1].blocks
        above = blocks[-1] if blocks else None
        if not table.unit and isinstance(above, Text) and len(above.text) <= 60:
            table = replace(table, unit=unit_of(above.text))
        blocks.append(table)


_Handler = Callable[[Flow, LexborNode, Attributes, int], None]
_HANDLERS: dict[str | None, _Handler] = {
    "br": Flow._br,
    "a": Flow._link,
    "img": Flow._image,
    "embed": Flow._image,
    "object": Flow._image,
    "iframe": Flow._image,
    "pre": Flow._code,
    "ul": Flow._list,
    "ol": Flow._list,
    "menu": Flow._list,
    "dt": Flow._term,
    "dd": Flow._definition,
    "table": Flow._table,
    **{f"h{level}": Flow._heading for level in range(1, 7)},
}
