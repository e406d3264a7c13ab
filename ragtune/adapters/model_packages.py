"""The tuned models of an account, by version, and which one serves: listed, promoted, taken back by people.

    models = ModelPackages(aws)
    models.versions()        # [Version(version=3, state="current", preset="kullm", …), …] the newest first
    models.promote(3)        # approves it, and the approval starts the state machine of promotions

Nothing is changed here but an approval: the state machine alone changes what serves.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ragtune.deployment import AwsSettings
from ragtune.errors import BadInput, Busy
from ragtune.promotion import NONE, Change, Names, Served, State, Version, read_served

_STATES: dict[str, State] = {"Approved": "approved", "Rejected": "rejected"}
_PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})
_ABSENT = ("ResourceNotFound", "StateMachineDoesNotExist", "ParameterNotFound", "ValidationException")


class ModelPackages:
    """promotion.Models of one deployment. `clients` are boto3's, by service; by default those with the
    credentials at hand.

    Raises BadInput for what is not there, and Busy where AWS refuses or does not answer.
    """

    def __init__(self, aws: AwsSettings, clients: Mapping[str, Any] | None = None) -> None:
        self._names, given = Names(name=aws.name), clients or {}
        self._sagemaker, self._ssm, self._states, self._sts = (
            given.get(service) or boto3.client(service, region_name=aws.region, config=_PATIENCE)
            for service in ("sagemaker", "ssm", "stepfunctions", "sts")
        )
        self._region = aws.region

    @property
    def name(self) -> str:
        """Of the package group."""
        return self._names.name

    def versions(self) -> list[Version]:
        """Every version, the newest first."""
        served = self._parameter(self._names.current)
        with self._answers():
            pages = self._sagemaker.get_paginator("list_model_packages").paginate(
                ModelPackageGroupName=self.name, SortBy="CreationTime", SortOrder="Descending"
            )
            found = [one for page in pages for one in page["ModelPackageSummaryList"]]
            return [self._version(one["ModelPackageArn"], served) for one in found]

    def last_change(self) -> Change | None:
        """Of what serves; None before the first."""
        with self._answers():
            found = self._states.list_executions(stateMachineArn=self._machine(), maxResults=1)["executions"]
        if not found:
            return None
        return Change(state=found[0]["status"], started=found[0]["startDate"].isoformat(timespec="seconds"))

    def promote(self, version: int | None = None) -> Version:
        """Approve a version, by default the newest: so it serves. Raises BadInput for a rejected one."""
        known = self.versions()
        chosen = known[:1] if version is None else [one for one in known if one.version == version]
        if not chosen:
            there = ", ".join(str(one.version) for one in known) or "none"
            raise BadInput(f"model {self.name!r}: has no version {version or 1}; there are {there}")
        (one,) = chosen
        if one.state == "rejected":
            raise BadInput(
                f"model {self.name!r}: version {one.version} was rejected; approve it in SageMaker"
            )
        if one.state == "candidate":
            with self._answers():
                self._sagemaker.update_model_package(
                    ModelPackageArn=one.arn,
                    ModelApprovalStatus="Approved",
                    ApprovalDescription="ragtune model promote",
                )
        else:
            self._start({"package": one.arn})
        return one

    def rollback(self) -> Served:
        """Let what served before serve again. Raises BadInput where nothing did."""
        before = self._parameter(self._names.previous)
        if before.package == NONE:
            raise BadInput(f"model {self.name!r}: no version served before this one; promote another one")
        self._start({"package": before.package})
        return before

    def serve(self, *, on: bool) -> Served:
        """Stop the endpoint, or start it again with the version that it had."""
        now = self._parameter(self._names.current)
        if now.package == NONE:
            raise BadInput(f"model {self.name!r}: nothing has served yet; promote a version")
        self._start({"serving": "yes" if on else "no"})
        return now

    def _start(self, asked: dict[str, str]) -> None:
        with self._answers():
            self._states.start_execution(stateMachineArn=self._machine(), input=json.dumps(asked))

    def _version(self, arn: str, served: Served) -> Version:
        told = self._sagemaker.describe_model_package(ModelPackageName=arn)
        state = _STATES.get(told["ModelApprovalStatus"], "candidate")
        if arn == served.package:
            state = "current" if served.serving else "stopped"
        return Version(
            name=self.name,
            version=told["ModelPackageVersion"],
            state=state,
            preset=told.get("CustomerMetadataProperties", {}).get("preset", ""),
            made_at=told["CreationTime"].isoformat(timespec="seconds"),
            arn=arn,
        )

    def _parameter(self, name: str) -> Served:
        try:
            with self._answers():
                return read_served(self._ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except BadInput:
            if name == self._names.current:  # pipelines without an endpoint: nothing serves
                return Served()
            raise

    def _machine(self) -> str:
        account = self._sts.get_caller_identity()["Account"]
        return f"arn:aws:states:{self._region}:{account}:stateMachine:{self._names.machine}"

    @contextmanager
    def _answers(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            told = error.response["Error"].get("Message", code).partition("\n")[0].rstrip(".")
            if code in _ABSENT:
                raise BadInput(f"model {self.name!r}: {told}; deploy it with [aws.model] first") from None
            raise Busy(f"model {self.name!r}: AWS refuses it ({told})") from None
        except BotoCoreError as error:
            told = str(error).partition("\n")[0].rstrip(".")
            raise Busy(f"model {self.name!r}: AWS does not answer ({told}); try again") from None
