"""Both pipelines as a user starts them: every job a process with a container's folders, on tiny pages."""

import json
import re
from pathlib import Path

import pytest

from ragtune.errors import GateRefused, ManifestMismatch
from ragtune.presets import FOLDER
from ragtune.registry import Registry
from tests.ragtune.cli.conftest import Run
from tests.training.test_train import RECIPE
from tests.training.tiny import write_model

pytestmark = pytest.mark.timeout(1800)
NAMES = ("기가라이트", "기가맥스", "기가프리미엄", "오피스", "주말", "청년")
PAGE = """<html><head><title>{name}</title></head><body><h1>{name}</h1>
<table><tr><th>월 요금</th><td>{price},000원</td></tr><tr><th>약정 기간</th><td>{months}개월</td></tr></table>
</body></html>"""


@pytest.fixture
def place(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pages, questions, a recipe, and a preset of a server that loads no adapters."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for folder in ("pages", "questions"):
        (tmp_path / folder).mkdir()
    for number, name in enumerate(NAMES):
        text = PAGE.format(name=name, price=22 + 11 * number, months=12 * (1 + number % 3))
        (tmp_path / "pages" / f"{number}.html").write_text(text, encoding="utf-8")
    write_questions(tmp_path / "questions")
    (tmp_path / "recipe.toml").write_text(
        RECIPE.replace("epochs = 12", "epochs = 1\nmax_steps = 3").replace(
            "closed_book = 60", "closed_book = 24"
        ),
        encoding="utf-8",
    )
    preset = (FOLDER / "sample.toml").read_text(encoding="utf-8")
    preset = preset.replace("closed_vocabulary = true", "closed_vocabulary = false")
    preset = re.sub(r"max_new_tokens = \d+", "max_new_tokens = 8", preset)
    preset = re.sub(r"context_tokens = \d+", "context_tokens = 256", preset)
    preset = preset.replace("runtime = true", "runtime = false")
    (tmp_path / "tiny.toml").write_text(preset, encoding="utf-8")
    write_model(tmp_path / "base")
    return tmp_path


def write_questions(folder: Path) -> None:
    asked = [
        {"id": f"e{number}", "question": f"{name} 요금은?", "category": "condition", "phrasing": "short",
         "source": f"{number}.html", "answer": f"{22 + 11 * number},000원",
         "required": [f"{22 + 11 * number},000원"], "ordered": False, "forbidden": []}
        for number, name in enumerate(NAMES[:2])
    ]  # fmt: skip
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in asked)
    (folder / "evaluation.jsonl").write_text(text, encoding="utf-8")
    absent = asked[0] | {"id": "u1", "question": "사무실 주소는?", "source": "", "answer": "", "required": []}
    (folder / "unanswerable.jsonl").write_text(
        json.dumps(absent, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def data(run: Run, place: Path) -> tuple[int, str, str]:
    return run("pipeline", "data", str(place / "pages"), "--questions", str(place / "questions"))


def model(run: Run, place: Path, *more: str) -> tuple[int, str, str]:
    return run(
        "pipeline", "model", "tuned", "--preset", str(place / "tiny.toml"), "--model", str(place / "base"),
        "--recipe", str(place / "recipe.toml"), "--questions", str(place / "questions"), *more,
    )  # fmt: skip


def test_pages_become_a_queue_then_a_registered_model_that_serves_and_steps_back(
    run: Run, place: Path
) -> None:
    code, said, problems = data(run, place)
    assert code == 0, problems
    assert "people decide now" in said
    queue = next((place / "state").glob("pipelines/data/*/review/model/queue.jsonl"))
    waiting = [json.loads(line) for line in queue.read_text(encoding="utf-8").splitlines()]
    assert len(waiting) > 10
    assert {one["reviewer"] for one in waiting} == {""}
    asked = {"기가라이트 요금은?", "기가맥스 요금은?"}
    assert not asked & {one["question"] for one in waiting}

    code, said, problems = model(run, place)
    assert code == 0, problems
    assert "registered tuned version 1: a candidate" in said
    for step in ("render", "train", "merge", "evaluate", "gate"):
        assert f"  {step}: " in said
    registry = Registry(place / "state" / "registry")
    package, state = registry.packages("tuned")[0]
    assert (package.form, state, package.verdict.passed) == ("merged", "candidate", True)
    assert {one.name for one in package.verdict.comparisons} == {"overall", "absent", "condition"}
    assert package.verdict.candidate != package.verdict.reference
    folder = registry.folder("tuned", 1)
    assert (folder / "model" / "model.safetensors").exists()

    assert run("model", "promote", "tuned")[0] == 0
    assert (place / "state" / "registry" / "tuned" / "current" / "model" / "config.json").exists()
    assert "current" in run("model", "list")[1]
    code, _, problems = run("model", "rollback", "tuned")
    assert (code, "no version served before" in problems) == (2, True)

    # Again, against the model that serves now: it is compared anew, but not trained anew.
    code, said, _ = model(run, place)
    assert code == 0
    assert "train: unchanged" in said
    assert "registered tuned version 1" in said  # the same weights
    states = run("pipeline", "status")[1]
    assert states.count("done") >= 9
    assert "waiting" not in states
    assert '"event": "done"' in run("pipeline", "logs", "train")[1]


def test_what_is_refused_before_any_job_runs(run: Run, place: Path) -> None:
    code, _, problems = model(run, place)
    assert (code, "no data pipeline has run here" in problems) == (2, True)
    undecided = (
        (place / "tiny.toml")
        .read_text(encoding="utf-8")
        .replace('commercial = "yes"', 'commercial = "check"')
    )
    (place / "tiny.toml").write_text(undecided, encoding="utf-8")
    code, _, problems = model(run, place)
    assert (code, "has not been decided on" in problems) == (2, True)


def test_a_teacher_needs_its_preset_and_a_decision_on_its_licence(run: Run, place: Path) -> None:
    asked = ("pipeline", "data", str(place / "pages"), "--questions", str(place / "questions"))
    code, _, problems = run(*asked, "--teacher", str(place / "base"))
    assert (code, "--teacher-preset: missing" in problems) == (2, True)
    code, _, problems = run(*asked, "--teacher", str(place / "base"), "--teacher-preset", "qwen3")
    assert (code, "has not been decided on" in problems) == (2, True)


def test_pages_are_taught_by_a_model_in_the_job(run: Run, place: Path) -> None:
    code, said, problems = run(
        "pipeline", "data", str(place / "pages"), "--questions", str(place / "questions"),
        "--teacher", "samples/model", "--teacher-preset", "sample", "--teaching-limit", "2",
    )  # fmt: skip
    assert code == 0, problems
    assert "people decide now" in said
    journal = next((place / "state").glob("pipelines/data/*/derive/checkpoints/answers.jsonl"))
    assert len(journal.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.soak
def test_a_sweep_measures_its_cells_and_judges_none(run: Run, place: Path) -> None:
    assert data(run, place)[0] == 0
    (place / "grid.toml").write_text(
        f'name = "one"\npreset = "{place}/tiny.toml"\nrecipe = "{place}/recipe.toml"\n'
        f'bases = ["{place}/base"]\nepochs = [1]\nsizes = [20]\nlimit = 2\n',
        encoding="utf-8",
    )
    code, said, problems = run("sweep", str(place / "grid.toml"), "--questions", str(place / "questions"))
    assert code == 0, problems
    assert "loss and answer score" in said
    (found,) = json.loads((place / "state" / "sweeps" / "one" / "outcomes.json").read_text(encoding="utf-8"))
    assert found["cell"]["size"] == 20
    assert found["loss"] > 0
    (execution,) = (place / "state" / "pipelines" / "sweep").iterdir()
    assert {path.name for path in execution.iterdir() if path.is_dir()} == {
        "render", "train", "merge", "evaluate",
    }  # fmt: skip


def test_a_reviewed_set_is_named_by_its_digest(run: Run, place: Path) -> None:
    assert data(run, place)[0] == 0
    code, _, problems = model(run, place, "--digest", "0123456789abcdef")
    assert code == ManifestMismatch.exit_code
    assert "but 0123456789abcdef is asked for" in problems
    assert "failed" in run("pipeline", "status")[1]


def test_a_model_that_lost_is_not_registered(run: Run, place: Path) -> None:
    """The base knows when to abstain, as it were: its answers are exchanged for right ones."""
    assert data(run, place)[0] == 0
    assert model(run, place)[0] == 0
    evaluated = next((place / "state").glob("pipelines/model/*/evaluate/model"))
    rows = [
        json.loads(line) for line in (evaluated / "reference.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    better = "".join(json.dumps(row | {"score": 1.0}) + "\n" for row in rows)
    (evaluated / "reference.jsonl").write_text(better, encoding="utf-8")
    (evaluated.parents[1] / "gate" / "made_from.json").unlink()
    code, _, problems = model(run, place)
    assert code == ManifestMismatch.exit_code  # the evaluation was tampered with: the seal says so
    (evaluated / "digests.json").unlink()
    code, _, problems = model(run, place)
    assert code == GateRefused.exit_code
    assert "lost" in problems
    assert "that one keeps serving" in problems


@pytest.mark.parametrize("kind", ["data", "model"])
def test_the_definition_is_printed_the_same_each_time(run: Run, kind: str) -> None:
    code, said, _ = run("pipeline", "definition", kind, "--preset", "kullm")
    assert code == 0
    assert said == run("pipeline", "definition", kind, "--preset", "kullm")[1]
    steps = json.loads(said)["Steps"]
    assert all(step["Arguments"].get("EnableNetworkIsolation", True) for step in steps)
    if kind == "model":
        assert [step["Name"] for step in steps][2] == "merge"
        assert steps[1]["Arguments"]["ResourceConfig"]["InstanceType"] == "ml.g5.2xlarge"


def test_a_value_without_a_name_is_refused(run: Run) -> None:
    code, _, problems = run("pipeline", "start", "model", "--value", "kullm", "--config", "config/dev.toml")
    assert (code, "'kullm' is not of the form Name=value" in problems) == (2, True)
