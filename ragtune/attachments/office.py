"""What Word, PowerPoint and Hangul files have in common: headings, paragraphs and tables in reading order."""

from dataclasses import dataclass, field

from ragtune.attachments.bounds import Bounds, Reading
from ragtune.attachments.plain import clean
from ragtune.documents import Section, Table, Text, TextKind
from ragtune.errors import UnreadableAttachment
from ragtune.manuals.grid import Cell, Room, TooManyCells
from ragtune.manuals.headings import Heading, sections, with_unmarked
from ragtune.manuals.tabulate import table_of

_MAX_HEADING_CHARS = 200  # longer ones are paragraphs in the style of a heading


@dataclass(slots=True)
class Outline:
    """Collects a file's blocks under its headings, within bounds."""

    bounds: Bounds
    headings: list[Heading] = field(default_factory=lambda: [Heading(0, "")])
    notes: dict[str, None] = field(default_factory=dict)
    chars: int = 0
    _cells: int = 0
    _room: Room = field(default_factory=Room)

    def heading(self, text: str, level: int) -> None:
        """A heading of that level, from 1; an empty one is left out."""
        text = clean(text).replace("\n", " ")
        if len(text) > _MAX_HEADING_CHARS:
            self.text(text)
        elif text and self._fits(text):
            self.headings.append(Heading(level, text))

    def text(self, text: str, kind: TextKind = "paragraph") -> None:
        """A paragraph or list item; an empty one is left out."""
        text = clean(text)
        if text and self._fits(text):
            self.headings[-1].blocks.append(Text(text=text, kind=kind))

    def table(self, rows: list[list[Cell]], *, head: int = 0, caption: str = "") -> None:
        """A table of rows of cells, a merged cell with its spans or as the same object in each of its places;
        one that can't be expanded is read as text.

        Raises UnreadableAttachment when the file has too many cells.
        """
        found = [cell for row in rows for cell in row]
        self._cells += len(found)
        self.bounds.require_cells(self._cells)
        for cell in found:
            cell.text = clean(cell.text)
        if not any(cell.text for cell in found) or not self._fits("".join(cell.text for cell in found)):
            return
        try:
            table = table_of([rows], self._room, head=head, caption=" ".join(caption.split()))
            self.bounds.require_cells(sum(map(len, table.grid)))
        except (TooManyCells, UnreadableAttachment):
            self.notes.setdefault("a table of it has too many merged cells and is read as text")
            self.headings[-1].blocks += [Text(text=cell.text) for cell in found if cell.text]
        else:
            self.headings[-1].blocks.append(table if len(table.grid[0]) > 1 else _column(table))

    def reading(self, path: tuple[str, ...] = ()) -> Reading:
        """The sections, each with `path` before its own."""
        headings, _ = with_unmarked(self.headings)
        found = sections(headings, "")
        placed = tuple(Section(path=(*path, *one.path), blocks=one.blocks) for one in found if one.blocks)
        return Reading(sections=placed, notes=tuple(self.notes))

    def _fits(self, text: str) -> bool:
        self.chars += len(text)
        if self.chars > self.bounds.chars:
            self.notes.setdefault(self.bounds.cut)
        return self.chars <= self.bounds.chars


def _column(table: Table) -> Text:
    """A table of one column holds running text, as a frame around it."""
    return Text(text="\n".join(row[0] for row in table.grid if row[0]))
