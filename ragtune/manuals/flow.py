"""The way along a page's tags in document order: text runs, lists, tables, headings, images, links.

One pass, no look-back, no recursion but for tables inside tables. What is left out is noted with its reason.
"""

from collections.abc import Callable
from dataclasses import replace

from ragtune.documents import Table, Text
from ragtune.manuals.boilerplate import (
    CAPTION,
    CONTENT,
    CONTROL,
    FRAME,
    FRAMES,
    MARK,
    NAVIGATION,
    NOSCRIPT,
    Verdict,
    confirmed,
    is_frame,
    verdict,
)
from ragtune.manuals.elements import BREAK, MAX_WORDS, anchor, figure_caption, lines, picture_words
from ragtune.manuals.grid import Room, TooManyCells
from ragtune.manuals.headings import Heading
from ragtune.manuals.markup import Markup
from ragtune.manuals.resources import Register
from ragtune.manuals.runs import Runs
from ragtune.manuals.tabulate import is_layout, rows_of, tabulate, unit_of

MAX_TABLES_DEEP = 10  # tables inside each other that are also read on their own; their text is kept anyway
_BLOCK_NAMES = (
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "legend", "li",
    "main", "menu", "ol", "optgroup", "option", "p", "pre", "search", "section", "summary", "table", "ul",
    "tr", "td", "th", "tbody", "thead", "tfoot", "caption", "h1", "h2", "h3", "h4", "h5", "h6", "listing",
)  # fmt: skip
_BLOCKS = frozenset(_BLOCK_NAMES)
_MAX_MARK = 3  # characters of an image's words that stand for a cell's value: "○", "지원", "불가"
_REASONS = {"nav": NAVIGATION, "noscript": NOSCRIPT}
_ANCHOR_MARKS = frozenset(("¶", "#", "§", "🔗", ""))


class Flow(Runs):
    """Reads one page's main part. `trusted`: inside `<main>` or `<article>`, where asides are content."""

    def __init__(self, markup: Markup, register: Register, *, trusted: bool) -> None:
        super().__init__(markup)
        self.warnings: list[str] = []
        # Where an element starts, why it is no content, and its words where they aren't all it holds.
        self.left_out: list[tuple[int, str, str]] = []
        self._register = register
        self._trusted = trusted
        self._nested: list[int] = []  # tables met inside a cell or heading
        self._inside_nested = 0  # tables around, within the cell that is captured
        self._in_heading = False  # where a table is no part of the text: somebody forgot to close the heading
        self._tables_deep = 0
        self._told = False  # the text of the table that is read stands in the cell or caption around it
        self._room = Room()
        self._alts: list[str] = []  # of images met inside a cell or heading
        self._verdicts: dict[str, Verdict] = {}
        self._sectioned: dict[int, bool] = {}

    def read(self, at: int) -> None:
        """Read what stands below element `at`."""
        self._below(at)
        self._flush()
        self._spend_lead()

    def _below(self, at: int) -> None:
        _, _, text, closed, _ = self._markup.tags[at]
        if text and (closed or self._markup.ends[at] > at):
            self._buffer.append(text)
        self._walk(at + 1, self._markup.ends[at])

    def _walk(self, at: int, end: int) -> None:
        """Read the tags from `at` up to `end`. White space that a text begins with is none."""
        tags, ends = self._markup.tags, self._markup.ends
        while at < end:
            name, raw, text, closed, tail = tags[at]
            if (raw or name in _HANDLERS) and self._start(at, name, raw):
                at = ends[at]
                text = tail if closed else tags[at][2]
            elif closed:
                if text:
                    self._buffer.append(text)
                if closer := _CLOSERS.get(name):
                    closer(self, at)
                text = tail
            if text and (self._buffer or not text.isspace()):
                self._buffer.append(text)
            at += 1

    def _start(self, at: int, name: str, raw: str) -> bool:
        """True when the tag's element has been read, or left out, to its end."""
        if raw and (reason := self._reason(at, raw)):
            return self._leave_out(at, reason)
        handler = _HANDLERS.get(name)
        return handler is not None and handler(self, at)

    def _edge(self, _at: int) -> bool:
        self._flush()
        return False

    def _reason(self, at: int, raw: str) -> str:
        """Why the element with these attributes is no content; "" where it is."""
        found = self._verdicts.get(raw)
        if found is None:
            found = self._verdicts[raw] = verdict(self._markup.attributes(raw))
        if found is CONTENT:
            return ""
        if found.suspected and not self._trusted and not self._capturing:
            return confirmed(self._markup, at, found.suspected)
        return found.certain

    def _leave_out(self, at: int, reason: str) -> bool:
        if self._markup.tags[at][0] in _BLOCKS:
            self._flush()
        self.left_out.append((at, reason, ""))
        return True

    def _no_content(self, at: int) -> bool:
        return self._leave_out(at, _REASONS.get(self._markup.tags[at][0], CONTROL))

    def _unseen(self, _at: int) -> bool:
        return True

    def _frame(self, at: int) -> bool:
        if not self._trusted and is_frame(self._markup, at, self._sectioned):
            return self._leave_out(at, FRAME)
        self._flush()
        return False

    def _captured(self, at: int, max_alt: int = 100) -> str:
        """The text below element `at` with a line break for each block boundary in it.

        Where there is only an image, its `alt` of up to `max_alt` characters is the text: a picture of ○ in
        a cell, of words in a heading.
        """
        outer, self._buffer = self._buffer, []
        self._capturing = True
        self._alts.clear()
        self._below(at)
        text = lines("".join(self._buffer)) or " ".join(a for a in self._alts if len(a) <= max_alt)
        self._capturing = False
        self._buffer = outer
        return text

    def _shown(self, at: int) -> bool:
        if reason := self._reason(at, self._markup.tags[at][1]):
            self.left_out.append((at, reason, ""))
            return False
        return True

    def _cell_text(self, at: int) -> str:
        """The text of a table's cell; most hold nothing but words and plain formatting."""
        tags, end = self._markup.tags, self._markup.ends[at]
        for name, raw, _, _, _ in tags[at + 1 : end]:
            if raw or name not in _PLAIN:
                return self._captured(at, _MAX_MARK)
        return lines(self._markup.written(at))

    def _br(self, _at: int) -> bool:
        self._buffer.append(BREAK)
        return False

    def _heading(self, at: int) -> bool:
        self._flush()
        if self._capturing:
            return False
        self._spend_lead()
        self._in_heading = True
        text = " ".join(self._captured(at).split())
        self._in_heading = False
        name, raw, _, _, _ = self._markup.tags[at]
        if text:
            place = self._markup.attributes(raw).get("id") or anchor(self._markup, at)
            self.headings.append(Heading(int(name[1]), text, place))
        self._read_nested(told=False)
        return True

    def _link(self, at: int) -> bool:
        attributes = self._markup.attributes(self._markup.tags[at][1])
        reference = attributes.get("href", "")
        if not reference:
            return False
        markup = self._markup
        words = markup.opening(at, MAX_WORDS)
        if words in _ANCHOR_MARKS:
            picture = picture_words(markup, at)
            if picture is None and reference.startswith("#"):  # the mark that themes put behind headings
                return self._leave_out(at, MARK)
            words = picture or ""
        self._register.link(reference, words, self._place())
        return False

    def _image(self, at: int) -> bool:
        name, raw, _, _, _ = self._markup.tags[at]
        attributes = self._markup.attributes(raw)
        if name == "img":
            self._register.image(attributes, self._place(), figure_caption(self._markup, at))
        elif reference := attributes.get("src") or attributes.get("data"):
            self._register.link(reference, "", self._place())
        if self._capturing and attributes.get("alt"):
            self._alts.append(" ".join(attributes["alt"].split()))
        return False

    def _term(self, at: int) -> bool:
        self._flush()
        if self._capturing:
            return False
        self._spend_lead()
        term = " ".join(self._captured(at).split()).rstrip(":： ")
        self._lead, self._defining = (f"{term}: ", True) if term else ("", False)
        self._read_nested(told=True)
        return True

    def _table(self, at: int) -> bool:
        markup = self._markup
        if self._capturing:
            self._flush()
            if not self._inside_nested:
                self._nested.append(at)  # those inside of it come when its own turn comes
            if self._in_heading:
                return True
            self._inside_nested += 1
            return False
        self._flush()
        self._spend_lead()
        rows = rows_of(markup, at, self._shown)
        if is_layout(markup, at, rows):
            return False
        try:
            self._add_table(tabulate(markup, rows, self._cell_text, self._room))
        except TooManyCells as error:
            self.warnings.append(f"a table was kept as plain text: {error}")
            self._nested.clear()
            return False
        self.left_out += [(at, CAPTION, line) for line in rows.unsaid]
        self._read_nested(told=True)
        return True

    def _table_end(self, _at: int) -> bool:
        self._flush()
        self._inside_nested -= self._capturing
        return False

    def _read_nested(self, *, told: bool) -> None:
        nested, self._nested = self._nested, []
        around, self._told = self._told, told
        self._tables_deep += 1
        if self._tables_deep < MAX_TABLES_DEEP:
            for inner in nested:
                self._walk(inner, self._markup.ends[inner])
                self._flush()
        self._tables_deep -= 1
        self._told = around

    def _add_table(self, table: Table) -> None:
        if not any(text for row in table.grid for text in row):
            if table.caption and not self._told:
                self._add_text(table.caption)
            return
        blocks = self.headings[-1].blocks
        above = blocks[-1] if blocks else None
        if not table.unit and isinstance(above, Text) and len(above.text) <= 60:
            table = replace(table, unit=unit_of(above.text))
        blocks.append(table)


_Handler = Callable[[Flow, int], bool]  # True when it has read the element to its end
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys([*_BLOCK_NAMES, *(f"/{name}" for name in _BLOCK_NAMES)], Flow._edge),
    "br": Flow._br,
    "a": Flow._link,
    **dict.fromkeys(("img", "embed", "object", "iframe"), Flow._image),
    **dict.fromkeys(("pre", "listing"), Flow._code),
    "dt": Flow._term,
    "/dt": Flow._term_end,
    "/dd": Flow._definition_end,
    "li": Flow._item,
    "/li": Flow._item_end,
    "table": Flow._table,
    "/table": Flow._table_end,
    **dict.fromkeys(("ul", "ol", "menu"), Flow._list),
    **dict.fromkeys(("/ul", "/ol", "/menu"), Flow._list_end),
    **dict.fromkeys(FRAMES, Flow._frame),
    **dict.fromkeys(
        ("nav", "select", "datalist", "textarea", "canvas", "audio", "video", "map", "noscript"),
        Flow._no_content,
    ),
    **dict.fromkeys(("head", "title"), Flow._unseen),
    **{f"h{level}": Flow._heading for level in range(1, 7)},
}
_CLOSERS = {name[1:]: handler for name, handler in _HANDLERS.items() if name[0] == "/"}
_PLAIN = frozenset(
    ("b", "strong", "i", "em", "code", "u", "span", "sub", "sup", "/b", "/strong", "/i", "/em", "/code", "/u",
     "/span", "/sub", "/sup")
)  # fmt: skip
