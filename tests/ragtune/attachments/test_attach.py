import pytest

from ragtune.attachments import with_attachments
from ragtune.attachments.bounds import Reading
from ragtune.chunking import chunks
from ragtune.documents import Document, Resource, Section, Text
from ragtune.errors import UnreadableAttachment, UnreadablePage

URI = "file:///manuals/files/terms.pdf"
READING = Reading(sections=(Section(path=("2쪽",), anchor="page=2", blocks=(Text(text="약정 36개월"),)),))


def page(*attachments: Resource) -> Document:
    own = (Section(path=("약관",), anchor="terms", blocks=(Text(text="아래 파일을 보세요."),)),)
    return Document(source="file:///manuals/a.html", version=1, title="인터넷", sections=own,
                    attachments=attachments, labels=("internal",))  # fmt: skip


def file(
    uri: str = URI, *, section: int = 0, digest: str = "d", media_type: str = "application/pdf"
) -> Resource:
    return Resource(name="이용 약관", uri=uri, media_type=media_type, section=section, digest=digest)


def test_its_sections_follow_those_of_the_page_and_are_cited_by_name_and_place() -> None:
    found, complete = with_attachments(page(file()), lambda _: READING)
    assert complete
    own, attached = chunks(found, max_chars=500)
    assert own.path == ("약관",)
    assert attached.breadcrumb == "인터넷 › 이용 약관 › 2쪽"
    assert attached.link == f"{URI}#page=2"
    assert attached.file == URI
    assert attached.attachments == (file(),)  # offered with the answer
    assert attached.labels == ("internal",)
    assert attached.text == "약정 36개월"


def test_a_file_mentioned_twice_is_read_once() -> None:
    asked: list[Resource] = []

    def read(item: Resource) -> Reading:
        asked.append(item)
        return READING

    found, _ = with_attachments(page(file(section=0), file(section=1)), read)
    assert len(asked) == 1
    assert len(found.sections) == 2


@pytest.mark.parametrize(
    ("error", "complete"),
    [
        (UnreadableAttachment("is encrypted; save it without a password"), True),
        (UnreadableAttachment("takes longer than 30 s to read", passing=True), False),
        (UnreadablePage(f"{URI} is encrypted; save it without a password"), True),
    ],
)
def test_what_is_not_read_is_said_and_the_page_stays(error: Exception, complete: bool) -> None:
    def read(item: Resource) -> Reading:
        if item.uri == URI:
            raise error
        return READING

    found, whole = with_attachments(page(file(), file("file:///manuals/b.pdf")), read)
    assert whole is complete
    assert [section.file for section in found.sections] == ["", "file:///manuals/b.pdf"]
    assert len(found.attachments) == 2
    (warning,) = found.warnings
    assert warning.startswith(f"{URI} is offered but not searched: it ")
    assert warning.count(URI) == 1


def test_notes_become_warnings() -> None:
    noted = Reading(sections=READING.sections, notes=("2 of its pages hold no text",))
    found, _ = with_attachments(page(file()), lambda _: noted)
    assert found.warnings == (f"{URI}: 2 of its pages hold no text",)


def test_films_and_files_that_are_not_at_hand_are_left_out() -> None:
    elsewhere = file("https://example.com/a.pdf", digest="")
    found, complete = with_attachments(page(elsewhere, file(media_type="video/mp4")), lambda _: READING)
    assert (len(found.sections), found.warnings, complete) == (1, (), True)
