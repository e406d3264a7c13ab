"""What needs a role's grants, as quickly as it can be told: "" when all went well, else what was refused.

PROBES: parts of the role's name and of the action → the probe; OF_MODELS need a model, SLOW take long.
"""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from emulator.cloud import ACCOUNT
from emulator.flow import runs
from emulator.flow.documents import page
from emulator.stage import Request, Stage
from ragtune.answering import MODEL_AWAY
from ragtune.records import to_json
from ragtune.wiring import prepared_with

_PLACE = "탐침"


def _invoked(stage: Stage, function: str, event: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The function's reply, and the end of its log where the reply tells a failure."""
    told = stage.cloud.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event).encode(), LogType="Tail"
    )
    log = base64.b64decode(told.get("LogResult", "")).decode("utf-8", "replace")
    reply = json.loads(told["Payload"].read() or b"null")
    return reply if isinstance(reply, dict) else {}, log


def ingest(stage: Stage) -> str:
    """A page arrives, refers to a file, changes and goes; a sweep; words are learnt."""
    with stage.quiet():
        return _ingested(stage) or next(
            filter(None, (_swept(stage, each) for each in ("sweep", "words"))), ""
        )


def _ingested(stage: Stage) -> str:
    key, file = f"{_PLACE}/{time.time_ns()}.html", f"{_PLACE}/a.txt"
    linked = '<p><a href="a.txt">파일</a></p></body>'.encode()
    first = page("탐침 요금", "1,234").replace(b"</body>", linked)
    stage.put(file, b"text")
    for data, name in (
        (first, key),
        (first + b" ", key),
        (b"", key),
        (first, key),
        (key.encode(), file),
        (None, key),
    ):
        stage.put(name, data) if data is not None else stage.delete(name)
        event = {"eventTime": "2026-01-01T00:00:00Z", "s3": {"object": {"key": name}}}
        message = {"messageId": "probe", "body": json.dumps({"Records": [event]})}
        attributes = {"attributes": {"ApproximateReceiveCount": "2"}}
        reply, log = _invoked(stage, f"{stage.name}-ingest", {"Records": [message | attributes]})
        if reply.get("batchItemFailures") != []:
            return _refused(log, reply)
        aside = stage.set_aside().get(name, "")
        if aside and "is empty" not in aside:
            return aside
    return ""


def _swept(stage: Stage, what: str) -> str:
    reply, log = _invoked(stage, f"{stage.name}-ingest", {what: True})
    return _refused(log, reply) if "errorMessage" in reply else ""


def answer(stage: Stage) -> str:
    """From a cold start: a question, its record, a page, its file, feedback; the model where there is one."""
    functions, name = stage.cloud.client("lambda"), f"{stage.name}-answer"
    same = functions.get_function_configuration(FunctionName=name)["Timeout"]
    functions.update_function_configuration(FunctionName=name, Timeout=same)  # it starts anew
    return _answered(stage) or _said(stage)


def _said(stage: Stage) -> str:
    body = {"question": "혜성 전화의 월 요금은 얼마인가요?", "answer": "4,400원입니다.", "verdict": "useful"}
    asked = Request(path="/feedback", body=json.dumps(body, ensure_ascii=False).encode())
    reply = stage.call(asked, by=stage.desk)
    return "" if reply.status == 200 else reply.text


def _answered(stage: Stage) -> str:
    cited = ""
    for generator in stage.generators:
        body = {"question": "혜성 전화의 월 요금은 얼마인가요?", "generator": generator, "stream": False}
        reply = stage.call(Request(body=json.dumps(body, ensure_ascii=False).encode()), by=stage.desk)
        if reply.status != 200:
            return reply.text
        told = reply.answer
        if MODEL_AWAY in told["text"]:
            return f"the model is away: {told['text'][:80]}"
        pages = (one["href"] for one in told["citations"] if one["title"] == "혜성 전화")
        cited = cited or next(pages, "")  # a model may answer without citing it
    if cited:
        shown = stage.call(Request(method="GET", path=cited), by=stage.desk).answer
        address = shown["attachments"][0]["href"]
        asked = Request(method="GET", path=address, headers={"accept": "application/octet-stream"})
        reply = stage.call(asked, by=stage.desk)
        return "" if reply.status == 200 else reply.text
    return ""


def set_up(stage: Stage) -> str:
    """The domain's master defines roles and index again."""
    name = stage.name
    properties = {
        "Writers": [f"arn:aws:iam::{ACCOUNT}:role/{name}-ingest"],
        "Readers": [f"arn:aws:iam::{ACCOUNT}:role/{name}-answer"],
        "Operators": [],
        "Snapshots": {
            "bucket": stage.bucket("snapshots"),
            "region": stage.cloud.region,
            "role_arn": f"arn:aws:iam::{ACCOUNT}:role/{name}-snapshots",
        },
        "Manifest": to_json(prepared_with(stage.deployment.product)),
    }
    event = {"RequestType": "Update", "ResourceProperties": properties, "PhysicalResourceId": "search-setup"}
    reply, log = _invoked(stage, f"{name}-search-setup", event)
    return _refused(log, reply) if "errorMessage" in reply else ""


def bulk(stage: Stage) -> str:
    """A load of everything, whose pages are unchanged."""
    states = stage.cloud.client("stepfunctions")
    machine = f"arn:aws:states:{stage.cloud.region}:{ACCOUNT}:stateMachine:{stage.name}-bulk"
    run = states.start_execution(stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + 40
    while (told := states.describe_execution(executionArn=run))["status"] == "RUNNING":
        if time.monotonic() > deadline:
            states.stop_execution(executionArn=run)
            return "AccessDenied: tried again and again"
        time.sleep(0.3)
    return "" if told["status"] == "SUCCEEDED" else f"{told.get('error')}: {told.get('cause')}"


def prepared(stage: Stage) -> str:
    """The data pipeline's first job, over one page."""
    models = stage.bucket("models")
    stage.s3.put_object(Bucket=models, Key="data/probe/a.html", Body=page("탐침 요금", "1,234"))
    run = runs.start(
        stage, "data", Documents="data/probe/", Questions="data/questions/", Config="data/config/"
    )
    return _reason(runs.over(stage, run, "prepare")[:1])


def registered(stage: Stage) -> str:
    """The model pipeline to its end, on a twentieth of the rows."""
    run = runs.start_model(stage, "0.05", OverallLoss="1", CategoryLoss="1")
    return _reason(runs.over(stage, run))


def _reason(steps: runs.Steps) -> str:
    return next((str(one["FailureReason"]) for one in steps if one.get("FailureReason")), "")


def changed(stage: Stage) -> str:
    """The endpoint stops and starts again: nothing may be missing on the way, a record neither."""
    for serving in ("no", "yes"):
        told = runs.change(stage, {"serving": serving})
        missing = json.loads(told.get("output") or "{}").get("unrecorded")
        if told["status"] != "SUCCEEDED" or missing:
            return f"{told.get('error', '')} {missing or told.get('cause', '')}".strip()
    return ""


def described(stage: Stage) -> str:
    """The version that serves is asked for once more."""
    told = runs.change(stage, {"package": stage.notes["first"]})
    return "" if told["status"] == "SUCCEEDED" else f"{told.get('error')}: {told.get('cause')}"


def failure_told(stage: Stage) -> str:
    """A version that does not exist is not served, and the topic of alarms is told."""
    told = runs.change(stage, {"package": f"{stage.notes['first'].rpartition('/')[0]}/999"})
    return "" if told.get("error") == "NotServed" else f"{told.get('error')}: {told.get('cause')}"


def _refused(log: str, reply: dict[str, Any]) -> str:
    lines = [line for line in log.splitlines() if "not allowed" in line or "Denied" in line or "403" in line]
    return (lines[-1] if lines else str(reply))[:300]


Probe = Callable[[Stage], str]
PROBES: dict[tuple[str, str], Probe] = {
    ("BulkLoadMachineRole", ""): bulk,  # first: its role's name has that of another in it
    ("-ingest", ""): ingest,
    ("-answer", ""): answer,
    ("-SetupRole", ""): set_up,
    ("training-JobRole", ""): prepared,
    ("training-PipelineRole", "ModelPackage"): registered,
    ("training-PipelineRole", ""): prepared,
    ("promotion-MachineRole", "sns:"): failure_told,
    ("promotion-MachineRole", "DescribeModelPackage"): described,
    ("promotion-MachineRole", ""): changed,
    ("-serve", ""): changed,
}
OF_MODELS = (prepared, registered, failure_told, described, changed)
SLOW = OF_MODELS[1:]
