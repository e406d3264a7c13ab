"""A pipeline as SageMaker's JSON definition: the same steps that run here, as network-isolated training jobs.

    {"Version":"2020-12-01","Parameters":[{"Name":"Instructions","Type":"String"},…],
     "Steps":[{"Name":"render","Type":"Training","Arguments":{…}},…]}

The same steps and placement give the same text, byte for byte. Every job is a training job: only those take
input channels that need no credentials, keep checkpoints on spot, and write their output as plain files. A
job that refuses (the gate, a changed data set) fails with its sentence, and nothing after it runs; so the
definition needs no condition, which could only read the files of processing jobs. Source: the JSON schema of
SageMaker model building pipelines (aws-sagemaker-mlops.github.io), and CreateTrainingJob.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ragtune.errors import BadInput
from ragtune.pipelines import GIVEN, REGISTER, Pipeline, Step
from ragtune.planning import instances
from ragtune.settings import within

VERSION = "2020-12-01"
INPUT = "/opt/ml/input/data"
SPOT_WAIT_SHARE = 2  # of the run time that a spot job may wait and run together


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """An instance for jobs; several cards of it are one process each (torchrun), on each of `hosts`."""

    instance: str
    volume_gb: int = 100
    hours: float = 4.0
    hosts: int = 1  # of the tuning job: its traffic between them is encrypted

    def __post_init__(self) -> None:
        within("hosts", self.hosts, 1, 64)
        within("volume_gb", self.volume_gb, 1, 16_384)
        within("hours", self.hours, 0.1, 28 * 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where jobs run and what they may use; every value is one of the deployment."""

    name: str
    role: str  # ARN
    image: str  # AWS's own, by digest: …/huggingface-pytorch-training@sha256:…
    bucket: str
    key: str  # ARN, for volumes and outputs
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    serving_image: str  # of the model package
    package_group: str
    cpu: Compute = field(default_factory=lambda: Compute(instance="ml.m6i.xlarge"))
    gpu: Compute = field(default_factory=lambda: Compute(instance="ml.g5.2xlarge"))
    spot: bool = True

    def __post_init__(self) -> None:
        for name in ("image", "serving_image"):
            value = getattr(self, name)
            if "@sha256:" not in value and not value.startswith("${"):
                raise ValueError(f"{name}: {value!r} is not pinned; name it by its digest, …@sha256:…")
        if not self.subnets or not self.security_groups:
            raise ValueError("subnets, security_groups: empty; jobs run inside the VPC only")


PLACEHOLDERS = Placement(
    name="${Name}",
    role="${Role}",
    image="${TrainingImage}",
    bucket="${Bucket}",
    key="${Key}",
    subnets=("${Subnet}",),
    security_groups=("${SecurityGroup}",),
    serving_image="${ServingImage}",
    package_group="${PackageGroup}",
)


def definition(pipeline: Pipeline, placement: Placement) -> dict[str, Any]:
    """The JSON as plain data. Raises BadInput for a pipeline that has a step without compute but the last."""
    parameters = [_parameter(parameter_name(name), None) for name in pipeline.given]
    parameters += [_parameter(parameter_name(name), pipeline.defaults.get(name)) for name in pipeline.values]
    parameters += [_parameter("Code", None), _parameter("Wheels", None)]
    return {
        "Version": VERSION,
        "Metadata": {},
        "Parameters": parameters,
        "Steps": [_step(pipeline, step, placement) for step in pipeline.steps],
    }


def to_text(made: Mapping[str, Any]) -> str:
    """Canonical JSON: the same definition is the same text."""
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _step(pipeline: Pipeline, step: Step, placement: Placement) -> dict[str, Any]:
    if step.name == REGISTER:
        arguments = _package(pipeline, step, placement)
        needed = sorted(set(step.reads.values()) - {step.reads["model"]})
        return {"Name": step.name, "Type": "RegisterModel", "DependsOn": needed, "Arguments": arguments}
    if not step.module:
        raise BadInput(f"step {step.name!r}: has no module to run")
    return {"Name": step.name, "Type": "Training", "Arguments": job(step, placement)}


def job(step: Step, placement: Placement) -> dict[str, Any]:
    """The request of one training job."""
    compute = placement.gpu if step.compute == "gpu" else placement.cpu
    spot = step.spot and placement.spot
    seconds = round(compute.hours * 3600)
    channels = {name: _source(name, made_by) for name, made_by in step.reads.items()}
    channels |= {name: {"Get": f"Parameters.{parameter_name(name)}"} for name in ("code", "wheels")}
    made: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": placement.image,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python", "-m", "training.start"],
            "ContainerArguments": [step.module],
        },
        "RoleArn": placement.role,
        "InputDataConfig": [_channel(name, source) for name, source in channels.items()],
        "OutputDataConfig": {
            "S3OutputPath": _under(placement, "jobs", step.name),
            "KmsKeyId": placement.key,
            "CompressionType": "NONE",
        },
        "ResourceConfig": {
            "InstanceType": compute.instance,
            "InstanceCount": compute.hosts if step.together else 1,
            "VolumeSizeInGB": compute.volume_gb,
            # Instances with cards have disks of their own, which their hardware encrypts; a key is refused.
            **({} if _has_cards(compute) else {"VolumeKmsKeyId": placement.key}),
        },
        "VpcConfig": {
            "Subnets": list(placement.subnets),
            "SecurityGroupIds": list(placement.security_groups),
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
        "EnableManagedSpotTraining": spot,
        "Environment": _environment(step, channels),
    }
    if spot:
        made["StoppingCondition"]["MaxWaitTimeInSeconds"] = SPOT_WAIT_SHARE * seconds
        made["CheckpointConfig"] = {"S3Uri": _under(placement, "checkpoints", step.name)}
    return made


def _has_cards(compute: Compute) -> bool:
    return compute.instance in {one.name for one in instances()}


def _environment(step: Step, channels: Mapping[str, Any]) -> dict[str, Any]:
    """What a job reads here, it reads there: the container's own entry point would set some of it only."""
    found: dict[str, Any] = {f"SM_CHANNEL_{name.upper()}": f"{INPUT}/{name}" for name in channels}
    found |= {
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_CHECKPOINT_DIR": "/opt/ml/checkpoints",
        "PYTHONPATH": f"{INPUT}/code",
        "PYTHONDONTWRITEBYTECODE": "1",  # else the code is not what was sealed any more once it has run
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    return found | {
        f"SM_HP_{name.upper()}": {"Get": f"Parameters.{parameter_name(name)}"} for name in step.values
    }


def _source(channel: str, made_by: str) -> dict[str, str]:
    if made_by == GIVEN:
        return {"Get": f"Parameters.{parameter_name(channel)}"}
    return {"Get": f"Steps.{made_by}.ModelArtifacts.S3ModelArtifacts"}


def _channel(name: str, source: Mapping[str, str]) -> dict[str, Any]:
    place = {"S3DataType": "S3Prefix", "S3Uri": dict(source), "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": place}, "InputMode": "File"}


def _under(placement: Placement, *parts: str) -> dict[str, Any]:
    """A folder of this execution: two never write to one place."""
    base = f"s3://{placement.bucket}/{placement.name}"
    values: list[Any] = [base, {"Get": "Execution.PipelineExecutionId"}, *parts]
    return {"Std:Join": {"On": "/", "Values": values}}


def _package(pipeline: Pipeline, step: Step, placement: Placement) -> dict[str, Any]:
    """A candidate: it serves once somebody approved it."""
    weights = {"S3DataSource": {"S3Uri": _source("model", step.reads["model"]), "S3DataType": "S3Prefix",
               "CompressionType": "None"}}  # fmt: skip
    return {
        "ModelPackageGroupName": placement.package_group,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [{"Image": placement.serving_image, "ModelDataSource": weights}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json", "application/jsonlines"],
        },
        "CustomerMetadataProperties": {
            name: {"Get": f"Parameters.{parameter_name(name)}"}
            for name in ("preset", "digest_instructions")
            if name in pipeline.values
        },
    }


def _parameter(name: str, default: str | None) -> dict[str, str]:
    return {"Name": name, "Type": "String"} | ({} if default is None else {"DefaultValue": default})


def parameter_name(name: str) -> str:
    """As a definition's parameters are written: `digest_instructions` is DigestInstructions."""
    return "".join(part.capitalize() for part in name.split("_"))
