"""A sweep in an account: S3 is moto's; SageMaker's requests and replies are of botocore's shapes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from ragtune.adapters.pipeline_runs import PipelineRuns
from ragtune.adapters.staging import StagingBucket
from ragtune.cli.account_sweep import Account, run_in_account
from ragtune.deployment import load_deployment
from ragtune.errors import BadInput
from ragtune.evaluation.grid import Grid
from ragtune.seal import sha256
from tests.ragtune.cli.conftest import Run
from tests.ragtune.test_sweeping import ANSWER, GRID, SETTINGS
from tests.training.tiny import write_model

ARN = "arn:aws:sagemaker:ap-northeast-2:123456789012:pipeline/ragtune-dev-sweep/execution/{}"
BEGUN = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
Place = tuple[Grid, Account, dict[str, Path], dict[Any, dict[str, Path]], Stubber, Any]


def folder(root: Path, name: str, text: str) -> Path:
    found = root / name
    found.mkdir(parents=True)
    (found / "file.txt").write_text(text, encoding="utf-8")
    return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    base = write_model(tmp_path / "base")
    grid = replace(GRID, bases=(base,), epochs=(1,), sizes=(100, 200))
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "peft-1-py3-none-any.whl").write_bytes(b"wheel")
    pinned = f"peft==1 --hash=sha256:{sha256(wheels / 'peft-1-py3-none-any.whl')}\n"
    (wheels / "requirements.txt").write_text(pinned, encoding="utf-8")
    folder(tmp_path, "code/training", "")
    (tmp_path / "code" / "training" / "start.py").write_text("", encoding="utf-8")
    given = {name: folder(tmp_path, name, name) for name in ("index", "config", "questions", "reference")}
    own = {
        cell: {name: folder(tmp_path, f"{name}{cell.size}", f"{name} {cell.size}")
               for name in ("instructions", "recipe")}
        for cell in grid.cells
    }  # fmt: skip
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="models")
        stub = Stubber(boto3.client("sagemaker", region_name="ap-northeast-2"))
        stub.activate()
        runs = PipelineRuns(
            "ragtune-dev-sweep", region="ap-northeast-2", clients={"sagemaker": stub.client, "logs": object()}
        )
        account = Account(
            aws=replace(load_deployment(Path("config/dev.toml")).aws, training=SETTINGS),
            runs=runs,
            store=StagingBucket("s3://models/staged", client=s3),
            folder=tmp_path / "sweeps",
            wheels=wheels,
            licence="",
            code=tmp_path / "code",
        )
        yield grid, account, given, own, stub, s3
        stub.assert_no_pending_responses()


def starts(stub: Stubber, number: int) -> None:
    stub.add_response(
        "start_pipeline_execution",
        {"PipelineExecutionArn": ARN.format(f"cell{number:08d}")},
        {"PipelineName": "ragtune-dev-sweep", "PipelineParameters": ANY, "ClientRequestToken": ANY},
    )


def has_steps(stub: Stubber, number: int, **states: str) -> None:
    told = [
        {
            "StepName": name, "StepStatus": state,
            "StartTime": BEGUN, "EndTime": BEGUN + timedelta(seconds=60),
            **({"FailureReason": "ragtune: the loss is nan"} if state == "Failed" else {}),
            "Metadata": {"TrainingJob": {"Arn": f"arn:aws:sagemaker:a:1:training-job/{name}-{number}"}},
        }
        for name, state in states.items()
    ]  # fmt: skip
    arn = ARN.format(f"cell{number:08d}")
    stub.add_response(
        "list_pipeline_execution_steps",
        {"PipelineExecutionSteps": told},
        {"PipelineExecutionArn": arn, "SortOrder": "Ascending"},
    )


def left(stub: Stubber, s3: Any, job: str, name: str, text: str) -> None:
    s3.put_object(Bucket="models", Key=f"runs/{job}/output/model/{name}", Body=text.encode())
    stub.add_response(
        "describe_training_job",
        {
            "TrainingJobName": job,
            "TrainingJobArn": f"arn:aws:sagemaker:ap-northeast-2:123456789012:training-job/{job}",
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://models/runs/{job}/output/model/"},
            "TrainingJobStatus": "Completed",
            "SecondaryStatus": "Completed",
            "StoppingCondition": {},
            "CreationTime": BEGUN,
        },
        {"TrainingJobName": job},
    )


def test_each_cell_is_started_once_and_collected_when_it_is_done(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    grid, account, given, own, stub, s3 = place
    for number in (0, 1):
        starts(stub, number)
    has_steps(stub, 0, render="Executing")
    has_steps(stub, 1, render="Succeeded", train="Failed")
    assert run_in_account(grid, account, given, own) == []
    said = " ".join(capsys.readouterr().out.split())
    assert "2 runs, at most $" in said
    assert "100 instructions: is running; the same command collects it" in said
    assert "200 instructions: train failed: ragtune: the loss is nan" in said

    log = '{"event": "step", "loss": 0.5}\n{"event": "validation", "score": 0.9}\n'
    has_steps(stub, 0, render="Succeeded", train="Succeeded", evaluate="Succeeded")
    left(stub, s3, "train-0", "log.jsonl", log)
    left(stub, s3, "evaluate-0", "candidate.jsonl", json.dumps(ANSWER))
    has_steps(stub, 1, train="Failed")
    (found,) = run_in_account(grid, account, given, own)  # nothing is started: the stub expects no start
    assert (found.cell.size, found.loss, found.validation, found.seconds) == (100, 0.5, 0.9, 180.0)


def test_what_a_cell_is_given_lies_whole_in_the_bucket(place: Place) -> None:
    grid, account, given, own, stub, s3 = place
    asked: list[dict[str, Any]] = []
    stub.client.meta.events.register(
        "provide-client-params.sagemaker.StartPipelineExecution", lambda params, **_: asked.append(params)
    )
    for number in (0, 1):
        starts(stub, number)
    for number in (0, 1):
        has_steps(stub, number)
    run_in_account(grid, account, given, own)
    values = [{one["Name"]: one["Value"] for one in call["PipelineParameters"]} for call in asked]
    assert values[0]["Instructions"] != values[1]["Instructions"]
    assert values[0]["Model"] == values[1]["Model"]
    for name in ("Index", "Code", "Wheels", "Reference", "Recipe"):
        prefix = values[0][name].removeprefix("s3://models/")
        assert s3.head_object(Bucket="models", Key=f"{prefix}digests.json")
    assert len({call["ClientRequestToken"] for call in asked}) == 2


def test_nothing_is_staged_or_started_above_the_bound(place: Place) -> None:
    grid, account, given, own, _, s3 = place
    with pytest.raises(BadInput, match=r"max_usd: 1\.00, but 2 runs cost up to"):
        run_in_account(replace(grid, max_usd=1.0), account, given, own)
    with pytest.raises(BadInput, match="preset: 'kullm', but the account's pipelines are made for 'sample'"):
        run_in_account(replace(grid, preset="kullm"), account, given, own)
    bare = replace(account, aws=replace(account.aws, training=None))
    with pytest.raises(BadInput, match=r"aws\.training: missing"):
        run_in_account(grid, bare, given, own)
    assert "Contents" not in s3.list_objects_v2(Bucket="models")


def test_an_account_needs_a_bucket(run: Run, tmp_path: Path) -> None:
    code, _, problems = run(
        "sweep", "training/sweeps/sample.toml", "--questions", str(tmp_path), "--config", "config/dev.toml"
    )
    assert (code, "--bucket: missing; name s3://bucket/staged" in problems) == (2, True)
