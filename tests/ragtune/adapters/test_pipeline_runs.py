"""Requests are of SageMaker's shape and replies are read: botocore's own stubs check both."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from ragtune.adapters.pipeline_runs import LOG_GROUP, PipelineRuns
from ragtune.errors import BadInput, Busy

ARN = "arn:aws:sagemaker:ap-northeast-2:123456789012:pipeline/ragtune-dev-model/execution/abcdefabcdef"
TOKEN = "0123456789abcdef" * 2
BEGUN = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Stubber]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    found = {
        name: Stubber(boto3.client(name, region_name="ap-northeast-2")) for name in ("sagemaker", "logs")
    }
    for stub in found.values():
        stub.activate()
    yield found
    for stub in found.values():
        stub.assert_no_pending_responses()


def runs(stubs: dict[str, Stubber]) -> PipelineRuns:
    clients: dict[str, Any] = {name: stub.client for name, stub in stubs.items()}
    return PipelineRuns("ragtune-dev-model", region="ap-northeast-2", clients=clients)


def test_an_execution_is_started_with_its_values_once(stubs: dict[str, Stubber]) -> None:
    expected = {
        "PipelineName": "ragtune-dev-model",
        "PipelineParameters": [{"Name": "Limit", "Value": "0"}, {"Name": "Preset", "Value": "kullm"}],
        "ClientRequestToken": TOKEN,
    }
    stubs["sagemaker"].add_response("start_pipeline_execution", {"PipelineExecutionArn": ARN}, expected)
    assert runs(stubs).start({"Preset": "kullm", "Limit": "0"}, token=TOKEN) == ARN


def test_steps_tell_seconds_reason_and_job(stubs: dict[str, Stubber]) -> None:
    job = "arn:aws:sagemaker:ap-northeast-2:123456789012:training-job/pipelines-abc-gate-xyz"
    reason = "ClientError: ragtune: the model is worse than the one in service: process: lost 0.40"
    stubs["sagemaker"].add_response(
        "list_pipeline_execution_steps",
        {
            "PipelineExecutionSteps": [
                {"StepName": "render", "StepStatus": "Succeeded", "StartTime": BEGUN,
                 "EndTime": BEGUN + timedelta(seconds=90)},
                {"StepName": "gate", "StepStatus": "Failed", "StartTime": BEGUN, "FailureReason": reason,
                 "Metadata": {"TrainingJob": {"Arn": job}}},
            ]
        },
        {"PipelineExecutionArn": ARN, "SortOrder": "Ascending"},
    )  # fmt: skip
    first, second = runs(stubs).steps(ARN)
    assert (first.name, first.state, first.seconds, first.job) == ("render", "Succeeded", 90.0, "")
    assert (second.job, second.reason, second.seconds) == ("pipelines-abc-gate-xyz", reason, 0.0)


def test_the_newest_executions_are_listed(stubs: dict[str, Stubber]) -> None:
    told = {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": "Executing"}
    stubs["sagemaker"].add_response("list_pipeline_executions", {"PipelineExecutionSummaries": [told]})
    assert runs(stubs).executions() == [(ARN, "Executing")]


def test_the_end_of_a_jobs_log_is_read(stubs: dict[str, Stubber]) -> None:
    stubs["logs"].add_response(
        "describe_log_streams",
        {"logStreams": [{"logStreamName": "job/algo-1-1"}]},
        {"logGroupName": LOG_GROUP, "logStreamNamePrefix": "job/", "limit": 1},
    )
    stubs["logs"].add_response("get_log_events", {"events": [{"message": '{"event":"step"}'}]})
    assert runs(stubs).log("job") == ['{"event":"step"}']
    stubs["logs"].add_response("describe_log_streams", {"logStreams": []})
    with pytest.raises(BadInput, match="other: has said nothing yet"):
        runs(stubs).log("other")


def test_what_sagemaker_refuses_is_one_sentence(stubs: dict[str, Stubber]) -> None:
    for code, kind in (("ResourceNotFound", BadInput), ("ThrottlingException", Busy)):
        stubs["sagemaker"].add_client_error("list_pipeline_executions", code, f"{code} happened.")
        with pytest.raises(kind, match=f"pipeline 'ragtune-dev-model': .*{code} happened"):
            runs(stubs).executions()


def test_what_a_job_left_is_named_once_it_is_there(stubs: dict[str, Stubber]) -> None:
    told: dict[str, Any] = {
        "TrainingJobName": "train-1",
        "TrainingJobArn": "arn:aws:sagemaker:ap-northeast-2:123456789012:training-job/train-1",
        "ModelArtifacts": {"S3ModelArtifacts": ""},
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "StoppingCondition": {},
        "CreationTime": BEGUN,
    }
    stubs["sagemaker"].add_response("describe_training_job", told, {"TrainingJobName": "train-1"})
    with pytest.raises(BadInput, match="train-1: has left nothing yet; it is InProgress"):
        runs(stubs).made("train-1")
    done = told | {"ModelArtifacts": {"S3ModelArtifacts": "s3://models/runs/1/"}}
    stubs["sagemaker"].add_response("describe_training_job", done, {"TrainingJobName": "train-1"})
    assert runs(stubs).made("train-1") == "s3://models/runs/1/"
