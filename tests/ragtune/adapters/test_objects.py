"""Objects over HTTP against a store on the loopback address that checks signatures with botocore."""

from collections.abc import Iterator

import pytest

from ragtune.adapters.objects import MAX_FILE_BYTES, Objects
from ragtune.errors import BadInput, Busy
from tests.ragtune.object_store import Store, served


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with served(monkeypatch) as found:
        yield found


@pytest.fixture
def bucket(store: Store) -> Iterator[Objects]:
    opened = Objects("s3://docs", region="ap-northeast-2", pauses_s=(0.0, 0.0))
    yield opened
    opened.close()


def test_what_is_put_can_be_read(store: Store, bucket: Objects) -> None:
    bucket.put("상품/a b+c.json", b"{}")
    assert store.kept == {"/docs/상품/a b+c.json": b"{}"}
    assert bucket.read("s3://docs/상품/a%20b%2Bc.json") == b"{}"


def test_decomposed_names_are_found(store: Store, bucket: Objects) -> None:
    store.kept["/docs/양식.pdf"] = b"%PDF"
    assert bucket.read("s3://docs/양식.pdf") == b"%PDF"


@pytest.mark.parametrize("uri", ["s3://other/a.pdf", "file:///docs/a.pdf", "s3://docs-other/a.pdf"])
def test_nothing_outside_the_bucket_is_read(store: Store, bucket: Objects, uri: str) -> None:
    with pytest.raises(BadInput, match="is not in s3://docs/"):
        bucket.read(uri)
    assert store.asked == 0


def test_what_is_not_there_or_too_large_is_said(store: Store, bucket: Objects) -> None:
    with pytest.raises(BadInput, match="can't be read \\(404 NoSuchKey\\)"):
        bucket.read("s3://docs/none.pdf")
    store.kept["/docs/large.pdf"] = bytes(MAX_FILE_BYTES + 100_000)
    with pytest.raises(BadInput, match="more than 4,500,000 bytes"):
        bucket.read("s3://docs/large.pdf")
    store.kept["/docs/fits.pdf"] = bytes(MAX_FILE_BYTES)
    assert len(bucket.read("s3://docs/fits.pdf")) == MAX_FILE_BYTES


@pytest.mark.parametrize("faults", [[503], [0], [500, 503]])
def test_a_passing_fault_is_tried_again(store: Store, bucket: Objects, faults: list[int]) -> None:
    bucket.put("warm", b"")
    store.faults = faults
    bucket.put("a.json", b"{}")
    assert store.kept["/docs/a.json"] == b"{}"


def test_what_lasts_is_told(store: Store, bucket: Objects) -> None:
    store.faults = [503] * 3
    with pytest.raises(Busy, match=r"s3://docs/a.json: S3 does not answer \(503 SlowDown\); try again"):
        bucket.put("a.json", b"{}")
    store.faults = [403]
    with pytest.raises(Busy, match="S3 refuses it \\(403 SlowDown\\)"):
        bucket.put("a.json", b"{}")


@pytest.mark.parametrize("url", ["docs", "https://docs", "s3://", "s3://docs/folder"])
def test_what_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="is not of the form s3://bucket"):
        Objects(url, region="ap-northeast-2")


def test_a_bucket_of_aws_is_reached_by_tls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    assert Objects("s3://docs", region="r")._base == "https://docs.s3.r.amazonaws.com"
