"""The bulk load as people see it; botocore checks every call and every answer against the service's model."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from ragtune.adapters.bulk_load import BulkLoad, Progress
from ragtune.adapters.page_records import PageRecords
from ragtune.deployment import load_deployment
from ragtune.errors import BadInput, Busy
from ragtune.ingestion import IngestReport, SetAside

ACCOUNT = "123456789012"  # moto's
MACHINE = f"arn:aws:states:ap-northeast-2:{ACCOUNT}:stateMachine:ragtune-dev-bulk"
RUN = f"arn:aws:states:ap-northeast-2:{ACCOUNT}:execution:ragtune-dev-bulk:run-1"
MAP = f"arn:aws:states:ap-northeast-2:{ACCOUNT}:mapRun:ragtune-dev-bulk/Pages:map-1"
AT = datetime(2026, 11, 22, 1, tzinfo=UTC)
COUNTS = {"pending": 2, "running": 1, "succeeded": 5, "failed": 1, "timedOut": 1, "aborted": 0}
TOTALS = {"total": 10, "resultsWritten": 5}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkLoad]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield BulkLoad(load_deployment(Path("config/dev.toml")).aws)


@pytest.fixture
def states(load: BulkLoad) -> Iterator[Stubber]:
    with Stubber(load._states) as stub:
        yield stub
        stub.assert_no_pending_responses()


def lists(states: Stubber, *runs: str, state: str = "") -> None:
    found = [
        {"executionArn": RUN, "stateMachineArn": MACHINE, "name": "run-1", "status": each, "startDate": AT}
        for each in runs
    ]
    asked: dict[str, Any] = {"stateMachineArn": MACHINE, "maxResults": 1}
    states.add_response(
        "list_executions", {"executions": found}, asked | ({"statusFilter": state} if state else {})
    )


def test_it_is_started_once(load: BulkLoad, states: Stubber) -> None:
    lists(states, state="RUNNING")
    states.add_response(
        "start_execution", {"executionArn": RUN, "startDate": AT}, {"stateMachineArn": MACHINE}
    )
    assert load.start() == "run-1"
    lists(states, "RUNNING", state="RUNNING")
    with pytest.raises(BadInput, match="a bulk load is running"):
        load.start()


def test_it_goes_by_an_inventory_of_the_bucket(load: BulkLoad, states: Stubber) -> None:
    client = boto3.client("s3", region_name="ap-northeast-2")
    bucket = f"ragtune-dev-state-{ACCOUNT}-ap-northeast-2"
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    lists(states, state="RUNNING")
    with pytest.raises(BadInput, match="has no inventory yet"):
        load.start("latest")
    folder = f"inventory/ragtune-dev-documents-{ACCOUNT}-ap-northeast-2/documents"
    newest = f"{folder}/2026-11-22T01-00Z/manifest.json"
    for key in (newest, f"{folder}/2026-11-21T01-00Z/manifest.json", f"{folder}/data/x.csv.gz"):
        client.put_object(Bucket=bucket, Key=key, Body=b"{}")
    for asked, manifest in (("latest", newest), ("x/manifest.json", "x/manifest.json")):
        lists(states, state="RUNNING")
        states.add_response(
            "start_execution",
            {"executionArn": RUN, "startDate": AT},
            {"stateMachineArn": MACHINE, "input": f'{{"inventory": "{manifest}"}}'},
        )
        assert load.start(asked) == "run-1"


def test_its_progress_is_told(load: BulkLoad, states: Stubber) -> None:
    lists(states, "RUNNING")
    run = {"executionArn": RUN, "mapRunArn": MAP, "stateMachineArn": MACHINE, "startDate": AT}
    states.add_response("list_map_runs", {"mapRuns": [run]}, {"executionArn": RUN})
    counts = COUNTS | TOTALS
    described = {
        "mapRunArn": MAP,
        "executionArn": RUN,
        "status": "RUNNING",
        "startDate": AT,
        "maxConcurrency": 2,
        "toleratedFailurePercentage": 5.0,
        "toleratedFailureCount": 0,
        "itemCounts": counts,
        "executionCounts": counts,
    }
    states.add_response("describe_map_run", described, {"mapRunArn": MAP})
    assert load.status() == Progress(
        state="RUNNING",
        started="2026-11-22T01:00:00+00:00",
        batches=10,
        done=5,
        failed=2,
        waiting=2,
        running=1,
    )


def test_before_the_first_one_there_is_none(load: BulkLoad, states: Stubber) -> None:
    lists(states)
    assert load.status() == Progress(state="none")


def test_what_is_not_deployed_is_said(load: BulkLoad, states: Stubber) -> None:
    states.add_client_error("list_executions", "StateMachineDoesNotExist")
    with pytest.raises(BadInput, match="is not there; deploy ragtune-dev first"):
        load.status()
    states.add_client_error("list_executions", "AccessDeniedException")
    with pytest.raises(Busy, match="Step Functions refuses it"):
        load.status()


def test_pages_in_trouble_are_named(load: BulkLoad) -> None:
    client = boto3.client("s3", region_name="ap-northeast-2")
    bucket = f"ragtune-dev-state-{ACCOUNT}-ap-northeast-2"
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    aside = (SetAside(uri="s3://d/a.html", reason="s3://d/a.html is empty"),)
    PageRecords(f"s3://{bucket}", client=client).update(
        IngestReport(pages=1, read=0, unchanged=0, set_aside=aside)
    )
    assert load.troubles()["s3://d/a.html"].reason == "s3://d/a.html is empty"
