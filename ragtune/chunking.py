"""A Document to chunks of bounded size: whole sentences, whole table rows, one section each.

A table's rows become sentences; every part of a divided table opens with its heading (caption, unit).
A chunk's text holds no breadcrumb: `Chunk.searchable` adds it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ragtune.documents import Chunk, Document, Resource, Section, Table, Text
from ragtune.tables import heading, sentences, subject_of

CHUNKER_VERSION = "1"  # part of the index manifest, with max_chars: raise it when chunks come out otherwise
# Not behind a bare number ("1. 신청"), not inside one (3.5): only behind a word.
_SENTENCES = re.compile(r"(?<=[^\d\s][.!?。])\s+|\n+")
_CLAUSE = re.compile(r".*[,;:、)](?=\s)|.*[고며서면만]+(?=\s)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Line:
    """What is never divided between chunks. `head` is repeated in every chunk that holds lines under it."""

    text: str
    head: str = ""
    runs_on: bool = False  # continues the paragraph of the line before


def chunks(document: Document, *, max_chars: int) -> tuple[Chunk, ...]:
    """Chunks of at most `max_chars` characters of text (breadcrumb not counted), in reading order.

    Deterministic. A sentence or table row longer than that is cut at a clause or word.
    """
    made: list[Chunk] = []
    files: dict[str, dict[tuple[str, ...], str]] = {}  # of the page and each attachment: path -> anchor
    for place, section in enumerate(document.sections):
        anchors = files.setdefault(section.file, {})
        anchors[section.path] = section.anchor
        anchor = next((anchors[p] for p in _upwards(section.path) if anchors.get(p)), "")
        attached = _attached(document, section, place)
        following = document.sections[place + 1].path if place + 1 < len(document.sections) else ()
        childless = following[: len(section.path)] != section.path
        lines = list(_lines(section, document.title, max_chars))
        if not lines and (attached or (section.path and childless)):
            lines = [_Line(_cut(section.path[-1] if section.path else document.title, max_chars)[0])]
        for text in _packed(lines, max_chars):
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


def split_sentences(text: str) -> list[str]:
    """The sentences of running text; a line break ends one too.

    >>> split_sentences("3.5GB를 드립니다. 1. 신청하세요! 끝")
    ['3.5GB를 드립니다.', '1. 신청하세요!', '끝']
    """
    return [part for part in _SENTENCES.split(text) if part]


def _lines(section: Section, title: str, max_chars: int) -> Iterator[_Line]:
    for block in section.blocks:
        if isinstance(block, Table):
            yield from _table_lines(block, subject_of(title, section.path), max_chars)
        elif len(block.text) <= max_chars:
            yield _Line(block.text)
        else:
            prose = block.kind != "code"
            for place, sentence in enumerate(_divided(block)):
                for part in _cut(sentence, max_chars):
                    yield _Line(part, runs_on=prose and place > 0)


def _table_lines(table: Table, subject: str, max_chars: int) -> Iterator[_Line]:
    head = heading(table)
    if len(head) > max_chars // 3:  # too long to repeat: once in full
        yield from map(_Line, _cut(head, max_chars))
        head = ""
    room = max_chars - len(head) - 1
    for sentence in sentences(table, subject=subject):
        for part in _cut(sentence, room):
            yield _Line(part, head)
    for note in table.footnotes:
        yield from (_Line(part, head) for part in _cut(note, room))


def _divided(block: Text) -> list[str]:
    return block.text.splitlines() if block.kind == "code" else split_sentences(block.text)


def _packed(lines: list[_Line], max_chars: int) -> Iterator[str]:
    held = head = ""
    for line in lines:
        opened = f"{line.head}\n{line.text}" if line.head else line.text
        added = line.text if line.head == head else opened
        joined = f"{held}{' ' if line.runs_on else chr(10)}{added}" if held else opened
        if len(joined) > max_chars:
            yield held
            joined = opened
        held, head = joined, line.head
    if held:
        yield held


def _cut(sentence: str, max_chars: int) -> list[str]:
    """A sentence too long for a chunk, cut at its last clause or word that fits."""
    parts = []
    while len(sentence) > max_chars:
        window = sentence[: max_chars + 1]
        clause = _CLAUSE.match(window)
        at = clause.end() if clause and clause.end() > max_chars // 2 else window.rfind(" ")
        at = at if at > max_chars // 4 else max_chars
        parts.append(sentence[:at].rstrip())
        sentence = sentence[at:].lstrip()
    return [*parts, sentence] if sentence else parts
