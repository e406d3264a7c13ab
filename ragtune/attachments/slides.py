"""PPTX files: a section a slide, cited as `슬라이드 3 › title`, with its tables and the speaker's notes.

python-pptx reads. Hidden slides are left out.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pptx
from lxml.etree import LxmlError
from pptx.exc import PythonPptxError

from ragtune.attachments.archive import open_archive
from ragtune.attachments.bounds import Bounds, Reading
from ragtune.attachments.office import Outline
from ragtune.documents import Section
from ragtune.errors import UnreadableAttachment
from ragtune.manuals.grid import Cell

_MAX_DEPTH = 20  # groups in groups


def read(data: bytes, bounds: Bounds) -> Reading:
    """See kinds.read."""
    open_archive(data, bounds)
    try:
        return _reading(pptx.Presentation(io.BytesIO(data)), bounds)
    except (PythonPptxError, LxmlError, KeyError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise UnreadableAttachment(f"is damaged or no PPTX file ({error}); save it anew") from None


def _reading(presentation: Any, bounds: Bounds) -> Reading:
    sections: list[Section] = []
    notes: dict[str, None] = {}
    left = bounds.chars
    for number, slide in enumerate(presentation.slides, 1):
        if number > bounds.pages or left <= 0:
            slides = f"only its first {bounds.pages:,} slides are searched"
            notes.setdefault(bounds.cut if left <= 0 else slides)
            break
        if slide.element.get("show") in ("0", "false"):
            continue
        title = slide.shapes.title.text_frame.text if slide.shapes.title is not None else ""
        outline = Outline(bounds)
        for shape in _shapes(slide.shapes, 0):
            _shape(outline, shape, slide.shapes.title)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            outline.text(slide.notes_slide.notes_text_frame.text)
        path = tuple(part for part in (f"슬라이드 {number}", " ".join(title.split())) if part)
        reading = outline.reading(path)
        sections += reading.sections or ([Section(path=path)] if title.strip() else [])
        notes.update(dict.fromkeys(reading.notes))
        left -= outline.chars
    return Reading(sections=tuple(sections), notes=tuple(notes))


def _shapes(shapes: Any, depth: int) -> Iterator[Any]:
    """What stands on a slide, from the top down, groups taken apart."""
    for shape in sorted(shapes, key=lambda one: (one.top or 0, one.left or 0)):
        if hasattr(shape, "shapes"):
            if depth < _MAX_DEPTH:
                yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _shape(outline: Outline, shape: Any, title: Any) -> None:
    if title is not None and shape.shape_id == title.shape_id:
        return
    if shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            outline.text(paragraph.text, "list_item" if paragraph.level else "paragraph")
    elif shape.has_table:
        rows = [[_cell(cell) for cell in row.cells if not cell.is_spanned] for row in shape.table.rows]
        outline.table(rows, head=int(bool(shape.table.first_row)) if len(rows) > 1 else 0)


def _cell(cell: Any) -> Cell:
    if not cell.is_merge_origin:
        return Cell(cell.text_frame.text)
    return Cell(cell.text_frame.text, rowspan=cell.span_height, colspan=cell.span_width)
