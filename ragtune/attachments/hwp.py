"""HWP 5 files, the binary format that Hangul writes by default: an OLE file of records. syhwp (MIT) reads.

Password-protected files are refused; those "for distribution" are read, as every viewer does.
"""

import tempfile
from pathlib import Path

import syhwp

from ragtune.attachments.bounds import Bounds, Reading
from ragtune.attachments.office import Outline
from ragtune.errors import UnreadableAttachment
from ragtune.manuals.grid import MAX_COLSPAN, MAX_ROWSPAN, Cell

_PICTURES = ("[그림]", "[수식]")


def read(data: bytes, bounds: Bounds) -> Reading:
    """See kinds.read."""
    outline = Outline(bounds)
    with tempfile.TemporaryDirectory() as folder:  # the library takes a path
        path = Path(folder, "attachment.hwp")
        path.write_bytes(data)
        try:
            blocks = syhwp.open(str(path)).blocks
        except syhwp.EncryptedDocumentError:
            raise UnreadableAttachment("is encrypted; save it without a password") from None
        except (syhwp.SyhwpError, OSError, ValueError) as error:
            raise UnreadableAttachment(f"is damaged or no HWP file ({error}); save it anew") from None
    for block in blocks:
        if isinstance(block, syhwp.Table):
            outline.table(_rows(block))
        elif block.text not in _PICTURES:
            outline.text(block.text)
    return outline.reading()


def _rows(table: syhwp.Table) -> list[list[Cell]]:
    rows: dict[int, list[Cell]] = {}
    for one in sorted(table.cells, key=lambda cell: (cell.row, cell.col)):
        cell = Cell(one.text, rowspan=min(one.row_span, MAX_ROWSPAN), colspan=min(one.col_span, MAX_COLSPAN))
        rows.setdefault(one.row, []).append(cell)
    return [rows.get(place, []) for place in range(max(rows, default=-1) + 1)]
