"""What holds for any bytes: a Document or one clear sentence, in bounded time and size, always the same."""

import json
import time

from ragtune.documents import Document, Table, Text
from ragtune.errors import UnreadablePage
from ragtune.manuals import read_page
from ragtune.manuals.grid import MAX_PAGE_CHARACTERS
from ragtune.manuals.headings import MAX_NAME
from ragtune.records import encode

SOURCE = "file:///manuals/fuzz.html"
_BASE_S = 1.0  # CPU; a busy machine's caches make any page slow at times
_S_PER_BYTE = 3e-5  # 30 s a megabyte, fifty times what a page takes
_TABLE_DEPTH = 12  # times that the text of a nested table may stand in the cells around it


def broken(data: bytes) -> str:
    """The rule that reading `data` breaks; "" when it breaks none."""
    started = time.process_time()
    try:
        page = read_page(data, source=SOURCE, version=1)
    except UnreadablePage as error:
        page, said = None, str(error)
        if "\n" in said or not said.startswith(SOURCE):
            return f"the reason is no sentence about the page: {said!r}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    seconds = time.process_time() - started
    if seconds > _BASE_S + _S_PER_BYTE * len(data):
        return f"{len(data)} bytes took {seconds:.1f} s"
    return "" if page is None else _broken_document(page, data)


def _broken_document(page: Document, data: bytes) -> str:
    names = [page.title, *(name for section in page.sections for name in section.path)]
    if any(len(name) > MAX_NAME + 2 * 40 for name in names):  # a symbol may lead, an ellipsis end it
        return f"a name of {max(map(len, names))} characters"
    words = sum(len(b.text) for section in page.sections for b in section.blocks if isinstance(b, Text))
    cells = sum(_characters(b) for section in page.sections for b in section.blocks if isinstance(b, Table))
    if words > 4 * len(data) + 1_000 or cells > MAX_PAGE_CHARACTERS + _TABLE_DEPTH * len(data):
        return f"{len(data)} bytes became {words} characters of text and {cells} of tables"
    if not all(r.section < max(1, len(page.sections) * 2) for r in (*page.images, *page.attachments)):
        return "a resource of a section that is not there"
    try:
        json.dumps(encode(page), ensure_ascii=False).encode()
    except (UnicodeEncodeError, ValueError) as error:
        return f"can't be stored: {error}"
    return "" if read_page(data, source=SOURCE, version=1) == page else "two readings differ"


def _characters(table: Table) -> int:
    return sum(len(cell) for row in table.grid for cell in row)
