"""The text of files beside a page, for search: PDF, DOCX, XLSX, PPTX, HWPX, HWP 5, CSV and plain text.

    with AttachmentReader(Bounds()) as reader:
        reader.read(data, "application/pdf").sections
        # (Section(path=("2쪽",), anchor="page=2", blocks=(Text(text="약정 기간은 36개월입니다."),)),)

kinds      which reader a file gets, by its bytes       pdf, word, workbook, slides, hangul, plain: one each
bounds     what one file may cost                       archive   ZIP and XML, checked before they are used
process    the readers, in a process of their own       attach    what was read, as sections of its page
"""

from ragtune.attachments.attach import with_attachments
from ragtune.attachments.bounds import Bounds
from ragtune.attachments.process import AttachmentReader

READER_VERSION = "1"  # part of the index manifest: raise it when the same bytes give other sections

__all__ = ["READER_VERSION", "AttachmentReader", "Bounds", "with_attachments"]
