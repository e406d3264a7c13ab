"""Which of two versions of a page stands: the one rule of every index, whatever order events come in."""

from ragtune.documents import Document
from ragtune.ports import Head


def wins(document: Document, standing: Head) -> bool:
    """Whether `document` takes the place of the version whose head is `standing`.

    At an equal version a delete stands, so that the outcome does not hang on the order of events; other
    content at an equal version is written: a source can change twice within its clock's resolution.
    """
    if document.version == standing.version:
        return not standing.deleted and document.digest != standing.digest
    return document.version > standing.version
