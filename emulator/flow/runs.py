"""Pipelines and changes of the model that serves: started, followed, told.

run = runs.start(stage, "data", Documents="data/manuals/", …)
runs.ended(stage, run, "Succeeded")
runs.changed(stage, {"package": "arn:…"})
"""

import json
import time
from typing import Any

from emulator.cloud import ACCOUNT
from emulator.stage import Stage, require

PIPELINE_S = 900.0
CHANGE_S = 240.0
Steps = list[dict[str, Any]]  # as ListPipelineExecutionSteps has them


def start(stage: Stage, kind: str, *, whole: dict[str, str] | None = None, **under: str) -> str:
    """The ARN of a run of a pipeline; `under` are keys of the models' bucket, `whole` values as they are."""
    models = f"s3://{stage.bucket('models')}"
    given = {name: f"{models}/{path}" for name, path in under.items()}
    given |= {"Code": stage.notes["code"], "Wheels": f"{models}/data/wheels/", **(whole or {})}
    started = stage.models.start_pipeline_execution(
        PipelineName=f"{stage.name}-{kind}",
        PipelineParameters=[{"Name": name, "Value": value} for name, value in given.items()],
        ClientRequestToken=f"rehearsal-{time.time_ns():032d}",
    )
    return str(started["PipelineExecutionArn"])


def start_model(stage: Stage, share: str, **more: str) -> str:
    """A run of the model pipeline on what the data pipeline made."""
    given = {"Questions": "data/questions/", "Config": "data/config/", "Reference": "data/nothing/"}
    whole = {"Instructions": stage.notes["screen"], "Index": stage.notes["prepare"],
             "Model": stage.notes["base"],
             "Recipe": f"s3://{stage.bucket('models')}/data/recipe/"}  # fmt: skip
    values = {"Preset": "sample", "Share": share, "Limit": "4", "DigestInstructions": "", **more}
    return start(stage, "model", whole=whole | values, **given)


def steps(stage: Stage, run: str) -> Steps:
    """Those that began, in their order."""
    found = stage.models.list_pipeline_execution_steps(PipelineExecutionArn=run, SortOrder="Ascending")
    return list(found["PipelineExecutionSteps"])


def over(stage: Stage, run: str, name: str = "") -> Steps:
    """The steps, once the run, or its step of that name, has ended."""

    def ended() -> bool:
        first = next((one for one in steps(stage, run) if one["StepName"] == name), {})
        return "EndTime" in first or _status(stage, run) != "Executing"

    stage.until(ended, "the pipeline ends", PIPELINE_S)
    return steps(stage, run)


def ended(stage: Stage, run: str, wanted: str) -> Steps:
    """The steps of a run that ended so. Raises Unexpected."""
    found = over(stage, run)
    require(_status(stage, run) == wanted, f"the pipeline {wanted}", seen=told(found))
    return found


def job(stage: Stage, run: str, name: str) -> str:
    """The training job of a step; "" until it has one."""
    found = next((one for one in steps(stage, run) if one["StepName"] == name), {})
    arn = found.get("Metadata", {}).get("TrainingJob", {}).get("Arn", "")
    return str(arn).rpartition("/")[2]


def made(stage: Stage, run: str, name: str) -> str:
    """Where what a step made lies."""
    found = stage.models.describe_training_job(TrainingJobName=job(stage, run, name))
    return f"{found['ModelArtifacts']['S3ModelArtifacts']}/"


def told(found: Steps) -> str:
    """prepare 12 s → instructions 30 s (…)"""

    def took(one: dict[str, Any]) -> str:
        seconds = (one["EndTime"] - one["StartTime"]).total_seconds() if "EndTime" in one else 0
        reason = f" ({one['FailureReason'][:200]})" if one.get("FailureReason") else ""
        return f"{one['StepName']} {seconds:.0f} s{reason}"

    return " → ".join(took(one) for one in found)


def packages(stage: Stage) -> list[dict[str, Any]]:
    """Every version of the model, the newest first."""
    return list(stage.models.list_model_packages(ModelPackageGroupName=stage.name)["ModelPackageSummaryList"])


def change(stage: Stage, asked: dict[str, str]) -> dict[str, Any]:
    """What the state machine says, once it has ended, to {"package": …} or {"serving": …}."""
    machine = f"arn:aws:states:{stage.cloud.region}:{ACCOUNT}:stateMachine:{stage.name}-promotion"
    states = stage.cloud.client("stepfunctions")
    run = states.start_execution(stateMachineArn=machine, input=json.dumps(asked))["executionArn"]

    def state() -> dict[str, Any]:
        return dict(states.describe_execution(executionArn=run))

    stage.until(lambda: state()["status"] != "RUNNING", "the change ends", CHANGE_S)
    return state()


def changed(stage: Stage, asked: dict[str, str]) -> None:
    """As `change`. Raises Unexpected when it did not succeed."""
    found = change(stage, asked)
    require(found["status"] == "SUCCEEDED", "the change succeeds", seen=found)


def served(stage: Stage) -> str:
    """The package that the endpoint's stack says it serves; "" while it changes."""
    found = stage.cloud.client("cloudformation").describe_stacks(StackName=f"{stage.name}-model")["Stacks"][0]
    if found["StackStatus"].endswith("_IN_PROGRESS"):
        return ""
    return str(found["Outputs"][0]["OutputValue"].partition(",")[0])


def _status(stage: Stage, run: str) -> str:
    return str(stage.models.describe_pipeline_execution(PipelineExecutionArn=run)["PipelineExecutionStatus"])
