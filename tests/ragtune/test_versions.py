import pytest

from ragtune.documents import Document
from ragtune.ports import Head
from ragtune.versions import wins


@pytest.mark.parametrize(
    ("version", "digest", "deleted", "wanted"),
    [
        (4, "old", False, True),
        (4, "new", True, True),
        (5, "old", False, True),
        (5, "new", False, False),
        (5, "old", True, False),
        (6, "old", False, False),
    ],
)
def test_the_newer_stands_and_at_one_version_a_delete_or_what_is_there(
    version: int, digest: str, deleted: bool, wanted: bool
) -> None:
    page = Document(source="file:///a.html", version=5, title="", digest="new")
    standing = Head(document_id=page.id, source=page.source, version=version, digest=digest, deleted=deleted)
    assert wins(page, standing) is wanted
