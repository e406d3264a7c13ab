"""What only a bucket does: checksums that S3 keeps, refusals and silence told in one sentence."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from ragtune.adapters.s3 import Bucket
from ragtune.errors import BadInput, Busy, UnreadablePage
from ragtune.settings import load_settings
from ragtune.wiring import open_source

PAGE = b"<p>page</p>"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="docs")
        yield s3


def test_a_whole_bucket_is_a_source(client: Any) -> None:
    client.put_object(Bucket="docs", Key="a.html", Body=PAGE)
    assert [file.uri for file in Bucket("s3://docs", client=client).files()] == ["s3://docs/a.html"]


def test_more_than_one_page_of_a_listing_is_read(client: Any) -> None:
    for number in range(1005):
        client.put_object(Bucket="docs", Key=f"m/{number:04}.html", Body=PAGE)
    assert len(list(Bucket("s3://docs/m", client=client).files())) == 1005


def test_a_checksum_that_s3_keeps_spares_the_download(client: Any) -> None:
    client.put_object(Bucket="docs", Key="m/f.pdf", Body=b"%PDF", ChecksumAlgorithm="SHA256")
    asked: list[str] = []
    client.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    assert (
        Bucket("s3://docs/m", client=client).digest("s3://docs/m/f.pdf")
        == hashlib.sha256(b"%PDF").hexdigest()
    )
    assert asked == ["HeadObject"]


def test_a_checksum_of_parts_is_not_taken_for_one_of_the_file(client: Any) -> None:
    upload = client.create_multipart_upload(Bucket="docs", Key="m/f.pdf", ChecksumAlgorithm="SHA256")[
        "UploadId"
    ]
    kinds = {"Bucket": "docs", "Key": "m/f.pdf", "UploadId": upload}
    data = b"x" * 5_242_880
    part = client.upload_part(**kinds, PartNumber=1, Body=data, ChecksumAlgorithm="SHA256")
    listed = [{"ETag": part["ETag"], "PartNumber": 1, "ChecksumSHA256": part["ChecksumSHA256"]}]
    client.complete_multipart_upload(**kinds, MultipartUpload={"Parts": listed})
    assert (
        Bucket("s3://docs/m", client=client).digest("s3://docs/m/f.pdf") == hashlib.sha256(data).hexdigest()
    )


@pytest.mark.parametrize("url", ["docs/m", "https://docs/m", "s3:///m"])
def test_what_is_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="is not of the form s3://bucket/folder"):
        Bucket(url, client=object())


@pytest.mark.parametrize(
    ("status", "code", "kind", "told"),
    [
        (403, "AccessDenied", UnreadablePage, r"can't be read \(AccessDenied\)"),
        (503, "SlowDown", Busy, r"S3 does not answer \(SlowDown\); try again"),
    ],
)
def test_what_s3_refuses_is_one_sentence(
    client: Any, status: int, code: str, kind: type[Exception], told: str
) -> None:
    once = boto3.client("s3", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}))
    with Stubber(once) as stub:
        stub.add_client_error("get_object", service_error_code=code, http_status_code=status)
        with pytest.raises(kind, match=told):
            Bucket("s3://docs/m", client=once).read("s3://docs/m/a.html")


def test_a_bucket_that_may_not_be_listed_says_what_to_allow(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("list_objects_v2", service_error_code="AccessDenied", http_status_code=403)
        with pytest.raises(UnreadablePage, match=r"can't be listed \(AccessDenied\); allow s3:ListBucket"):
            list(Bucket("s3://docs/m", client=client).files())


def test_silence_is_not_taken_for_a_missing_page(client: Any) -> None:
    quick = Config(connect_timeout=0.2, read_timeout=0.2, retries={"total_max_attempts": 1})
    nobody = boto3.client("s3", region_name="us-east-1", endpoint_url="http://127.0.0.1:9", config=quick)
    with pytest.raises(Busy, match="S3 does not answer"):
        Bucket("s3://docs/m", client=nobody).read("s3://docs/m/a.html")


def test_a_bucket_is_opened_by_its_url(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client.put_object(Bucket="docs", Key="m/a.html", Body=PAGE)
    source = open_source("s3://docs/m", load_settings(Path("config/dev.toml")))
    assert source.read("s3://docs/m/a.html")[0] == PAGE
