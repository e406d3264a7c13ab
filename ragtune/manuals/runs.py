"""Runs of text as they gather: paragraphs, list items with their numbers, defined terms, footnotes.

Inline text gathers in a buffer that every block boundary empties into the section of the last heading. In
capture, where the text of one cell or heading is wanted, boundaries become line breaks of that text.
"""

import re
from dataclasses import replace

from ragtune.documents import Table, Text, TextKind
from ragtune.manuals.elements import BREAK, lines
from ragtune.manuals.headings import Heading
from ragtune.manuals.markup import Markup, plain

_FOOTNOTE = re.compile(r"^(?:[※＊*†]|주\s*\d*\s*[).:]|\d{1,2}\)\s)")
_MAX_FOOTNOTES = 50  # of a table; more are paragraphs


class Runs:
    """The headings of one page with what stands below each.

    Handlers tell whether they have read an element to its end.
    """

    def __init__(self, markup: Markup) -> None:
        self.headings = [Heading(0, "")]
        self._markup = markup
        self._buffer: list[str] = []
        self._capturing = False
        self._numbers: list[int | None] = []  # of the lists around: an ordered one's next number
        self._lead = ""  # goes before the next text: a list number, a defined term
        self._defining = False

    def _place(self) -> tuple[int, int]:
        """The section that is being read, and the ordinal of the block that comes next in it."""
        return len(self.headings) - 1, len(self.headings[-1].blocks)

    def _flush(self) -> None:
        """Everything gathered so far is one text."""
        if self._capturing:
            self._buffer.append(BREAK)
        elif self._buffer:
            text = lines("".join(self._buffer))
            self._buffer.clear()
            if text:
                self._add_text(text)

    def _add_text(self, text: str) -> None:
        blocks = self.headings[-1].blocks
        above = blocks[-1] if blocks else None
        if isinstance(above, Table) and len(above.footnotes) < _MAX_FOOTNOTES and _FOOTNOTE.match(text):
            blocks[-1] = replace(above, footnotes=(*above.footnotes, text))
            return
        kind: TextKind = "list_item" if self._numbers else "paragraph"
        if self._defining:
            kind = "definition"
        blocks.append(Text(text=self._lead + text, kind=kind, level=max(0, len(self._numbers) - 1)))
        self._lead, self._defining = "", False

    def _code(self, at: int) -> bool:
        self._flush()
        if self._capturing:
            return False
        self._spend_lead()
        markup = self._markup
        tags = markup.tags[at + 1 : markup.ends[at]]
        inner = [f"\n{text}" if name == "br" else text + tail for name, _, text, _, tail in tags]
        text = plain("".join([markup.tags[at][2], *inner])).strip("\n").rstrip()
        if text.strip():
            self.headings[-1].blocks.append(Text(text=text, kind="code"))
        return True

    def _list(self, at: int) -> bool:
        self._flush()
        self._spend_lead()
        name, raw, _, _, _ = self._markup.tags[at]
        start = self._markup.attributes(raw).get("start", "1") if name == "ol" else ""
        self._numbers.append(_number(start) if name == "ol" else None)
        return False

    def _list_end(self, _at: int) -> bool:
        self._flush()
        self._numbers.pop()
        return False

    def _item(self, at: int) -> bool:
        self._flush()
        if not self._numbers:
            return False
        number = self._numbers[-1]
        if number is not None:
            stated = self._markup.attributes(self._markup.tags[at][1]).get("value")
            number = _number(stated) if stated else number
            self._numbers[-1] = number + 1
        lead = "" if number is None else f"{number}. "
        if not self._capturing:
            self._spend_lead()
            self._lead = lead
        elif lead:
            self._buffer.append(lead)
        return False

    def _item_end(self, _at: int) -> bool:
        self._flush()
        if self._numbers and not self._capturing:
            self._spend_lead()
            self._lead = ""
        return False

    def _term_end(self, _at: int) -> bool:
        self._buffer.append(": ")  # in capture; elsewhere the term is read as a whole
        return False

    def _definition_end(self, _at: int) -> bool:
        self._flush()
        self._spend_lead()
        return False

    def _spend_lead(self) -> None:
        """A term without a text of its own (a table or code defines it) stands alone."""
        if self._defining and not self._capturing:
            term, self._lead = self._lead.rstrip(": "), ""
            self._add_text(term)


def _number(written: str) -> int:
    return int(written) if re.fullmatch(r"-?[0-9]{1,6}", written) else 1
