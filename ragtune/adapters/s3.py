"""The HTML pages below a prefix of a bucket as a Source: `Bucket("s3://ragtune-prod-documents/manuals")`.

    {"Key": "manuals/상품/giga lite.html", "LastModified": 2026-11-22T01:00:03Z, "Size": 20480}
      → s3://ragtune-prod-documents/manuals/상품/giga%20lite.html, version 1795309203000

The version is the object's LastModified. S3 gives whole seconds; of two writes in one, the digest tells.
Nothing outside the prefix is ever read.
"""

import hashlib
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ragtune.adapters.folder import PAGES, readable
from ragtune.adapters.places import folder_of
from ragtune.errors import Busy, UnreadablePage
from ragtune.ports import SourceFile

_BLOCK_BYTES = 1 << 20
_ABSENT = frozenset({"NoSuchKey", "404"})
_PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})


class Bucket:
    """The pages (*.html, *.htm, *.xhtml) below `url`, hidden folders left out.

    Pages above `max_bytes` are set aside. `client` is boto3's; by default one with the credentials at hand.
    Raises BadInput when `url` names no bucket; the calls raise Busy when S3 does not answer.
    """

    def __init__(self, url: str, *, max_bytes: int = 20_000_000, client: Any = None) -> None:
        self._bucket, named = folder_of(url)
        folder = unquote_to_bytes(named).decode("utf-8", "strict")
        self._folder = f"{folder}/" if folder else ""
        self._max_bytes = max_bytes
        self._client = client or boto3.client("s3", config=_PATIENCE)
        self.prefix = f"s3://{self._bucket}/{readable(self._folder)}"

    def files(self) -> Iterator[SourceFile]:
        """See ports.Source. In the order of their keys' bytes, as S3 lists them."""
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._folder):
                for found in page.get("Contents", ()):
                    if self.is_page(found["Key"]):
                        uri = self.uri(found["Key"])
                        yield SourceFile(uri=uri, version=_version(found["LastModified"]), size=found["Size"])
        except (ClientError, BotoCoreError) as error:
            reason = f"{self.prefix} can't be listed ({_told(error)}); allow s3:ListBucket on it"
            raise UnreadablePage(reason) from None

    def uri(self, key: str) -> str:
        """Of what lies under `key`. Raises UnreadablePage when that is not below the source's prefix."""
        if not key.startswith(self._folder):
            raise UnreadablePage(f"{key} is not in {self.prefix}")
        return self.prefix + readable(key[len(self._folder) :])

    def is_page(self, key: str) -> bool:
        """Whether what lies under `key` is a page of this source: no other file, nothing hidden."""
        hidden = any(part.startswith(".") for part in key[len(self._folder) :].split("/"))
        return key.startswith(self._folder) and key.lower().endswith(PAGES) and not hidden

    def current(self, uri: str) -> SourceFile:
        """See ports.Source. A deletion's version is its delete marker's, which a versioned bucket keeps."""
        with self._answers(uri) as key:
            try:
                found = self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if _code(error) not in _ABSENT:
                    raise
                return SourceFile(uri=uri, version=self._deleted(key), size=0, deleted=True)
        return SourceFile(uri=uri, version=_version(found["LastModified"]), size=found["ContentLength"])

    def _deleted(self, key: str) -> int:
        """When `key` was deleted (ms), 0 when it never was there."""
        # Versions come newest first, keys in order: of those that begin with `key` it is the first one.
        found = self._client.list_object_versions(Bucket=self._bucket, Prefix=key, MaxKeys=1)
        markers = (each for each in found.get("DeleteMarkers", ()) if each["Key"] == key and each["IsLatest"])
        return max((_version(each["LastModified"]) for each in markers), default=0)

    def read(self, uri: str) -> tuple[bytes, int]:
        """See ports.Source. One request gives both, so they belong together."""
        with self._opened(uri) as found:
            if found["ContentLength"] > self._max_bytes:
                size, most = found["ContentLength"], self._max_bytes
                limit = f"at most {most:,} are read (limits.page_bytes); divide it"
                raise UnreadablePage(f"{uri} is {size:,} bytes; {limit}")
            return found["Body"].read(), _version(found["LastModified"])

    def digest(self, uri: str) -> str:
        """See ports.Source. The checksum that S3 keeps, if it was uploaded with SHA-256 and in one part."""
        with self._answers(uri) as key:
            kept = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
        if "ChecksumSHA256" in kept and "-" not in kept["ETag"]:  # with a dash: uploaded in parts
            return b64decode(kept["ChecksumSHA256"]).hex()
        digest = hashlib.sha256()
        with self._opened(uri) as found:
            for block in found["Body"].iter_chunks(_BLOCK_BYTES):
                digest.update(block)
        return digest.hexdigest()

    def content(self, uri: str, max_bytes: int) -> bytes:
        """See ports.Source."""
        with self._opened(uri) as found:
            size = found["ContentLength"]
            if size > max_bytes:
                raise UnreadablePage(f"{uri} is {size:,} bytes; at most {max_bytes:,} are read; divide it")
            data: bytes = found["Body"].read()
            return data

    @contextmanager
    def _opened(self, uri: str) -> Iterator[dict[str, Any]]:
        """The object, whose body is closed in the end, however much of it was read."""
        with self._answers(uri) as key:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            try:
                yield found
            finally:
                found["Body"].close()

    @contextmanager
    def _answers(self, uri: str) -> Iterator[str]:
        """The key that is there for `uri`; what S3 says against it becomes one sentence."""
        try:
            yield self._key(uri)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise Busy(f"{uri}: S3 does not answer ({_told(error)}); try again") from None
            reason = "is not there" if _code(error) in _ABSENT else f"can't be read ({_told(error)})"
            raise UnreadablePage(f"{uri} {reason}") from None
        except BotoCoreError as error:
            raise Busy(f"{uri}: S3 does not answer ({_told(error)}); try again") from None

    def _key(self, uri: str) -> str:
        """Of the forms of a Korean name, the one that is there; the name as it is where none is."""
        if not uri.startswith(self.prefix):
            raise UnreadablePage(f"{uri} is not in {self.prefix}")
        named = uri[len(self.prefix) :].partition("#")[0].partition("?")[0]
        try:
            below = unquote_to_bytes(named.encode("utf-8", "surrogatepass")).decode("utf-8")
        except UnicodeDecodeError:
            raise UnreadablePage(f"{uri} names no object: keys are UTF-8") from None
        forms = dict.fromkeys(
            (below, unicodedata.normalize("NFC", below), unicodedata.normalize("NFD", below))
        )
        return self._folder + next((form for form in forms if len(forms) > 1 and self._has(form)), below)

    def _has(self, below: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=self._folder + below)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return False
            raise
        return True


def _version(modified: datetime) -> int:
    return round(modified.timestamp() * 1000)


def _code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


def _told(error: ClientError | BotoCoreError) -> str:
    """The reason in a few words: AccessDenied, or what botocore says on one line."""
    if isinstance(error, ClientError):
        return _code(error)
    return str(error).splitlines()[0].rstrip(".")
