"""Troubles last until their page is read again; a file leads to its pages."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from ragtune.adapters.page_records import PageRecords
from ragtune.adapters.set_aside import Trouble
from ragtune.errors import BadInput
from ragtune.ingestion import IngestReport, SetAside

A, B, FORM = "s3://docs/a.html", "s3://docs/상품/b.html", "s3://docs/form.pdf"


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Iterator[PageRecords]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="state")
        yield PageRecords("s3://state", client=client)


def test_a_trouble_lasts_until_its_page_is_read(records: PageRecords) -> None:
    aside = (SetAside(uri=A, reason=f"{A} is empty", withdrawn=True),)
    records.update(IngestReport(pages=2, read=1, unchanged=0, set_aside=aside, warnings=((B, "no form"),)))
    assert records.troubles() == {
        A: Trouble(reason=f"{A} is empty", withdrawn=True),
        B: Trouble(warnings=("no form",)),
    }
    records.update(IngestReport(pages=2, read=0, unchanged=2))
    assert sorted(records.troubles()) == [A, B]
    records.update(IngestReport(pages=1, read=1, unchanged=0, read_pages=(A,)))
    records.update(IngestReport(pages=1, read=0, unchanged=0, deleted=(B,)))
    assert records.troubles() == {}


def test_a_file_leads_to_the_pages_that_refer_to_it(records: PageRecords) -> None:
    files = ((A, FORM), (B, FORM), (B, "s3://docs/other.pdf"))
    records.update(IngestReport(pages=2, read=2, unchanged=0, read_pages=(A, B), files=files))
    assert sorted(records.referring(FORM)) == [A, B]
    assert records.referring("s3://docs/other.pdf") == [B]
    assert records.referring("s3://docs/none.pdf") == []


def test_what_is_no_bucket_is_refused() -> None:
    with pytest.raises(BadInput, match="is not of the form s3://bucket"):
        PageRecords("state")
