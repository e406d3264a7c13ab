"""A model's way: staged, tuned by the pipelines, judged, approved, served, asked; another one; and back."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from emulator.cloud import ROOT
from emulator.flow import Step, runs
from emulator.stage import Request, Stage, require
from ragtune.answering import MODEL_AWAY

_RECIPE = Path(__file__).with_name("recipe.toml")
_QUESTION = "온가족 결합의 2회선 월 할인은 얼마인가요?"


def cli(stage: Stage, *arguments: str) -> str:
    """`ragtune …` as the operator of this account. What it printed."""
    done = subprocess.run(  # noqa: S603  our own command line
        [sys.executable, "-c", "from ragtune.cli.main import main; main()", *arguments],
        env=os.environ | stage.cloud.environment | {"PYTHONPATH": str(ROOT), "COLUMNS": "250"},
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    require(done.returncode == 0, f"ragtune {' '.join(arguments[:3])}", seen=done.stdout + done.stderr)
    return done.stdout


def staged(stage: Stage) -> str:
    """Code, base model, questions, pages and settings, where the pipelines' roles may read."""
    models = stage.bucket("models")
    told = cli(stage, "stage", f"s3://{models}/staged", "--code", ".", "--preset", "sample",
               "--model", "samples/model")  # fmt: skip
    places = [word for word in told.split() if word.startswith("s3://")]
    base = stage.deployment.aws.model.base if stage.deployment.aws.model else ""
    for local, under in (
        ("samples/model", base or "staged/base"),
        ("samples/manuals", "data/manuals"),
        ("samples/questions", "data/questions"),
    ):
        stage.upload("models", ROOT / local, under)
    for name, text in (
        ("data/config/settings.toml", (ROOT / "config/pipeline.toml").read_text(encoding="utf-8")),
        ("data/recipe/recipe.toml", _RECIPE.read_text(encoding="utf-8")),
        ("data/wheels/requirements.txt", "# the container has everything\n"),
        ("data/nothing/none", "nothing serves yet: the new model is compared with its base\n"),
    ):
        stage.s3.put_object(Bucket=models, Key=name, Body=text.encode())
    stage.notes["code"] = next(one for one in places if "/code/" in one)
    stage.notes["base"] = next(one for one in places if "/models/" in one)
    return ", ".join(place.removeprefix(f"s3://{models}/") for place in places)


def prepared(stage: Stage) -> str:
    """The data pipeline: pages to instructions that wait for people."""
    run = runs.start(
        stage, "data", Documents="data/manuals/", Questions="data/questions/", Config="data/config/"
    )
    steps = runs.ended(stage, run, "Succeeded")
    for name in ("prepare", "screen"):
        stage.notes[name] = runs.made(stage, run, name)
    return runs.told(steps)


def tuned(stage: Stage) -> str:
    """The model pipeline, interrupted once as spot capacity is: a package that waits for a word."""
    run = runs.start_model(stage, "1", OverallLoss="1", CategoryLoss="1")
    stage.until(lambda: runs.job(stage, run, "train") != "", "the training runs", runs.PIPELINE_S)
    job = runs.job(stage, run, "train")
    time.sleep(3)
    stage.cause("interrupt", job)
    steps = runs.ended(stage, run, "Succeeded")
    log = stage.cloud.client("logs").describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{job}/"
    )["logStreams"]
    require(len(log) == 2, "the interrupted job ran again", seen=[one["logStreamName"] for one in log])
    package = runs.packages(stage)[0]
    require(package["ModelApprovalStatus"] == "PendingManualApproval", "it waits", seen=package)
    stage.notes["first"] = package["ModelPackageArn"]
    return f"{runs.told(steps)}; interrupted once and gone on; package {package['ModelPackageVersion']} waits"


def approved(stage: Stage) -> str:
    """Approval is an event: the state machine lets that version serve, and questions can be asked of it."""
    return _approve(stage, stage.notes["first"])


def asked(stage: Stage) -> str:
    """The tuned model answers by the API, by the function's role; without the grant nobody asks it."""
    body = {"question": _QUESTION, "generator": "tuned", "stream": False}
    reply = stage.call(Request(body=json.dumps(body, ensure_ascii=False).encode()), by=stage.desk).answer
    require(MODEL_AWAY not in reply["text"], "the model was asked", seen=reply)
    runtime = stage.cloud.client("sagemaker-runtime", stage.desk)
    try:
        runtime.invoke_endpoint(EndpointName=f"{stage.name}-model", Body=b"{}")
    except runtime.exceptions.ClientError as error:
        require("AccessDenied" in str(error), "a caller may not ask the model itself", seen=error)
    else:
        require(False, "a caller may not ask the model itself")
    return f"{reply['state']}: {reply['text'][:80]}"


def refused(stage: Stage) -> str:
    """A version that was tuned to nonsense does not get past the gate."""
    models = stage.bucket("models")
    spoilt = _RECIPE.read_text(encoding="utf-8").replace("learning_rate = 3.5e-3", "learning_rate = 0.9")
    stage.s3.put_object(Bucket=models, Key="data/spoilt/recipe.toml", Body=spoilt.encode())
    more = {"Recipe": f"s3://{models}/data/spoilt/", "Limit": "12", "OverallLoss": "0"}
    steps = runs.ended(stage, runs.start_model(stage, "1", **more), "Failed")
    gate = next(one for one in steps if one["StepName"] == "gate")
    require(gate["StepStatus"] == "Failed", "the gate refuses", seen=runs.told(steps))
    require(len(runs.packages(stage)) == 1, "no package of it", seen=runs.packages(stage))
    return str(gate["FailureReason"])[:160]


def another(stage: Stage) -> str:
    """A second version is promoted, a deployment leaves it, a rollback brings the first back."""
    run = runs.start_model(stage, "0.6", OverallLoss="1", CategoryLoss="1")
    steps = runs.ended(stage, run, "Succeeded")
    second = runs.packages(stage)[0]["ModelPackageArn"]
    _approve(stage, second)
    stage.deploy()
    require(runs.served(stage) == second, "a deployment leaves what was promoted", seen=runs.served(stage))
    runs.changed(stage, {"package": stage.notes["first"]})
    require(runs.served(stage) == stage.notes["first"], "rolled back", seen=runs.served(stage))
    return f"{runs.told(steps)}; version 2 served, stayed after a deployment, version 1 serves again"


def _approve(stage: Stage, package: str) -> str:
    start = time.monotonic()
    stage.models.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    stage.until(lambda: runs.served(stage) == package, f"{package} serves", runs.CHANGE_S)
    return f"version {package.rpartition('/')[2]} serves {time.monotonic() - start:.0f} s after its approval"


STEPS = (
    Step(what="code, base model and data are staged", run=staged),
    Step(what="the data pipeline runs as isolated jobs, each by its own role", run=prepared),
    Step(what="the model pipeline tunes, is interrupted, goes on, evaluates and registers", run=tuned),
    Step(what="an approved version serves", run=approved),
    Step(what="the tuned model is asked, by those who may", run=asked),
    Step(what="a version that lost is refused by the gate", run=refused),
    Step(what="another version is promoted, stays through a deployment, and is rolled back", run=another),
)
SHORT = STEPS[:5]
