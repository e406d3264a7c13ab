"""What every ports.Source does, whatever stands behind it: a folder, a bucket."""

import hashlib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.folder import Folder
from ragtune.adapters.s3 import Bucket
from ragtune.analysis import Bigrams
from ragtune.errors import UnreadablePage
from ragtune.ingestion import Preparation, ingest
from ragtune.manifest import Manifest
from ragtune.ports import Source

PAGE = "<h1>기가라이트</h1><p>월 요금은 33,000원입니다.</p>".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A place that a source reads: `put` and `remove` change it as its people would."""

    open: Callable[..., Source]
    put: Callable[[str, bytes], object]
    remove: Callable[[str], object]


def folder(root: Path) -> Shelf:
    def put(name: str, data: bytes) -> None:
        path = root / "manuals" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    put("상품/giga lite.html", PAGE)
    return Shelf(
        open=lambda **options: Folder(root / "manuals", **options),
        put=put,
        remove=lambda name: (root / "manuals" / name).unlink(),
    )


def bucket(client: Any) -> Shelf:
    client.create_bucket(Bucket="docs", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    client.put_bucket_versioning(Bucket="docs", VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket="docs", Key="other/secret.html", Body=b"not ours")

    def put(name: str, data: bytes) -> None:
        client.put_object(Bucket="docs", Key=f"manuals/{name}", Body=data)

    put("상품/giga lite.html", PAGE)
    return Shelf(
        open=lambda **options: Bucket("s3://docs/manuals", client=client, **options),
        put=put,
        remove=lambda name: client.delete_object(Bucket="docs", Key=f"manuals/{name}"),
    )


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    if request.param == "folder":
        yield folder(tmp_path)
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield bucket(boto3.client("s3", region_name="ap-northeast-2"))


def names(source: Source) -> list[str]:
    return [file.uri.removeprefix(source.prefix) for file in source.files()]


def test_pages_are_listed_below_the_prefix_in_one_order(shelf: Shelf) -> None:
    for name in ("b.HTM", "a.xhtml", "form.pdf", ".git/x.html", "상품/요금.html"):
        shelf.put(name, PAGE)
    source = shelf.open()
    assert sorted(names(source)) == ["a.xhtml", "b.HTM", "상품/giga%20lite.html", "상품/요금.html"]
    assert names(source) == names(shelf.open())
    assert all(file.uri.startswith(source.prefix) for file in source.files())


def test_what_is_listed_can_be_read_at_the_same_version(shelf: Shelf) -> None:
    source = shelf.open()
    (file,) = source.files()
    assert source.read(file.uri) == (PAGE, file.version)
    assert file.size == len(PAGE)
    assert abs(file.version - datetime.now(UTC).timestamp() * 1000) < 60_000


def test_what_changes_is_read_as_it_is_now(shelf: Shelf) -> None:
    source = shelf.open()
    (before,) = source.files()
    shelf.put("상품/giga lite.html", b"<p>new</p>")
    (after,) = source.files()
    assert source.read(before.uri) == (b"<p>new</p>", after.version)
    assert after.version >= before.version


def test_what_is_gone_says_so(shelf: Shelf) -> None:
    source = shelf.open()
    (file,) = source.files()
    shelf.remove("상품/giga lite.html")
    assert names(source) == []
    for call in (source.read, source.digest, lambda uri: source.content(uri, 100)):
        with pytest.raises(UnreadablePage, match="is not there"):
            call(file.uri)


def test_too_large_a_page_or_file_is_refused_by_its_size(shelf: Shelf) -> None:
    source = shelf.open(max_bytes=10)
    (file,) = source.files()
    with pytest.raises(UnreadablePage, match=r"at most 10 are read \(limits.page_bytes\); divide it"):
        source.read(file.uri)
    with pytest.raises(UnreadablePage, match="at most 20 are read; divide it"):
        source.content(file.uri, 20)
    assert source.content(file.uri, len(PAGE)) == PAGE


def test_files_that_pages_refer_to_have_digests(shelf: Shelf) -> None:
    shelf.put("files/form.pdf", b"%PDF")
    source = shelf.open()
    assert source.digest(f"{source.prefix}files/form.pdf#page=2") == hashlib.sha256(b"%PDF").hexdigest()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_decomposed_names_are_found(shelf: Shelf, form: str) -> None:
    shelf.put(unicodedata.normalize("NFD", "요금표.html"), PAGE)
    source = shelf.open()
    name = unicodedata.normalize(form, "요금표.html")  # type: ignore[arg-type]
    assert source.read(source.prefix + name)[0] == PAGE


@pytest.mark.parametrize(
    "name", ["../other/secret.html", "%2e%2e/other/secret.html", "a\0b.html", "%ff%fe.html"]
)
def test_names_that_lead_elsewhere_lead_nowhere(shelf: Shelf, name: str) -> None:
    source = shelf.open()
    with pytest.raises(UnreadablePage):
        source.read(source.prefix + name)
    with pytest.raises(UnreadablePage, match="is not in"):
        source.read(source.prefix.replace("manuals", "other") + "secret.html")


def test_a_source_is_ingested_kept_and_deleted(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("old.html", b"<h1>old</h1><p>gone soon</p>")
    index = EmbeddedIndex(tmp_path / "index", [Bigrams()], Manifest())
    how = Preparation(max_chars=500)
    first = ingest(shelf.open(), index, how)
    shelf.remove("old.html")
    shelf.put("상품/giga lite.html", PAGE.replace(b"33,000", b"35,000"))
    second = ingest(shelf.open(), index, how)
    assert (first.read, second.read) == (2, 1)
    assert [uri.rsplit("/", 1)[1] for uri in second.deleted] == ["old.html"]
    index.close()


def test_one_page_is_told_as_it_is_now(shelf: Shelf) -> None:
    source = shelf.open()
    uri = source.prefix + "상품/giga%20lite.html"
    listed = next(source.files())
    assert source.current(uri) == listed
    shelf.remove("상품/giga lite.html")
    gone = source.current(uri)
    assert gone.deleted
    assert gone.version == 0 or gone.version >= listed.version  # a bucket knows when, a folder does not
    assert source.current(source.prefix + "never.html").version == 0
    shelf.put("상품/giga lite.html", PAGE)
    assert not source.current(uri).deleted
