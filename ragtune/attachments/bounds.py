"""What reading one attachment may cost, and what came of it."""

from dataclasses import dataclass

from ragtune.documents import Section
from ragtune.errors import UnreadableAttachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A file above `file_bytes`, `unpacked_bytes`, `cells`, `seconds` or `memory_bytes` is not searched; of
    one above `pages` or `chars` the first ones are."""

    file_bytes: int = 50_000_000
    unpacked_bytes: int = 300_000_000  # of a ZIP: Office and HWPX files
    pages: int = 2_000  # or slides, sheets
    cells: int = 200_000  # of all tables
    chars: int = 2_000_000
    seconds: float = 30.0  # of processor time; ten times as long by the clock
    memory_bytes: int = 2_000_000_000  # of the process that reads

    @property
    def cut(self) -> str:
        """What is said of a file with more characters than are read."""
        return f"only its first {self.chars:,} characters are searched"

    def require_cells(self, count: int) -> None:
        """Raise UnreadableAttachment when a file has more cells than are read."""
        if count > self.cells:
            raise UnreadableAttachment(f"holds {count:,} cells; at most {self.cells:,} are read; divide it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The sections of one file: their path leads from the file to a page, sheet, slide or heading.

    `notes` say, one sentence each, what of the file is not in them.
    """

    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
