"""Events that failed for good: what they were about, why, and how they are tried again.

    DeadLetters(aws).letters()   →   [Letter(id="m1", keys=("상품/giga.html",), at="2026-…", reason="…")]

The queue keeps the event; why it failed last, the function noted in the state's bucket (`page_records`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ragtune.adapters.page_records import PageRecords
from ragtune.deployment import AwsSettings
from ragtune.errors import Busy

_HIDDEN_S = 30  # from another look, while this one is going on
_AT_ONCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`keys` are objects of the documents' bucket; none where the message is not one of S3's."""

    id: str
    keys: tuple[str, ...]
    at: str
    reason: str


class DeadLetters:
    """Of one deployment, with the credentials at hand. Every call raises Busy when AWS refuses or is away."""

    def __init__(self, aws: AwsSettings, *, clients: dict[str, Any] | None = None) -> None:
        self._aws = aws
        given = clients or {}
        with self._answers():
            self._sqs = given.get("sqs") or boto3.client("sqs", region_name=aws.region)
            self._s3 = given.get("s3") or boto3.client("s3", region_name=aws.region)

    def letters(self, most: int = 100) -> list[Letter]:
        """At most so many, each once. They stay."""
        with self._answers():
            failures = self._records().failures()
            return [_letter(one, failures) for one in self._received(most, hidden_s=_HIDDEN_S)]

    def redrive(self) -> int:
        """Put each back into the documents' queue; how many. One that comes twice does no harm."""
        moved = 0
        with self._answers():
            source, target = self._url("dead-letters"), self._url("documents")
            for one in self._received(100_000, hidden_s=_HIDDEN_S):
                self._sqs.send_message(QueueUrl=target, MessageBody=one["Body"])
                self._sqs.delete_message(QueueUrl=source, ReceiptHandle=one["ReceiptHandle"])
                moved += 1
        return moved

    def _received(self, most: int, *, hidden_s: int) -> Iterator[dict[str, Any]]:
        url, seen = self._url("dead-letters"), set[str]()
        while len(seen) < most:
            told = self._sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=min(_AT_ONCE, most - len(seen)), VisibilityTimeout=hidden_s,
                WaitTimeSeconds=1,
            )  # fmt: skip
            new = [one for one in told.get("Messages", ()) if one["MessageId"] not in seen]
            if not new:
                return
            seen.update(one["MessageId"] for one in new)
            yield from new

    def _url(self, purpose: str) -> str:
        url: str = self._sqs.get_queue_url(QueueName=f"{self._aws.name}-{purpose}")["QueueUrl"]
        return url

    def _records(self) -> PageRecords:
        account = self._url("dead-letters").rsplit("/", 2)[1]
        bucket = f"{self._aws.name}-state-{account}-{self._aws.region}"
        return PageRecords(f"s3://{bucket}", client=self._s3)

    @contextmanager
    def _answers(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            told = str(error).splitlines()[0].rstrip(".")
            raise Busy(f"the dead letters of {self._aws.name!r} can't be read ({told})") from None


def _letter(message: dict[str, Any], failures: dict[str, str]) -> Letter:
    try:
        events = json.loads(message["Body"])["Records"]
        keys = tuple(unquote_plus(one["s3"]["object"]["key"]) for one in events)
        at = str(events[0]["eventTime"])
    except (ValueError, KeyError, TypeError, IndexError):
        keys, at = (), ""
    reason = failures.get(message["MessageId"], "not noted; see the function's log")
    return Letter(id=message["MessageId"], keys=keys, at=at, reason=reason)
