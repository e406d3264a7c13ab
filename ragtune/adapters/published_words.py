"""Words for the same in a bucket: brought up by whoever ingests, loaded by whoever answers.

    words/documents.jsonl      what each document gave, a line each: see lexicon.files
    words/dictionary.toml      the operator's own, where one was put there
    words/lexicon.json.z       both as a function loads them: see lexicon.packed

PublishedWords("s3://ragtune-dev-state-…").bring_up(search.index, Path("/tmp/ragtune"), most=2_000)

Two that bring them up at once write what they each saw of the index; the next run writes what is there.
"""

import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from ragtune.adapters.places import bucket_of
from ragtune.errors import BadInput, SettingsError
from ragtune.lexicon import LEXICON, load, packed, refresh
from ragtune.ports import Stored

_LINES, _DICTIONARY = "words/documents.jsonl", "words/dictionary.toml"
_MOST_BYTES = 4_000_000  # packed, some 400,000 names: a function that answers reads no more


class PublishedWords:
    """`url` is s3://bucket; `client` boto3's."""

    def __init__(self, url: str, *, client: Any = None) -> None:
        self._bucket = bucket_of(url)
        self._client = client or boto3.client("s3")

    def bring_up(self, stored: Stored, folder: Path, *, most: int) -> int:
        """Bring all three up to `stored`, by way of `folder`; how many documents were read, at most `most`.

        A dictionary that can't be read is said on stderr and left out.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lines, dictionary = folder / "documents.jsonl", folder / "dictionary.toml"
        before = self._fetch(_LINES, lines)
        named = dictionary if self._fetch(_DICTIONARY, dictionary) is not None else None
        read = refresh(lines, stored, most)
        if lines.is_file() and lines.read_bytes() != before:
            self._put(_LINES, lines.read_bytes())
        made = _packed(lines, named)
        if made != self._get(LEXICON):
            self._put(LEXICON, made)
        return read

    def _fetch(self, key: str, path: Path) -> bytes | None:
        data = self._get(key)
        path.unlink(missing_ok=True)
        if data is not None:
            path.write_bytes(data)
        return data

    def _get(self, key: str) -> bytes | None:
        try:
            found: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        return found

    def _put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data)


def _packed(lines: Path, dictionary: Path | None) -> bytes:
    try:
        made = packed(load(lines, dictionary))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        made = packed(load(lines))
    if len(made) > _MOST_BYTES:
        raise BadInput(f"{LEXICON}: {len(made):,} bytes are more than {_MOST_BYTES:,}; divide the documents")
    return made
