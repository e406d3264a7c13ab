"""Pipelines: their definition read, its steps run one after the other by the pipeline's role.

{"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}   {"Std:Join": {"On": "/", "Values": […]}}
"""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from emulator.aws.models.jobs import Job, Jobs
from emulator.aws.models.packages import Packages
from emulator.aws.sessions import ACCOUNT, REGION, entitled


class Refused(Exception):
    """What the API answers: `code` and a sentence."""

    def __init__(self, code: str, told: str) -> None:
        super().__init__(told)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Execution:
    """One run. `steps` as ListPipelineExecutionSteps tells them."""

    pipeline: str
    id: str
    parameters: dict[str, str]
    status: str = "Executing"
    reason: str = ""
    begun: float = field(default_factory=time.time)
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{self.pipeline}/execution/{self.id}"


class Pipelines:
    """Definitions by name, and their executions."""

    def __init__(self, jobs: Jobs, packages: Packages) -> None:
        self._jobs, self._packages = jobs, packages
        self.known: dict[str, dict[str, Any]] = {}
        self.executions: dict[str, Execution] = {}
        self._tokens: dict[str, str] = {}

    def start(self, name: str, given: Mapping[str, str], token: str) -> Execution:
        """Raises Refused for an unknown pipeline or parameter, and for one that is missing."""
        if token in self._tokens:
            return self.executions[self._tokens[token]]
        if name not in self.known:
            raise Refused("ResourceNotFound", f"Pipeline {name} does not exist")
        definition = json.loads(self.known[name]["definition"])
        values = {one["Name"]: one.get("DefaultValue") for one in definition["Parameters"]}
        unknown, missing = given.keys() - values.keys(), values.keys() - given.keys()
        missing = {each for each in missing if values[each] is None}
        if unknown or missing:
            told = f"parameters unknown: {sorted(unknown)}, without a value: {sorted(missing)}"
            raise Refused("ValidationException", told)
        run = Execution(pipeline=name, id=secrets.token_hex(6), parameters={**values, **given})
        self.executions[run.arn] = run
        self._tokens[token] = run.arn
        Thread(target=self._run, args=(run, definition["Steps"]), name=run.id, daemon=True).start()
        return run

    def _run(self, run: Execution, steps: list[dict[str, Any]]) -> None:
        role = self.known[run.pipeline]["role"]
        done: dict[str, Job] = {}
        for step in steps:
            told = {"StepName": step["Name"], "StepStatus": "Executing", "StartTime": time.time()}
            run.steps.append(told)
            try:
                arguments = resolved(step["Arguments"], run, done)
                self._step(step, arguments, role, run, told, done)
            except Refused as error:
                told |= {"StepStatus": "Failed", "FailureReason": str(error)}
            told["EndTime"] = time.time()
            if told["StepStatus"] != "Succeeded":
                run.status, run.reason = "Failed", f"Step failure: {step['Name']}"
                return
        run.status = "Succeeded"

    def _step(self, step: Mapping[str, Any], arguments: dict[str, Any], role: str, run: Execution,
              told: dict[str, Any], done: dict[str, Job]) -> None:  # fmt: skip
        if step["Type"] == "RegisterModel":
            group = arguments["ModelPackageGroupName"]
            _require(role, "sagemaker:CreateModelPackage", f"model-package-group/{group}")
            made = self._packages.create(arguments)
            _require(role, "sagemaker:DescribeModelPackage", made["ModelPackageArn"].rpartition(":")[2])
            told |= {
                "StepStatus": "Succeeded",
                "Metadata": {"RegisterModel": {"Arn": made["ModelPackageArn"]}},
            }
            return
        name = f"pipelines-{run.id}-{step['Name']}-{secrets.token_hex(4)}"
        for action in ("CreateTrainingJob", "AddTags", "DescribeTrainingJob"):
            _require(role, f"sagemaker:{action}", f"training-job/{name}")
        why = entitled(role, "iam:PassRole", arguments["RoleArn"],
                       {"iam:PassedToService": "sagemaker.amazonaws.com"})  # fmt: skip
        if why:
            raise Refused("AccessDenied", f"{role} may not pass {arguments['RoleArn']}")
        ended = Event()
        job = self._jobs.start(name, arguments, lambda _: ended.set())
        told["Metadata"] = {"TrainingJob": {"Arn": job.arn}}
        ended.wait()
        done[step["Name"]] = job
        states = {"Completed": "Succeeded", "Stopped": "Stopped"}
        told["StepStatus"] = states.get(job.status, "Failed")
        if job.reason:
            told["FailureReason"] = job.reason


def resolved(value: Any, run: Execution, done: Mapping[str, Job]) -> Any:
    """`value` with every Get and Std:Join in it replaced by what it stands for."""
    if isinstance(value, list):
        return [resolved(one, run, done) for one in value]
    if not isinstance(value, dict):
        return value
    if "Get" in value:
        kind, _, rest = value["Get"].partition(".")
        if kind == "Parameters":
            return run.parameters[rest]
        return done[rest.partition(".")[0]].artifacts if kind == "Steps" else run.id
    if "Std:Join" in value:
        parts = [str(resolved(one, run, done)) for one in value["Std:Join"]["Values"]]
        return str(value["Std:Join"]["On"]).join(parts)
    return {name: resolved(one, run, done) for name, one in value.items()}


def _require(role: str, action: str, resource: str) -> None:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{resource}"
    if entitled(role, action, arn):
        raise Refused("AccessDenied", f"{role} is not authorized to perform: {action} on resource: {arn}")
