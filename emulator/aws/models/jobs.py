"""Training jobs as processes: SageMaker's folders and variables, channels and results by the job's role.

    <folder>/<job>/opt/ml/{input/data/<channel>,model,output/data,checkpoints}

A job on spot that is interrupted gets SIGTERM, keeps its checkpoints in S3 and starts again with them.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from botocore.exceptions import ClientError

from emulator.aws.models.objects import Unreachable, fetch, put
from emulator.aws.sessions import ACCOUNT, REGION, client

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_BASE = "/opt/ml"
_EVENTS_AT_ONCE = 1000


@dataclass(slots=True, kw_only=True)
class Job:
    """`status` and `reason` as DescribeTrainingJob tells them."""

    name: str
    request: Mapping[str, Any]
    folder: Path
    status: str = "InProgress"
    reason: str = ""
    interruptions: int = 0
    begun: float = field(default_factory=time.time)
    ended: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    stopping: str = ""  # interrupted, stopped

    @property
    def arn(self) -> str:
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{self.name}"

    @property
    def artifacts(self) -> str:
        """Where its model lies."""
        return f"{self.request['OutputDataConfig']['S3OutputPath']}/{self.name}/output/model"

    def told(self) -> dict[str, Any]:
        """As the API tells it."""
        state = {"InProgress": "Training"}.get(self.status, self.status)
        found = {**self.request, "TrainingJobName": self.name, "TrainingJobArn": self.arn,
                 "TrainingJobStatus": self.status, "SecondaryStatus": state, "FailureReason": self.reason,
                 "CreationTime": self.begun, "LastModifiedTime": self.ended or self.begun,
                 "ModelArtifacts": {"S3ModelArtifacts": self.artifacts}}  # fmt: skip
        return found | ({"TrainingEndTime": self.ended} if self.ended else {})


class Jobs:
    """Every job of this cloud; `start` returns at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.every: dict[str, Job] = {}

    def start(self, name: str, request: Mapping[str, Any], done: Callable[[Job], None]) -> Job:
        """Run it in a thread of its own, and tell `done` in the end."""
        job = Job(name=name, request=request, folder=self._folder / name)
        self.every[name] = job
        Thread(target=self._run, args=(job, done), name=name, daemon=True).start()
        return job

    def interrupt(self, job: Job, how: str = "interrupted") -> None:
        """As spot capacity goes: SIGTERM, and what it keeps in its checkpoints stays."""
        job.stopping = how
        if job.process:
            with suppress(ProcessLookupError):
                job.process.send_signal(signal.SIGTERM)

    def _run(self, job: Job, done: Callable[[Job], None]) -> None:
        try:
            job.status, job.reason = self._through(job)
        except (Unreachable, OSError, ClientError) as error:
            job.status, job.reason = "Failed", f"ClientError: {error}"
        job.ended = time.time()
        done(job)

    def _through(self, job: Job) -> tuple[str, str]:
        s3 = client("s3", job.request["RoleArn"], job.name[:40])
        self._bring_in(job, s3)
        while True:
            code = self._once(job)
            checkpoints = job.request.get("CheckpointConfig", {}).get("S3Uri")
            if checkpoints:
                put(s3, job.folder / "opt/ml/checkpoints", checkpoints)
            stopped, job.stopping = job.stopping, ""
            if stopped != "interrupted":
                break
            job.interruptions += 1
        if stopped:
            return "Stopped", ""
        if code:
            said = job.folder / "opt/ml/output/failure"
            told = said.read_text(encoding="utf-8") if said.exists() else f"exit code {code}"
            return "Failed", f"AlgorithmError: {told}, exit code: {code}"
        put(s3, job.folder / "opt/ml/model", job.artifacts)
        return "Completed", ""

    def _bring_in(self, job: Job, s3: Any) -> None:
        base = job.folder / "opt/ml"
        for part in ("model", "output/data", "checkpoints", "input/data"):
            (base / part).mkdir(parents=True, exist_ok=True)
        for channel in job.request["InputDataConfig"]:
            source = channel["DataSource"]["S3DataSource"]["S3Uri"]
            fetch(s3, source, base / "input/data" / channel["ChannelName"])
        checkpoints = job.request.get("CheckpointConfig", {}).get("S3Uri")
        if checkpoints:
            with suppress(Unreachable):  # nothing there yet
                fetch(s3, checkpoints, base / "checkpoints")

    def _once(self, job: Job) -> int:
        asked = job.request["AlgorithmSpecification"]
        command = [os.environ["RAGTUNE_PYTHON"], *asked["ContainerEntrypoint"][1:]]
        log = job.folder / "job.log"
        with log.open("ab") as file:
            job.process = subprocess.Popen(  # noqa: S603  our own modules, from the channel of code
                [*command, *asked.get("ContainerArguments", ())],
                env=self._environment(job),
                cwd=job.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        code = job.process.wait()
        self._keep_log(job, log)
        return code

    def _environment(self, job: Job) -> dict[str, str]:
        """No credentials and no endpoint: a job is isolated from the network."""
        own = str(job.folder)
        told = {
            name: value.replace(_BASE, f"{own}{_BASE}") for name, value in job.request["Environment"].items()
        }
        known = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "TMPDIR")}
        return known | told | {"OMP_NUM_THREADS": "2"}

    def _keep_log(self, job: Job, log: Path) -> None:
        """Into the group where SageMaker keeps them, by the job's role."""
        logs = client("logs", job.request["RoleArn"], job.name[:40])
        stream = {"logGroupName": LOG_GROUP, "logStreamName": f"{job.name}/algo-1-{job.interruptions}"}
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=LOG_GROUP)
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(**stream)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_EVENTS_AT_ONCE:]
        now = round(1000 * time.time())
        told = [{"timestamp": now, "message": line[:1000]} for line in lines if line.strip()]
        if told:
            logs.put_log_events(**stream, logEvents=told)
