"""Events that failed for good are told with their reason, stay where they are, and go back when asked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ragtune.adapters.dead_letters import DeadLetters
from ragtune.adapters.page_records import PageRecords
from ragtune.deployment import load_deployment
from ragtune.errors import Busy

AWS = load_deployment(Path("config/dev.toml")).aws
EVENT = {"eventTime": "2026-11-22T01:00:03Z", "s3": {"object": {"key": "%EC%83%81%ED%92%88/giga+lite.html"}}}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        sqs, s3 = (boto3.client(each, region_name=AWS.region) for each in ("sqs", "s3"))
        for purpose in ("documents", "dead-letters"):
            sqs.create_queue(QueueName=f"{AWS.name}-{purpose}")
        place = {"LocationConstraint": AWS.region}
        s3.create_bucket(
            Bucket=f"{AWS.name}-state-123456789012-{AWS.region}", CreateBucketConfiguration=place
        )
        yield {"sqs": sqs, "s3": s3}


def send(account: dict[str, Any], body: str) -> str:
    url = account["sqs"].get_queue_url(QueueName=f"{AWS.name}-dead-letters")["QueueUrl"]
    sent: str = account["sqs"].send_message(QueueUrl=url, MessageBody=body)["MessageId"]
    return sent


def test_they_are_listed_with_the_last_reason_and_redriven(account: dict[str, Any]) -> None:
    known = send(account, json.dumps({"Records": [EVENT]}))
    send(account, "{no json")
    records = PageRecords(f"s3://{AWS.name}-state-123456789012-{AWS.region}", client=account["s3"])
    records.failed(known, "Busy: the index does not answer")
    letters = {one.keys: one for one in DeadLetters(AWS, clients=account).letters()}
    assert letters["상품/giga lite.html",].reason == "Busy: the index does not answer"
    assert letters["상품/giga lite.html",].at == "2026-11-22T01:00:03Z"
    assert "not noted" in letters[()].reason
    url = account["sqs"].get_queue_url(QueueName=f"{AWS.name}-dead-letters")["QueueUrl"]
    told = account["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert int(told["ApproximateNumberOfMessagesNotVisible"]) == 2  # hidden for a while, and still there


def test_redriven_they_are_in_the_documents_queue(account: dict[str, Any]) -> None:
    for number in range(12):
        send(account, json.dumps({"Records": [{**EVENT, "number": number}]}))
    assert DeadLetters(AWS, clients=account).redrive() == 12
    counts = {}
    for purpose in ("documents", "dead-letters"):
        url = account["sqs"].get_queue_url(QueueName=f"{AWS.name}-{purpose}")["QueueUrl"]
        told = account["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        counts[purpose] = int(told["ApproximateNumberOfMessages"])
    assert counts == {"documents": 12, "dead-letters": 0}


def test_where_nothing_is_deployed_it_says_so(account: dict[str, Any]) -> None:
    other = load_deployment(Path("config/prod.toml")).aws
    with pytest.raises(Busy, match="the dead letters of 'ragtune-prod' can't be read"):
        DeadLetters(other, clients=account).letters()
