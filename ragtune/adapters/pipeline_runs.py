"""Executions of a deployed pipeline: start one, follow its steps, read what they said.

    runs = PipelineRuns("ragtune-prod-model", region="ap-northeast-2")
    runs.start({"Preset": "kullm", …})      # arn:aws:sagemaker:…:pipeline/…/execution/abcd1234
    runs.steps(execution)                   # [RunStep(name="train", state="Failed", reason="ragtune: …")]

The pipeline and its role belong to a stack; this only triggers and looks.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ragtune.errors import BadInput, Busy
from ragtune.pipelines import RunStep

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})


class PipelineRuns:
    """`clients` are boto3's, by service; by default those with the credentials at hand."""

    def __init__(self, pipeline: str, *, region: str, clients: Mapping[str, Any] | None = None) -> None:
        self._pipeline = pipeline
        given = clients or {}
        self._sagemaker = given.get("sagemaker") or boto3.client("sagemaker", region, config=_PATIENCE)
        self._logs = given.get("logs") or boto3.client("logs", region, config=_PATIENCE)

    def start(self, values: Mapping[str, str], *, token: str) -> str:
        """Start an execution; returns its ARN. The same `token` (32 to 128 characters) starts no second one.

        Raises BadInput for a value that the pipeline does not have.
        """
        with self._answers():
            started = self._sagemaker.start_pipeline_execution(
                PipelineName=self._pipeline,
                PipelineParameters=[{"Name": name, "Value": value} for name, value in sorted(values.items())],
                ClientRequestToken=token,
            )
        return str(started["PipelineExecutionArn"])

    def executions(self, most: int = 10) -> list[tuple[str, str]]:
        """(ARN, state) of the newest."""
        with self._answers():
            found = self._sagemaker.list_pipeline_executions(
                PipelineName=self._pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=most
            )
        return [
            (one["PipelineExecutionArn"], one["PipelineExecutionStatus"])
            for one in found["PipelineExecutionSummaries"]
        ]

    def steps(self, execution: str) -> list[RunStep]:
        """In the order in which they began."""
        with self._answers():
            found = self._sagemaker.list_pipeline_execution_steps(
                PipelineExecutionArn=execution, SortOrder="Ascending"
            )
        return [_step(one) for one in found["PipelineExecutionSteps"]]

    def made(self, job: str) -> str:
        """The folder in S3, s3://…, that a job left for others. Raises BadInput while there is none."""
        with self._answers():
            told = self._sagemaker.describe_training_job(TrainingJobName=job)
        found = told.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
        if not found:
            raise BadInput(f"{job}: has left nothing yet; it is {told.get('TrainingJobStatus', 'unknown')}")
        return str(found)

    def log(self, job: str, most: int = 100) -> list[str]:
        """The last lines that a training job said. Raises BadInput when it has said nothing yet."""
        with self._answers():
            streams = self._logs.describe_log_streams(
                logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job}/", limit=1
            )["logStreams"]
            if not streams:
                raise BadInput(f"{job}: has said nothing yet; look at the step's state")
            events = self._logs.get_log_events(
                logGroupName=LOG_GROUP,
                logStreamName=streams[0]["logStreamName"],
                limit=most,
                startFromHead=False,
            )["events"]
        return [str(one["message"]) for one in events]

    @contextmanager
    def _answers(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            told = error.response["Error"].get("Message", code).splitlines()[0].rstrip(".")
            if code in ("ResourceNotFound", "ResourceNotFoundException", "ValidationException"):
                raise BadInput(f"pipeline {self._pipeline!r}: {told}") from None
            raise Busy(f"pipeline {self._pipeline!r}: SageMaker refuses it ({told})") from None
        except BotoCoreError as error:
            told = str(error).splitlines()[0].rstrip(".")
            raise Busy(
                f"pipeline {self._pipeline!r}: SageMaker does not answer ({told}); try again"
            ) from None


def _step(told: Mapping[str, Any]) -> RunStep:
    begun, ended = told.get("StartTime"), told.get("EndTime")
    job = told.get("Metadata", {}).get("TrainingJob", {}).get("Arn", "")
    return RunStep(
        name=told["StepName"],
        state=told["StepStatus"],
        seconds=(ended - begun).total_seconds() if begun and ended else 0.0,
        reason=told.get("FailureReason", ""),
        job=job.rpartition("/")[2],
    )
