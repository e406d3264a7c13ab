"""Requests are of AWS's shape and replies are read: botocore's own stubs check both."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ragtune.adapters.model_packages import ModelPackages
from ragtune.deployment import load_deployment
from ragtune.errors import BadInput, Busy
from ragtune.promotion import Served

AWS = load_deployment(Path("config/prod-model.toml")).aws
ACCOUNT = "123456789012"
MACHINE = f"arn:aws:states:ap-northeast-2:{ACCOUNT}:stateMachine:ragtune-prod-promotion"
CURRENT, PREVIOUS = "/ragtune/ragtune-prod/model/current", "/ragtune/ragtune-prod/model/previous"
MADE = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
WHO = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:role/operator", "UserId": "u"}
SERVICES = ("sagemaker", "ssm", "stepfunctions", "sts")


def arn(version: int) -> str:
    return f"arn:aws:sagemaker:ap-northeast-2:{ACCOUNT}:model-package/ragtune-prod/{version}"


def served(version: int, *, serving: bool = True) -> str:
    return Served(package=arn(version), weights=f"s3://m/runs/{version}/", serving=serving).text


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    found = {name: Stubber(boto3.client(name, region_name=AWS.region)) for name in SERVICES}
    for stub in found.values():
        stub.activate()
    yield found
    for stub in found.values():
        stub.assert_no_pending_responses()


def models(stubs: dict[str, Stubber]) -> ModelPackages:
    clients: dict[str, Any] = {name: stub.client for name, stub in stubs.items()}
    return ModelPackages(AWS, clients)


def parameter(stubs: dict[str, Stubber], name: str, value: str) -> None:
    stubs["ssm"].add_response("get_parameter", {"Parameter": {"Value": value}}, {"Name": name})


def packages(stubs: dict[str, Stubber], **approvals: str) -> None:
    """The account has these versions: v3="Approved"; the first named is the newest."""
    numbers = {int(name[1:]): approval for name, approval in approvals.items()}
    summaries = [
        {
            "ModelPackageGroupName": "ragtune-prod",
            "ModelPackageArn": arn(number),
            "CreationTime": MADE,
            "ModelPackageStatus": "Completed",
        }
        for number in numbers
    ]
    wanted = {"ModelPackageGroupName": "ragtune-prod", "SortBy": "CreationTime", "SortOrder": "Descending"}
    stubs["sagemaker"].add_response("list_model_packages", {"ModelPackageSummaryList": summaries}, wanted)
    for number, approval in numbers.items():
        told = {
            "ModelPackageName": "ragtune-prod",
            "ModelPackageVersion": number,
            "ModelPackageArn": arn(number),
            "CreationTime": MADE,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "ModelApprovalStatus": approval,
            "CustomerMetadataProperties": {"preset": "kullm"},
        }
        stubs["sagemaker"].add_response("describe_model_package", told, {"ModelPackageName": arn(number)})


def started(stubs: dict[str, Stubber], asked: dict[str, str]) -> None:
    """The state machine is started with that."""
    stubs["sts"].add_response("get_caller_identity", WHO, {})
    stubs["stepfunctions"].add_response(
        "start_execution",
        {"executionArn": f"{MACHINE}:1", "startDate": MADE},
        {"stateMachineArn": MACHINE, "input": json.dumps(asked)},
    )


def test_versions_tell_their_state(stubs: dict[str, Stubber]) -> None:
    parameter(stubs, CURRENT, served(2))
    packages(stubs, v3="PendingManualApproval", v2="Approved", v1="Rejected")
    found = models(stubs).versions()
    assert [(one.version, one.state) for one in found] == [(3, "candidate"), (2, "current"), (1, "rejected")]
    assert (found[0].preset, found[0].made_at) == ("kullm", "2026-11-26T09:00:00+00:00")


def test_what_is_stopped_is_told(stubs: dict[str, Stubber]) -> None:
    parameter(stubs, CURRENT, served(2, serving=False))
    packages(stubs, v2="Approved")
    assert models(stubs).versions()[0].state == "stopped"


def test_pipelines_without_an_endpoint_have_versions(stubs: dict[str, Stubber]) -> None:
    stubs["ssm"].add_client_error("get_parameter", "ParameterNotFound")
    packages(stubs, v1="PendingManualApproval")
    assert [one.state for one in models(stubs).versions()] == ["candidate"]


def test_a_candidate_is_approved_and_that_starts_the_change(stubs: dict[str, Stubber]) -> None:
    parameter(stubs, CURRENT, Served().text)
    packages(stubs, v2="PendingManualApproval", v1="Approved")
    wanted = {
        "ModelPackageArn": arn(2),
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "ragtune model promote",
    }
    stubs["sagemaker"].add_response("update_model_package", {"ModelPackageArn": arn(2)}, wanted)
    assert models(stubs).promote().version == 2


def test_what_was_approved_before_is_started_itself(stubs: dict[str, Stubber]) -> None:
    """Approving it again would be no event."""
    parameter(stubs, CURRENT, served(2))
    packages(stubs, v2="Approved", v1="Approved")
    started(stubs, {"package": arn(1)})
    assert models(stubs).promote(1).version == 1


def test_what_was_rejected_or_is_not_there_is_refused(stubs: dict[str, Stubber]) -> None:
    for asked, reason in ((1, "version 1 was rejected"), (7, "has no version 7; there are 2, 1")):
        parameter(stubs, CURRENT, served(2))
        packages(stubs, v2="Approved", v1="Rejected")
        with pytest.raises(BadInput, match=reason):
            models(stubs).promote(asked)


def test_rollback_names_what_served_before(stubs: dict[str, Stubber]) -> None:
    parameter(stubs, PREVIOUS, served(1))
    started(stubs, {"package": arn(1)})
    assert models(stubs).rollback().version == 1
    parameter(stubs, PREVIOUS, Served().text)
    with pytest.raises(BadInput, match="no version served before this one"):
        models(stubs).rollback()


@pytest.mark.parametrize(("on", "word"), [(True, "yes"), (False, "no")])
def test_the_endpoint_is_stopped_and_started(on: bool, word: str, stubs: dict[str, Stubber]) -> None:
    parameter(stubs, CURRENT, served(2))
    started(stubs, {"serving": word})
    assert models(stubs).serve(on=on).version == 2
    parameter(stubs, CURRENT, Served().text)
    with pytest.raises(BadInput, match="nothing has served yet"):
        models(stubs).serve(on=on)


def test_the_last_change_is_told(stubs: dict[str, Stubber]) -> None:
    run = {
        "executionArn": f"{MACHINE}:1",
        "stateMachineArn": MACHINE,
        "name": "1",
        "status": "FAILED",
        "startDate": MADE,
    }
    for runs in ([run], []):
        stubs["sts"].add_response("get_caller_identity", WHO, {})
        wanted = {"stateMachineArn": MACHINE, "maxResults": 1}
        stubs["stepfunctions"].add_response("list_executions", {"executions": runs}, wanted)
    change = models(stubs).last_change()
    assert change
    assert (change.state, change.started) == ("FAILED", "2026-11-26T09:00:00+00:00")
    assert models(stubs).last_change() is None


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        ("ParameterNotFound", BadInput, "deploy it with"),
        ("AccessDeniedException", Busy, "AWS refuses it"),
    ],
)
def test_what_aws_says_no_to_is_one_sentence(
    code: str, error: type[Exception], reason: str, stubs: dict[str, Stubber]
) -> None:
    stubs["ssm"].add_client_error("get_parameter", code, "no")
    with pytest.raises(error, match=reason):
        models(stubs).rollback()


def test_a_parameter_that_somebody_spoilt_is_told(stubs: dict[str, Stubber]) -> None:
    parameter(stubs, PREVIOUS, "garbage")
    with pytest.raises(BadInput, match="holds 'garbage'"):
        models(stubs).rollback()
