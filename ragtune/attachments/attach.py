"""What was read of a page's attachments, as sections behind its own: its labels and dates hold for them.

title › 요금표 › 2쪽, linked as file:///manuals/files/tariff.pdf#page=2
"""

from collections.abc import Callable
from dataclasses import replace

from ragtune.attachments.bounds import Reading
from ragtune.attachments.kinds import is_text
from ragtune.documents import Document, Resource, Section
from ragtune.errors import UnreadableAttachment, UnreadablePage

Read = Callable[[Resource], Reading]


def with_attachments(document: Document, read: Read) -> tuple[Document, bool]:
    """`document` with the sections of its attachments, and whether all of them that could be read were.

    What is not searched is said in its warnings, with the reason; the file itself stays on offer. `read` gets
    each file once; files that are not at hand (without digest) are left out.
    """
    sections, warnings, complete = list(document.sections), list(document.warnings), True
    files = {item.uri: item for item in reversed(document.attachments)}
    for item in reversed(files.values()):
        if not item.digest or not is_text(item.media_type):
            continue
        try:
            reading = read(item)
        except (UnreadableAttachment, UnreadablePage) as error:
            complete = complete and not getattr(error, "passing", False)
            warnings.append(_unread(item, error))
            continue
        sections += [_placed(one, item) for one in reading.sections]
        warnings += [f"{item.uri}: {note}" for note in reading.notes]
    return replace(document, sections=tuple(sections), warnings=tuple(warnings)), complete


def _placed(section: Section, item: Resource) -> Section:
    return replace(section, path=(item.name, *section.path), file=item.uri)


def _unread(item: Resource, error: UnreadableAttachment | UnreadablePage) -> str:
    reason = " ".join(str(error).removeprefix(item.uri).split())
    return f"{item.uri} is offered but not searched: it {reason}"
