"""SageMaker's API, control and runtime, behind a door of its own: signed requests, authorised by IAM.

X-Amz-Target: SageMaker.StartPipelineExecution     POST /endpoints/<name>/invocations-response-stream
"""

import http.client
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

from emulator.aws.models.endpoints import Endpoints
from emulator.aws.models.eventstream import event
from emulator.aws.models.jobs import Jobs
from emulator.aws.models.packages import Packages
from emulator.aws.models.pipelines import Pipelines, Refused
from emulator.aws.sessions import ACCOUNT, REGION, Seen, entitled_request

_Asked = Mapping[str, Any]
_SLOW_S = 40  # longer than anybody waits
_FIXED_S = 0.5
_SAID = {  # in place of what the model would say
    "garbage": b"<html>what</html>",
    "fixed": b"".join(
        json.dumps(line).encode() + b"\n"
        for line in (
            {"token": {"text": "첫째 문서에 있습니다. [1]"}},
            {"generated_text": "첫째 문서에 있습니다. [1]"},
        )
    ),
}
_NAMED = {  # parameter that names what is asked about → its kind in an ARN; "": it is an ARN
    "PipelineName": "pipeline",
    "PipelineExecutionArn": "",
    "TrainingJobName": "training-job",
    "ModelPackageArn": "",
    "ModelPackageName": "",
    "ModelPackageGroupName": "model-package-group",
    "EndpointName": "endpoint",
    "InferenceComponentName": "inference-component",
}


class Models:
    """Everything that stands; `calls` are the API's actions."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.jobs, self.packages = Jobs(folder / "jobs"), Packages()
        self.pipelines = Pipelines(self.jobs, self.packages)
        self.endpoints = Endpoints(folder)
        self.calls: dict[str, Callable[[_Asked], dict[str, Any]]] = {
            "StartPipelineExecution": self._start,
            "DescribePipelineExecution": lambda asked: self._told(self._run(asked)),
            "ListPipelineExecutions": self._list,
            "ListPipelineExecutionSteps": lambda asked: {"PipelineExecutionSteps": self._run(asked).steps},
            "DescribeTrainingJob": lambda asked: self._job(asked).told(),
            "StopTrainingJob": self._stop,
            "DescribeModelPackage": lambda asked: self._package(asked["ModelPackageName"]),
            "UpdateModelPackage": self._approve,
            "ListModelPackages": self._packages,
            "DescribeEndpoint": lambda asked: _found(self.endpoints.endpoints, asked["EndpointName"]),
        }

    def _start(self, asked: _Asked) -> dict[str, Any]:
        given = {one["Name"]: one["Value"] for one in asked.get("PipelineParameters", ())}
        token = asked.get("ClientRequestToken", "")
        return {"PipelineExecutionArn": self.pipelines.start(asked["PipelineName"], given, token).arn}

    def _run(self, asked: _Asked) -> Any:
        return _found(self.pipelines.executions, asked["PipelineExecutionArn"])

    def _told(self, run: Any) -> dict[str, Any]:
        return {"PipelineExecutionArn": run.arn, "PipelineExecutionStatus": run.status,
                "FailureReason": run.reason, "StartTime": run.begun, "CreationTime": run.begun}  # fmt: skip

    def _list(self, asked: _Asked) -> dict[str, Any]:
        runs = [one for one in self.pipelines.executions.values() if one.pipeline == asked["PipelineName"]]
        newest = sorted(runs, key=lambda one: one.begun, reverse=True)[: asked.get("MaxResults", 100)]
        return {"PipelineExecutionSummaries": [self._told(one) for one in newest]}

    def _job(self, asked: _Asked) -> Any:
        return _found(self.jobs.every, asked["TrainingJobName"])

    def _stop(self, asked: _Asked) -> dict[str, Any]:
        self.jobs.interrupt(self._job(asked), "stopped")
        return {}

    def _package(self, arn: str) -> dict[str, Any]:
        found = self.packages.get(arn)
        if found is None:
            raise Refused("ValidationException", f"ModelPackage {arn} does not exist.")
        return found

    def _approve(self, asked: _Asked) -> dict[str, Any]:
        self._package(asked["ModelPackageArn"])
        self.packages.update(asked)
        return {"ModelPackageArn": asked["ModelPackageArn"]}

    def _packages(self, asked: _Asked) -> dict[str, Any]:
        versions = _found(self.packages.groups, asked["ModelPackageGroupName"])
        wanted = asked.get("ModelApprovalStatus")
        listed = [one for one in versions if not wanted or one["ModelApprovalStatus"] == wanted]
        return {"ModelPackageSummaryList": sorted(listed, key=lambda one: -one["ModelPackageVersion"])}


def _found(known: Mapping[str, Any], name: str) -> Any:
    if name not in known:
        raise Refused("ValidationException", f"Could not find {name}.")
    return known[name]


class ModelsDoor(BaseHTTPRequestHandler):
    """One connection to the service."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    models: Models

    def do_POST(self) -> None:
        """Control, runtime, or a fault that the rehearsal causes."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        seen = Seen(method="POST", target=self.path, raw_headers=raw, body=body)
        try:
            if self.path.startswith("/endpoints/"):
                self._invoke(seen)
            elif self.path.startswith("/faults/"):
                self._cause(*self.path.split("/")[2:4])
            else:
                self._answer(200, json.dumps(self._control(seen)).encode())
        except Refused as error:
            told = {"__type": error.code, "message": str(error)}
            self._answer(403 if "AccessDenied" in error.code else 400, json.dumps(told).encode())

    def _control(self, seen: Seen) -> dict[str, Any]:
        action = str(self.headers.get("x-amz-target", "")).partition(".")[2]
        asked = json.loads(seen.body or b"{}")
        if action not in self.models.calls:
            raise Refused("UnknownOperationException", f"{action}: the stand-in has no such call")
        _require(seen, f"sagemaker:{action}", _resource(asked))
        return self.models.calls[action](asked)

    def _invoke(self, seen: Seen) -> None:
        _, __, name, way = seen.target.split("/", 3)
        component = self.headers.get("x-amzn-sagemaker-inference-component")
        streams = way == "invocations-response-stream"
        actions = ["InvokeEndpoint", *(["InvokeEndpointWithResponseStream"] if streams else [])]
        parts = [f"endpoint/{name}", *([f"inference-component/{component}"] if component else [])]
        for number, (action, part) in enumerate(product(actions, parts)):
            arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{part}"
            _require(seen, f"sagemaker:{action}", arn, again=number > 0)
        port = self.models.endpoints.port(component or name)
        if port is None:
            raise Refused("ValidationError", f"Endpoint {component or name} not found.")
        fault = self.models.endpoints.faults.get(component or name)
        if fault == "slow":
            time.sleep(_SLOW_S)
        elif fault in _SAID:
            time.sleep(_FIXED_S)
            self._stream([_SAID[fault]])
            return
        try:
            self._pass_on(port, seen.body, streams=streams)
        except (OSError, http.client.HTTPException) as error:
            self._answer(503, json.dumps({"message": f"the model is away: {error}"}).encode())

    def _pass_on(self, port: int, body: bytes, *, streams: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", "/invocations", body, {"content-type": "application/json"})
            reply = connection.getresponse()
            if not streams or reply.status != 200:
                self._answer(reply.status, reply.read())
                return
            self._stream(iter(lambda: reply.read1(65_536), b""))
        finally:
            connection.close()

    def _stream(self, parts: Iterable[bytes]) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/vnd.amazon.eventstream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for part in parts:
            self._chunk(event(part))
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _cause(self, what: str, name: str) -> None:
        """Interrupt a job, or see `Endpoints.cause`: the rehearsal's own, no part of the API."""
        if what == "interrupt":
            self.models.jobs.interrupt(_found(self.models.jobs.every, name))
        else:
            self.models.endpoints.cause(what, name)
        self._answer(200, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: requests hold prompts."""


def _resource(asked: _Asked) -> str:
    for name, kind in _NAMED.items():
        if name in asked:
            own = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{asked[name]}"
            return str(asked[name]) if str(asked[name]).startswith("arn:") else own
    return "*"


def _require(seen: Seen, action: str, resource: str, *, again: bool = False) -> None:
    why = entitled_request(seen, action, resource, again=again)
    if why:
        raise Refused("AccessDeniedException", f"not authorized to perform: {action} on {resource} ({why})")


def open_models(folder: Path) -> Models:
    """The stand-in, answering at RAGTUNE_MODELS_PORT."""
    models = Models(folder)
    kind = type("OpenModelsDoor", (ModelsDoor,), {"models": models})
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["RAGTUNE_MODELS_PORT"])), kind)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="models-door", daemon=True).start()
    return models
