"""A bucket's folder as staging.Store: `StagingBucket("s3://ragtune-prod-models/staged")`.

    s3://ragtune-prod-models/staged/models/kullm/4f0c9a1b2d3e4f50/model.safetensors
    s3://ragtune-prod-models/staged/models/kullm/4f0c9a1b2d3e4f50/digests.json     the last file: it is whole
    s3://ragtune-prod-models/staged/models/kullm/4f0c9a1b2d3e4f50.json             licence, and who decided

Resumable by file: what lies there with its digest is kept. S3 checks each part's SHA-256 on its way; the
file's own stands in its metadata and is compared, with the size, after every upload.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ragtune.adapters.places import folder_of
from ragtune.errors import BadInput, Busy, ManifestMismatch
from ragtune.records import to_json
from ragtune.seal import SEAL
from ragtune.staging import Staged, Upload

MOST_BYTES = 200_000_000  # of a text that is read
_DIGEST = "ragtune-sha256"
_PATIENCE = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 5})


class StagingBucket:
    """See staging.Store. `client` is boto3's; by default one with the credentials at hand."""

    def __init__(self, url: str, *, client: Any = None) -> None:
        self._bucket, self._folder = folder_of(url)
        self._client = client or boto3.client("s3", config=_PATIENCE)

    def put(self, staged: Staged) -> Upload:
        """See staging.Store. Raises ManifestMismatch when what arrived is not what was sent."""
        base = "/".join(filter(None, (self._folder, staged.name, staged.digest)))
        uploaded = 0
        with self._answers(f"s3://{self._bucket}/{base}"):
            for below, path in sorted(staged.files.items()):
                uploaded += self._bring(f"{base}/{below}", path, staged.digests[below])
            self._write(f"{base}.json", to_json(staged.notes | {"digest": staged.digest}))
            self._write(f"{base}/{SEAL}", json.dumps(staged.digests, ensure_ascii=False, indent=1) + "\n")
        return Upload(
            uri=f"s3://{self._bucket}/{base}/",
            digest=staged.digest,
            uploaded=uploaded,
            kept=len(staged.files) - uploaded,
        )

    def text(self, uri: str) -> str:
        """See staging.Store."""
        place = urlsplit(uri)
        if (place.scheme, place.netloc) != ("s3", self._bucket):
            raise BadInput(f"{uri}: is not in the bucket {self._bucket}")
        with self._answers(uri):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=place.path.lstrip("/"))
            except self._client.exceptions.NoSuchKey:
                raise BadInput(f"{uri}: is not there; look at the step that should have made it") from None
            body: bytes = found["Body"].read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise BadInput(f"{uri}: has more than {MOST_BYTES:,} bytes; that is no log and no answers")
        return body.decode("utf-8")

    def _bring(self, key: str, path: Path, digest: str) -> bool:
        """True when the file had to be uploaded."""
        size = path.stat().st_size
        if self._there(key) == (size, digest):
            return False
        self._client.upload_file(
            str(path),
            self._bucket,
            key,
            ExtraArgs={"ChecksumAlgorithm": "SHA256", "Metadata": {_DIGEST: digest}},
        )
        if self._there(key) != (size, digest):
            raise ManifestMismatch(f"s3://{self._bucket}/{key}: is not what was sent; stage it again")
        return True

    def _there(self, key: str) -> tuple[int, str] | None:
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"].get("Code") in ("404", "NoSuchKey", "NotFound"):
                return None
            raise
        return found["ContentLength"], found["Metadata"].get(_DIGEST, "")

    def _write(self, key: str, text: str) -> None:
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=text.encode("utf-8"), ChecksumAlgorithm="SHA256"
        )

    @contextmanager
    def _answers(self, place: str) -> Iterator[None]:
        try:
            yield
        except (ClientError, S3UploadFailedError) as error:
            told = str(error).splitlines()[0].rstrip(".")
            raise Busy(f"{place}: S3 refuses it ({told}); stage again, what arrived is kept") from None
        except BotoCoreError as error:
            told = str(error).splitlines()[0].rstrip(".")
            raise Busy(f"{place}: S3 does not answer ({told}); stage again, what arrived is kept") from None
