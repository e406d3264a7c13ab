"""The bulk load of a deployment, for people: started, and how far it is.

BulkLoad(aws).status()
# Progress(state="RUNNING", batches=1200, done=431, failed=0, waiting=765, running=4, started="2026-11-22T…")
"""

import json
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ragtune.adapters.page_records import PageRecords
from ragtune.adapters.set_aside import Trouble
from ragtune.deployment import AwsSettings
from ragtune.errors import BadInput, Busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Of the last load, in batches of pages; all zero before it has listed them."""

    state: str  # none, RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED
    started: str = ""
    ended: str = ""
    batches: int = 0
    done: int = 0
    failed: int = 0
    waiting: int = 0
    running: int = 0
    cause: str = ""


class BulkLoad:
    """Of one deployment, with the credentials at hand. Raises BadInput where it is not deployed, or Busy."""

    def __init__(self, aws: AwsSettings) -> None:
        self._aws = aws
        try:
            self._account = boto3.client("sts", region_name=aws.region).get_caller_identity()["Account"]
            self._states = boto3.client("stepfunctions", region_name=aws.region)
        except (BotoCoreError, ClientError) as error:
            raise Busy(f"AWS does not answer ({error}); look at your credentials") from None
        self._state = f"{aws.name}-state-{self._account}-{aws.region}"
        self._machine = f"arn:aws:states:{aws.region}:{self._account}:stateMachine:{aws.name}-bulk"

    def start(self, inventory: str = "") -> str:
        """The name of the run that was started: of what the bucket lists now, or what its `inventory` lists,
        the key of a manifest.json or "latest". Raises BadInput while one is running."""
        if self._runs("RUNNING"):
            raise BadInput("a bulk load is running; wait for it, or stop it in Step Functions")
        manifest = self._latest_inventory() if inventory == "latest" else inventory
        told = {"input": json.dumps({"inventory": manifest})} if manifest else {}
        arn: str = self._ask("start_execution", stateMachineArn=self._machine, **told)["executionArn"]
        return arn.rpartition(":")[2]

    def _latest_inventory(self) -> str:
        """The manifest's key; its folder's name is its time."""
        documents = f"{self._aws.name}-documents-{self._account}-{self._aws.region}"
        asked = {"Bucket": self._state, "Prefix": f"inventory/{documents}/documents/"}
        try:
            pages = boto3.client("s3", region_name=self._aws.region).get_paginator("list_objects_v2")
            keys = [each["Key"] for page in pages.paginate(**asked) for each in page.get("Contents", ())]
        except (BotoCoreError, ClientError) as error:
            raise Busy(f"s3://{self._state} can't be listed ({error})") from None
        made = [key for key in keys if key.endswith("/manifest.json")]
        if not made:
            raise BadInput(f"s3://{self._state} has no inventory yet; S3 makes the first within two days")
        newest: str = max(made)
        return newest

    def status(self) -> Progress:
        """How far the last one is."""
        runs = self._runs()
        if not runs:
            return Progress(state="none")
        run = runs[0]
        ended = run.get("stopDate")
        known = {"state": run["status"], "started": run["startDate"].isoformat(timespec="seconds")}
        known |= {"ended": ended.isoformat(timespec="seconds")} if ended else {}
        maps = self._ask("list_map_runs", executionArn=run["executionArn"])["mapRuns"]
        if not maps:
            return Progress(**known)
        found = self._ask("describe_map_run", mapRunArn=maps[0]["mapRunArn"])["executionCounts"]
        return Progress(
            **known,
            batches=found["total"],
            done=found["succeeded"],
            failed=found["failed"] + found["timedOut"] + found["aborted"],
            waiting=found["pending"],
            running=found["running"],
        )

    def troubles(self) -> dict[str, Trouble]:
        """Pages that are set aside or not read as a whole, by URI."""
        client = boto3.client("s3", region_name=self._aws.region)
        try:
            return PageRecords(f"s3://{self._state}", client=client).troubles()
        except (BotoCoreError, ClientError) as error:
            raise Busy(f"s3://{self._state} can't be read ({error})") from None

    def _runs(self, state: str = "") -> list[dict[str, Any]]:
        wanted = {"statusFilter": state} if state else {}
        found = self._ask("list_executions", stateMachineArn=self._machine, maxResults=1, **wanted)
        runs: list[dict[str, Any]] = found["executions"]
        return runs

    def _ask(self, call: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._states, call)(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] == "StateMachineDoesNotExist":
                raise BadInput(f"{self._machine} is not there; deploy {self._aws.name} first") from None
            raise Busy(f"Step Functions refuses it ({error})") from None
        except BotoCoreError as error:
            raise Busy(f"Step Functions does not answer ({error})") from None
        return answer
