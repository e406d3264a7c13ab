"""What a sweep may cost, what its cells are started with, and what is read of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.cost import load_prices
from ragtune.errors import BadInput
from ragtune.evaluation.grid import Grid
from ragtune.pipeline_definition import Compute, definition
from ragtune.pipelines import sweep_pipeline
from ragtune.staging import Upload
from ragtune.sweeping import most_usd, outcome, parameters, require_affordable
from ragtune.training_settings import TrainingSettings
from tests.ragtune.test_pipeline_definition import PLACEMENT

ECR = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
SETTINGS = TrainingSettings(
    preset="sample",
    image=f"{ECR}/huggingface-pytorch-training@sha256:{'0' * 64}",
    serving_image=f"{ECR}/djl-inference@sha256:{'1' * 64}",
    cpu=Compute(instance="ml.m6i.xlarge", hours=1),
    gpu=Compute(instance="ml.g5.2xlarge", hours=2),
)
GRID = Grid(
    name="sizes",
    preset="sample",
    recipe=Path("training/recipes/sample.toml"),
    bases=(Path("samples/model"),),
    epochs=(1, 2),
    sizes=(100, 200),
    share=0.5,
    limit=20,
    max_usd=100.0,
)
PRICES = load_prices("ap-northeast-2")
ANSWER = {"question_id": "e1", "category": "process", "score": 1.0, "question": "?", "text": "!"}


def test_a_cell_costs_at_most_what_its_time_limits_allow() -> None:
    cpu, gpu = (PRICES.price("training_instance_hour", one) for one in ("ml.m6i.xlarge", "ml.g5.2xlarge"))
    assert most_usd(sweep_pipeline(merged=False), SETTINGS, PRICES) == pytest.approx(cpu + 2 * 2 * gpu)
    assert most_usd(sweep_pipeline(merged=True), SETTINGS, PRICES) == pytest.approx(cpu + 3 * 2 * gpu)
    hosts = replace(SETTINGS, gpu=Compute(instance="ml.g5.2xlarge", hours=2, hosts=3))
    assert most_usd(sweep_pipeline(merged=False), hosts, PRICES) == pytest.approx(cpu + (3 + 1) * 2 * gpu)


def test_a_grid_above_its_bound_is_refused_with_the_sum() -> None:
    assert require_affordable(GRID, 25.0) == 100.0
    with pytest.raises(BadInput, match=r"max_usd: 100\.00, but 4 runs cost up to 100\.04 .* \(25\.01 each\)"):
        require_affordable(GRID, 25.01)
    with pytest.raises(BadInput, match=r"max_usd: 0\.00"):
        require_affordable(replace(GRID, max_usd=0.0), 0.01)


def test_a_cell_is_given_every_parameter_of_the_pipeline_and_no_other() -> None:
    pipeline = sweep_pipeline(merged=True)
    given = {
        name: Upload(uri=f"s3://models/{name}/", digest="d1", uploaded=0, kept=1)
        for name in (*pipeline.given, "code", "wheels")
    }
    values = parameters(GRID, GRID.cells[0], given)
    assert values.keys() == {one["Name"] for one in definition(pipeline, PLACEMENT)["Parameters"]}
    assert (values["Share"], values["DigestInstructions"], values["Preset"]) == ("0.25", "d1", "sample")


def test_an_outcome_is_read_from_log_and_answers() -> None:
    events = [
        {"event": "start", "rows": 3},
        *({"event": "step", "loss": loss} for loss in (9.0, 3.0, 2.0, 1.0)),
    ]
    events += [{"event": "validation", "score": score} for score in (0.5, 0.25)]
    log = "\n".join(map(json.dumps, events))
    answers = "\n".join(json.dumps(ANSWER | {"score": score}) for score in (1.0, 0.0))
    found = outcome(GRID.cells[0], log, answers, 3.21)
    assert (found.loss, found.validation, found.answers.share, found.seconds) == (2.0, 0.5, 0.5, 3.2)


@pytest.mark.parametrize(
    ("log", "answers", "message"),
    [
        ("<html>", json.dumps(ANSWER), "its log is none of a tuning run"),
        ("", json.dumps(ANSWER), "logged no loss, or has no answer"),
        ('{"event": "step", "loss": 1}', "", "logged no loss, or has no answer"),
    ],
)
def test_other_texts_are_one_sentence(log: str, answers: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        outcome(GRID.cells[0], log, answers, 1.0, "run 7")
