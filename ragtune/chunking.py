"""A Document to chunks of bounded size: whole sentences, whole table rows, one section each.

    chunks(page, max_chars=500)
    chunks(page, max_chars=4000, tokens=Room(limit=256, count=load_preset("kullm").tokens))

A table's rows become sentences; every part of a divided table opens with its heading (caption, unit).
A chunk's text holds no breadcrumb: `Chunk.searchable` adds it. `Chunk.section` tells which chunks are of the
same section, so that a small hit can bring it (`ragtune.widening`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ragtune.documents import Chunk, Document, Resource, Section, Table, Text
from ragtune.ports import Room
from ragtune.sentences import split_sentences
from ragtune.tables import heading, sentences, subject_of

CHUNKER_VERSION = "2"  # part of the index manifest, with the sizes: raise it when chunks come out otherwise
_CLAUSE = re.compile(r".*[,;:、)](?=\s)|.*[고며서면만]+(?=\s)", re.DOTALL)
_MOST_HEAD = 1 / 3  # of a chunk: a longer heading is said once instead of in every part


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """What a chunk's text may hold."""

    max_chars: int
    tokens: Room | None

    def used(self, text: str) -> float:
        """The share of a chunk that `text` takes."""
        share = len(text) / self.max_chars
        if self.tokens is None or share > 1:
            return share
        return max(share, self.tokens.count(text) / self.tokens.limit)

    def fits(self, text: str) -> bool:
        if len(text) > self.max_chars:
            return False
        return self.tokens is None or self.tokens.count(text) <= self.tokens.limit

    def width(self, text: str, head: str) -> int:
        """How many of the first characters of `text` fit below `head`; at least 1."""
        low, high = 1, max(1, self.max_chars - (len(head) + 1 if head else 0))
        if self.tokens is None:
            return high
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.fits(_below(head, text[:middle])) else (low, middle - 1)
        return low


@dataclass(frozen=True, slots=True)
class _Line:
    """What is never divided between chunks. `head` is repeated in every chunk that holds lines under it."""

    text: str
    head: str = ""
    runs_on: bool = False  # continues the paragraph of the line before


def chunks(document: Document, *, max_chars: int, tokens: Room | None = None) -> tuple[Chunk, ...]:
    """Chunks of at most `max_chars` characters, and `tokens`, of text (breadcrumb not counted), in order.

    Deterministic. A table row longer than that is divided between its cells, a sentence at a clause or word.
    """
    bound = _Bound(max_chars=max_chars, tokens=tokens)
    made: list[Chunk] = []
    files: dict[str, dict[tuple[str, ...], str]] = {}  # of the page and each attachment: path -> anchor
    for place, section in enumerate(document.sections):
        anchors = files.setdefault(section.file, {})
        anchors[section.path] = section.anchor
        anchor = next((anchors[p] for p in _upwards(section.path) if anchors.get(p)), "")
        attached = _attached(document, section, place)
        lines = list(_lines(section, document.title, bound))
        if not lines and (attached or _is_leaf(document, place)):
            lines = [_Line(_cut(section.path[-1] if section.path else document.title, bound)[0])]
        texts = list(_packed(lines, bound))
        siblings = (len(made), len(made) + len(texts))
        for text in texts:
            made.append(
                Chunk(
                    document_id=document.id,
                    version=document.version,
                    ordinal=len(made),
                    title=document.title,
                    path=section.path,
                    text=text,
                    source=document.source,
                    anchor=anchor,
                    category=document.category,
                    attachments=attached,
                    labels=document.labels,
                    valid_from=document.valid_from,
                    valid_until=document.valid_until,
                    section=siblings,
                    file=section.file,
                )
            )
    return tuple(made)


def _attached(document: Document, section: Section, place: int) -> tuple[Resource, ...]:
    """What the section mentions; of an attachment's section, the attachment itself."""
    if section.file:
        return tuple(item for item in document.attachments if item.uri == section.file)[:1]
    return tuple(item for item in document.attachments if item.section == place)


def _upwards(path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (path[:length] for length in range(len(path), 0, -1))


def _is_leaf(document: Document, place: int) -> bool:
    """Whether the section has a heading, and none below it follows."""
    path = document.sections[place].path
    following = document.sections[place + 1].path if place + 1 < len(document.sections) else ()
    return bool(path) and following[: len(path)] != path


def _lines(section: Section, title: str, bound: _Bound) -> Iterator[_Line]:
    for block in section.blocks:
        if isinstance(block, Table):
            yield from _table_lines(block, subject_of(title, section.path), bound)
        elif bound.fits(block.text):
            yield _Line(block.text)
        else:
            prose = block.kind != "code"
            for place, sentence in enumerate(_divided(block)):
                yield from _cut_lines(sentence, bound, prose=prose and place > 0)


def _table_lines(table: Table, subject: str, bound: _Bound) -> Iterator[_Line]:
    head = heading(table)
    said = sentences(table, subject=subject)
    if bound.used(head) > _MOST_HEAD or not (said or table.footnotes):
        yield from map(_Line, _cut(head, bound))
        head = ""
    rows = [row for row in table.grid[table.header_rows :] if any(row)]
    for place, sentence in enumerate(said):
        if bound.fits(_below(head, sentence)):
            yield _Line(sentence, head)
        elif len(rows) == len(said) and not table.told:
            yield from _cell_lines(table, rows[place], subject, head, bound)
        else:
            yield from _cut_lines(sentence, bound, head)
    for note in table.footnotes:
        yield from _cut_lines(note, bound, head)


def _cell_lines(
    table: Table, row: tuple[str, ...], subject: str, head: str, bound: _Bound
) -> Iterator[_Line]:
    """A row too long for a chunk, cell by cell: each says its headers, also each part of a long one."""
    labels, values = range(table.header_columns), range(table.header_columns, len(row))
    top = table.grid[: table.header_rows]
    if (len(row) > 1 and len(set(row)) == 1) or not any(row[x] for x in values):
        yield from _prose_lines(" ".join(dict.fromkeys(row)), bound, head)
        return
    for x in filter(row.__getitem__, values):
        kept = (*labels, x)
        alone = replace(table, grid=tuple(tuple(line[y] for y in kept) for line in (*top, row)))
        said = " ".join(sentences(alone, subject=subject))
        if bound.fits(_below(head, said)) and (len(kept) == 1 or len({row[y] for y in kept}) > 1):
            yield _Line(said, head)
        else:
            headers = (*(row[y] for y in labels), *(line[x] for line in top))
            yield from _long_cell(row[x], " › ".join(dict.fromkeys(filter(None, headers))), head, bound)


def _long_cell(text: str, label: str, head: str, bound: _Bound) -> Iterator[_Line]:
    labelled = _below(head, f"{label}:") if label else head
    if bound.used(labelled) > _MOST_HEAD:
        yield from _cut_lines(label, bound, head)
        labelled = head
    yield from _prose_lines(text, bound, labelled)


def _prose_lines(text: str, bound: _Bound, head: str) -> Iterator[_Line]:
    for place, sentence in enumerate(split_sentences(text)):
        yield from _cut_lines(sentence, bound, head, prose=place > 0)


def _cut_lines(sentence: str, bound: _Bound, head: str = "", *, prose: bool = False) -> Iterator[_Line]:
    return (_Line(part, head, runs_on=prose) for part in _cut(sentence, bound, head))


def _divided(block: Text) -> list[str]:
    return block.text.splitlines() if block.kind == "code" else split_sentences(block.text)


def _below(head: str, text: str) -> str:
    return f"{head}\n{text}" if head else text


def _packed(lines: list[_Line], bound: _Bound) -> Iterator[str]:
    held = head = ""
    for line in lines:
        opened = _below(line.head, line.text)
        added = line.text if line.head == head else opened
        joined = f"{held}{' ' if line.runs_on else chr(10)}{added}" if held else opened
        if held and not bound.fits(joined):
            yield held
            joined = opened
        held, head = joined, line.head
    if held:
        yield held


def _cut(sentence: str, bound: _Bound, head: str = "") -> list[str]:
    """A sentence too long for a chunk below `head`, cut at its last clause or word that fits."""
    parts, start = [], 0
    while not bound.fits(_below(head, rest := sentence[start : start + bound.max_chars + 1])):
        at = start + _end_of_clause(rest, bound, head)
        parts.append(sentence[start:at].strip())
        start = at
        while sentence[start : start + 1].isspace():
            start += 1
    return [part for part in (*parts, sentence[start:].strip()) if part]


def _end_of_clause(text: str, bound: _Bound, head: str) -> int:
    """Where to cut `text`, at least 1."""
    width = bound.width(text, head)
    window = text[: width + 1]
    clause = _CLAUSE.match(window)
    at = clause.end() if clause and clause.end() > width // 2 else window.rfind(" ")
    at = at if at > width // 4 else width
    # A tokenizer may count more for a shorter text.
    return at if bound.fits(_below(head, text[:at].strip())) else width
