"""The definition is deterministic, isolated in every job, complete, and of the shape that SageMaker takes."""

import json
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from ragtune.pipeline_definition import PLACEHOLDERS, Compute, Placement, definition, job, to_text
from ragtune.pipelines import Pipeline, data_pipeline, model_pipeline

PLACEMENT = Placement(
    name="ragtune-prod",
    role="arn:aws:iam::123456789012:role/ragtune-prod-training",
    image="123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/training@sha256:" + "0" * 64,
    bucket="ragtune-prod-models",
    key="arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    subnets=("subnet-0123456789abcdef0",),
    security_groups=("sg-0123456789abcdef0",),
    serving_image="123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/lmi@sha256:" + "1" * 64,
    package_group="ragtune-prod",
)
PIPELINES = {
    "data": data_pipeline(),
    "taught": data_pipeline("weights"),
    "adapter": model_pipeline(merged=False),
    "merged": model_pipeline(merged=True),
}
SERVICE = botocore.session.get_session().get_service_model("sagemaker")


def resolved(value: Any) -> Any:
    """As SageMaker fills it in: what a step made is a folder in S3, a parameter a text."""
    if isinstance(value, dict):
        if value.keys() == {"Get"}:
            return "s3://bucket/made" if value["Get"].startswith("Steps.") else "s3://bucket/given"
        if value.keys() == {"Std:Join"}:
            joined = value["Std:Join"]
            return str(joined["On"]).join("x" if isinstance(one, dict) else one for one in joined["Values"])
        return {key: resolved(item) for key, item in value.items()}
    return [resolved(item) for item in value] if isinstance(value, list) else value


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["Get"]] if value.keys() == {"Get"} else []
        return own + [name for item in value.values() for name in references(item)]
    return [name for item in value for name in references(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES.keys())
def test_every_request_is_of_botocores_shape(pipeline: Pipeline) -> None:
    shapes = {"Training": "CreateTrainingJobRequest", "RegisterModel": "CreateModelPackageInput"}
    for step in definition(pipeline, PLACEMENT)["Steps"]:
        request = resolved(step["Arguments"])
        if step["Type"] == "Training":
            request["TrainingJobName"] = step["Name"]  # SageMaker names the jobs of a pipeline itself
        report = ParamValidator().validate(request, SERVICE.shape_for(shapes[step["Type"]]))
        assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES.keys())
def test_every_job_is_isolated_encrypted_and_in_the_network(pipeline: Pipeline) -> None:
    jobs = [
        step["Arguments"] for step in definition(pipeline, PLACEMENT)["Steps"] if step["Type"] == "Training"
    ]
    assert len(jobs) >= 4
    for request in jobs:
        assert request["EnableNetworkIsolation"] is True
        assert request["EnableInterContainerTrafficEncryption"] is True
        assert request["VpcConfig"] == {
            "Subnets": list(PLACEMENT.subnets),
            "SecurityGroupIds": ["sg-0123456789abcdef0"],
        }
        assert request["OutputDataConfig"]["KmsKeyId"] == PLACEMENT.key
        # SageMaker refuses a key for the disks of an instance with cards, whose hardware encrypts them.
        disk, cards = request["ResourceConfig"], PLACEMENT.gpu.instance
        assert disk.get("VolumeKmsKeyId", "") == ("" if disk["InstanceType"] == cards else PLACEMENT.key)
        channels = {one["ChannelName"] for one in request["InputDataConfig"]}
        assert {"code", "wheels"} <= channels
        named = {
            name.removeprefix("SM_CHANNEL_").lower()
            for name in request["Environment"]
            if "SM_CHANNEL" in name
        }
        assert named == channels
        assert len(channels) <= 20  # SageMaker's limit


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES.keys())
def test_what_is_referred_to_exists_and_comes_before(pipeline: Pipeline) -> None:
    made = definition(pipeline, PLACEMENT)
    parameters = {one["Name"] for one in made["Parameters"]}
    assert len(parameters) == len(made["Parameters"])
    before: set[str] = set()
    used: set[str] = set()
    for step in made["Steps"]:
        for name in references(step["Arguments"]):
            kind, _, rest = name.partition(".")
            if kind == "Parameters":
                assert rest in parameters
                used.add(rest)
            elif kind == "Steps":
                assert rest.split(".")[0] in before
        before.add(step["Name"])
    assert used == parameters


def test_only_the_tuning_is_on_spot_with_checkpoints() -> None:
    steps = definition(PIPELINES["merged"], PLACEMENT)["Steps"]
    spot = {
        one["Name"]: one["Arguments"] for one in steps if one["Arguments"].get("EnableManagedSpotTraining")
    }
    assert list(spot) == ["train"]
    condition = spot["train"]["StoppingCondition"]
    assert condition["MaxWaitTimeInSeconds"] > condition["MaxRuntimeInSeconds"]
    assert resolved(spot["train"]["CheckpointConfig"]["S3Uri"]).endswith("/checkpoints/train")
    assert spot["train"]["Environment"]["SM_CHECKPOINT_DIR"] == "/opt/ml/checkpoints"
    asked_for = definition(PIPELINES["merged"], replace(PLACEMENT, spot=False))["Steps"]
    assert not any(one["Arguments"].get("EnableManagedSpotTraining") for one in asked_for)


def test_a_teacher_is_a_channel_of_an_isolated_job_on_a_card() -> None:
    steps = {one["Name"]: one["Arguments"] for one in definition(PIPELINES["taught"], PLACEMENT)["Steps"]}
    derive = steps["derive"]
    assert "teacher" in {one["ChannelName"] for one in derive["InputDataConfig"]}
    assert derive["ResourceConfig"]["InstanceType"] == PLACEMENT.gpu.instance
    assert resolved(derive["CheckpointConfig"]["S3Uri"]).endswith("/checkpoints/derive")  # its journal
    assert derive["Environment"]["SM_HP_TEACHER_PRESET"] == {"Get": "Parameters.TeacherPreset"}
    assert not any("URL" in name for name in derive["Environment"])
    plain = definition(PIPELINES["data"], PLACEMENT)["Steps"][1]["Arguments"]
    assert plain["ResourceConfig"]["InstanceType"] == PLACEMENT.cpu.instance


def test_only_the_tuning_is_shared_among_hosts() -> None:
    several = replace(PLACEMENT, gpu=Compute(instance="ml.p4d.24xlarge", hosts=2))
    counts = {
        one["Name"]: one["Arguments"]["ResourceConfig"]["InstanceCount"]
        for one in definition(PIPELINES["merged"], several)["Steps"]
        if one["Type"] == "Training"
    }
    assert counts == {"render": 1, "train": 2, "merge": 1, "evaluate": 1, "gate": 1}


def test_the_gate_stands_between_evaluation_and_registry() -> None:
    steps = {one["Name"]: one for one in definition(PIPELINES["merged"], PLACEMENT)["Steps"]}
    assert list(steps) == ["render", "train", "merge", "evaluate", "gate", "register"]
    package = steps["register"]["Arguments"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert "Steps.merge.ModelArtifacts.S3ModelArtifacts" in references(package)
    assert "merge" not in [one["Name"] for one in definition(PIPELINES["adapter"], PLACEMENT)["Steps"]]
    # Nothing of the gate is read by the registry's step, so its order must be said.
    assert steps["register"]["DependsOn"] == ["gate"]


def test_the_same_steps_give_the_same_text() -> None:
    texts = {to_text(definition(model_pipeline(merged=True), PLACEMENT)) for _ in range(3)}
    assert len(texts) == 1
    assert json.loads(texts.pop())["Version"] == "2020-12-01"
    assert len(to_text(definition(PIPELINES["merged"], PLACEMENT))) < 1_000_000  # SageMaker's limit


def test_an_image_that_is_not_pinned_and_a_job_outside_a_network_are_refused() -> None:
    with pytest.raises(ValueError, match="image: 'training:latest' is not pinned"):
        replace(PLACEMENT, image="training:latest")
    with pytest.raises(ValueError, match="jobs run inside the VPC only"):
        replace(PLACEMENT, subnets=())
    assert job(data_pipeline().steps[0], PLACEHOLDERS)["RoleArn"] == "${Role}"
    with pytest.raises(ValueError, match="hours: 0 is not between"):
        Compute(instance="ml.g5.2xlarge", hours=0)
