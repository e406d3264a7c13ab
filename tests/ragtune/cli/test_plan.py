"""`ragtune plan` as a user meets it."""

import json

from tests.ragtune.cli.conftest import Run


def test_parts_and_instances_are_shown(run: Run) -> None:
    code, said, _ = run("plan", "--preset", "kullm", "--method", "qlora", "--context", "1024")
    assert code == 0
    for word in ("12.89 billion", "optimizer", "activations", "KV cache", "ml.g5.2xlarge", "less: "):
        assert word in said, word


def test_a_model_that_no_instance_holds_is_said(run: Run) -> None:
    said = run("plan", "--preset", "ax4", "--context", "32768", "--sequences", "5000")[1]
    assert "no instance holds it" in said


def test_the_same_as_json(run: Run) -> None:
    found = json.loads(run("plan", "--preset", "ax4", "--json")[1])
    assert found["parameters"] > 71e9
    assert found["training"]["total"] == sum(found["training"]["parts"].values())


def test_a_preset_without_a_shape_wants_the_folder(run: Run) -> None:
    code, _, problems = run("plan", "--preset", "sample")
    assert (code, "states no [shape]; name the model's folder" in problems) == (2, True)
    assert run("plan", "--preset", "sample", "--model", "samples/model")[0] == 0
