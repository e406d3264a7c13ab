"""What the ingestion in the cloud has to remember beside the index, as objects of a bucket of its own.

    set-aside/d_0123456789abcdef.json      {"uri": "s3://…/a.html", "reason": "…", "withdrawn": false}
    references/9f86d081884c7d65/d_0123456789abcdef     s3://…/a.html
    failures/5fea7756-0ea4-451a-a703-a558b933e274      Busy: s3://…: S3 does not answer

Why a page was set aside, until it is read again; which pages refer to a file, so that a file's event leads to
its pages; and why an event failed last, for whoever looks at the dead letters. References may be out of date:
a page that no longer refers to the file is unchanged.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import boto3

from ragtune.adapters.places import bucket_of
from ragtune.adapters.set_aside import Trouble
from ragtune.documents import document_id
from ragtune.ingestion import IngestReport
from ragtune.records import decode, encode

_REASON_CHARS = 1_000
_MAX_PAGES = 1_000  # that refer to one file


class PageRecords:
    """`url` is s3://bucket; `client` boto3's."""

    def __init__(self, url: str, *, client: Any = None) -> None:
        self._bucket = bucket_of(url)
        self._client = client or boto3.client("s3")

    def update(self, report: IngestReport) -> None:
        """Enter what a run found: troubles and their end, and the files of the pages that were looked at."""
        troubles: dict[str, Trouble] = {}
        for uri, warning in report.warnings:
            troubles[uri] = Trouble(warnings=(*troubles.get(uri, Trouble()).warnings, warning))
        for aside in report.set_aside:
            troubles[aside.uri] = Trouble(reason=aside.reason, withdrawn=aside.withdrawn)
        for uri, trouble in troubles.items():
            self._put(_place(uri), json.dumps({"uri": uri, **encode(trouble)}, ensure_ascii=False))
        for uri in {*report.read_pages, *report.deleted} - set(troubles):
            self._client.delete_object(Bucket=self._bucket, Key=_place(uri))
        for uri, file in report.files:
            self._put(f"{_references(file)}{document_id(uri)}", uri)

    def referring(self, file: str) -> list[str]:
        """URIs of the pages that may refer to the file of that URI, at most a thousand."""
        return [self._get(key) for key in self._keys(_references(file), _MAX_PAGES)]

    def troubles(self) -> dict[str, Trouble]:
        """By URI, sorted."""
        told = [json.loads(self._get(key)) for key in self._keys("set-aside/", 100_000)]
        return dict(sorted((each.pop("uri"), decode(Trouble, each)) for each in told))

    def failed(self, message: str, reason: str) -> None:
        """Note why the queue's message of that id failed; its last failure stays."""
        self._put(f"failures/{message}", reason[:_REASON_CHARS])

    def mended(self, message: str) -> None:
        """Forget it."""
        self._client.delete_object(Bucket=self._bucket, Key=f"failures/{message}")

    def failures(self) -> dict[str, str]:
        """Reason by message."""
        keys = self._keys("failures/", 100_000)
        return {key.removeprefix("failures/"): self._get(key) for key in keys}

    def _keys(self, prefix: str, most: int) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self._bucket, Prefix=prefix, PaginationConfig={"MaxItems": most})
        for page in found:
            yield from (each["Key"] for each in page.get("Contents", ()))

    def _get(self, key: str) -> str:
        body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body.decode("utf-8")

    def _put(self, key: str, text: str) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode("utf-8", "replace"))


def _place(uri: str) -> str:
    return f"set-aside/{document_id(uri)}.json"


def _references(file: str) -> str:
    return f"references/{sha256(file.encode('utf-8', 'replace')).hexdigest()[:16]}/"
