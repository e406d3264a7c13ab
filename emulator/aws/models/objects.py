"""Folders and prefixes of S3, as SageMaker moves them: by the role that a job or a model was given."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError


class Unreachable(Exception):
    """What SageMaker says of data that it can't have: the reason of a failed job or endpoint."""


def fetch(s3: Any, uri: str, folder: Path) -> int:
    """Everything below `uri` into `folder`. The number of objects. Raises Unreachable."""
    place = urlsplit(uri)
    prefix, folder_of = place.path.lstrip("/"), place.path.lstrip("/").rpartition("/")[0]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        keys = list(_keys(s3, place.netloc, prefix))
        if not keys:
            raise Unreachable(f"No S3 objects found under S3 URL {uri!r} given in input data source")
        for key in keys:
            below = key[len(prefix if prefix.endswith("/") or key == prefix else f"{prefix}/") :]
            target = folder / (below or key[len(folder_of) :].lstrip("/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(place.netloc, key, str(target))
    except ClientError as error:
        told = error.response["Error"]
        raise Unreachable(f"{uri}: {told.get('Code')} ({error.operation_name})") from None
    return len(keys)


def put(s3: Any, folder: Path, uri: str) -> None:
    """Every file of `folder` below `uri`. Raises Unreachable."""
    place = urlsplit(uri)
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = f"{place.path.strip('/')}/{path.relative_to(folder)}"
                s3.put_object(Bucket=place.netloc, Key=key, Body=path.read_bytes())
    except ClientError as error:
        told = error.response["Error"]
        raise Unreachable(f"{uri}: {told.get('Code')} ({error.operation_name})") from None


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (one["Key"] for one in page.get("Contents", ()) if not one["Key"].endswith("/"))
