"""The derive job with a teacher: a server that plays good and bad answers, and a model loaded in the job; and
with people's corrected answers."""

# ruff: noqa: S603 - our own jobs

import json
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from ragtune.errors import BadInput, ModelUnavailable
from ragtune.feedback import Feedback
from ragtune.records import to_json
from tests.ragtune.deployment import Script, scripted_server, token_lines
from tests.training.test_train import ALONE

pytestmark = pytest.mark.timeout(600)
PAGE = """<html><head><title>{name}</title></head><body><h1>{name}</h1>
<table><tr><th>월 요금</th><td>{fee}</td></tr>
<tr><th>약정 기간</th><td>12개월</td></tr></table></body></html>"""
GOOD = "질문: 빛길라이트는 한 달에 얼마를 내나요?\n답: 빛길라이트의 월 요금은 22,000원입니다."
BAD = "질문: 빛길라이트의 위약금은 얼마인가요?\n답: 빛길라이트의 위약금은 99,000원입니다."


def job(module: str, root: Path, run: str, **variables: str) -> subprocess.CompletedProcess[str]:
    places = {"SM_MODEL_DIR": "model", "SM_OUTPUT_DATA_DIR": "data", "SM_CHECKPOINT_DIR": "checkpoints"}
    own = {name: str(root / run / folder) for name, folder in places.items()}
    own["SM_CHANNEL_CONFIG"] = str(root / "config")
    return subprocess.run(
        [sys.executable, "-m", module],
        env=ALONE | own | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two pages, as the step before leaves it, and the rest that the next steps read."""
    root = tmp_path_factory.mktemp("teaching")
    for folder in ("config", "pages", "questions"):
        (root / folder).mkdir()
    copyfile("config/pipeline.toml", root / "config" / "settings.toml")
    (root / "questions" / "asked.jsonl").write_text('{"question": "주소는?"}\n', encoding="utf-8")
    for name, fee in (("빛길라이트", "22,000원"), ("빛길맥스", "35,200원")):
        (root / "pages" / f"{name}.html").write_text(PAGE.format(name=name, fee=fee), encoding="utf-8")
    made = job("training.prepare", root, "prepare", SM_CHANNEL_DOCUMENTS=str(root / "pages"))
    assert made.returncode == 0, made.stderr
    return root


def derive(root: Path, run: str, **variables: str) -> subprocess.CompletedProcess[str]:
    index = str(root / "prepare" / "model")
    return job("training.derive", root, run, SM_CHANNEL_INDEX=index, **variables)


def derived(root: Path, run: str) -> list[dict[str, str]]:
    path = root / run / "model" / "derived.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_a_server_writes_is_screened_beside_the_rules(root: Path) -> None:
    script = Script(parts=[token_lines(f"{GOOD}\n{BAD}")])
    with scripted_server(script) as url:
        told = {"SM_HP_TEACHER_URL": url, "SM_HP_TEACHER_PRESET": "kullm", "SM_HP_TEACHING_LIMIT": "7"}
        done = derive(root, "served", **told)
    assert done.returncode == 0, done.stderr
    assert len(script.asked) == 7
    taught = [one for one in derived(root, "served") if one["generator"].startswith("teacher")]
    assert len(taught) == 14
    assert len(derived(root, "served")) > len(taught)  # the rules' own
    index = str(root / "prepare" / "model")
    screened = job(
        "training.screen",
        root,
        "screen",
        SM_CHANNEL_DERIVED=str(root / "served" / "model"),
        SM_CHANNEL_INDEX=index,
        SM_CHANNEL_QUESTIONS=str(root / "questions"),
    )
    assert screened.returncode == 0, screened.stderr
    folder = root / "screen" / "model"
    kept = "".join((folder / f"{name}.jsonl").read_text("utf-8") for name in ("train", "validation"))
    assert "한 달에 얼마를 내나요?" in kept
    assert "위약금" not in kept
    refused = [json.loads(line) for line in (folder / "rejected.jsonl").read_text("utf-8").splitlines()]
    reasons = {one["reason"] for one in refused if "위약금" in one["question"]}
    assert reasons == {"ungrounded", "needs the passage"}  # the other where the other page was shown
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "teacher" in manifest["generator"]


def test_a_server_that_breaks_off_is_asked_only_for_the_rest(root: Path) -> None:
    with scripted_server(Script(parts=[token_lines(GOOD)])) as url:
        told = {"SM_HP_TEACHER_URL": url, "SM_HP_TEACHER_PRESET": "kullm", "SM_HP_TEACHING_LIMIT": "4"}
        assert derive(root, "again", **told).returncode == 0
        before = derived(root, "again")
    away = derive(root, "again", **told | {"SM_HP_TEACHING_LIMIT": "6"})
    assert away.returncode == ModelUnavailable.exit_code
    assert "ragtune: the model server" in away.stderr
    assert derive(root, "again", **told).returncode == 0  # everything is in the journal: nobody is asked
    assert derived(root, "again") == before


def test_a_model_in_the_job_is_asked_in_batches_and_answers_alike(root: Path) -> None:
    """The sample base writes no pairs: it reads. That it is loaded, asked and screened is what this shows."""
    told = {
        "SM_CHANNEL_TEACHER": "samples/model",
        "SM_HP_TEACHER_PRESET": "sample",
        "SM_HP_TEACHING_LIMIT": "5",
    }
    journals = []
    for run in ("loaded", "twice"):
        done = derive(root, run, **told)
        assert done.returncode == 0, done.stderr
        journals.append((root / run / "checkpoints" / "answers.jsonl").read_text(encoding="utf-8"))
    assert journals[0] == journals[1]
    texts = [json.loads(line)["text"] for line in journals[0].splitlines()]
    assert len(texts) == 5
    assert any(texts)
    assert derived(root, "loaded")  # the rules' own


def test_corrected_answers_of_a_channel_are_derived_beside_the_rules(root: Path) -> None:
    assert derive(root, "plain").returncode == 0
    light = next(one["document_id"] for one in derived(root, "plain") if one["fact"] == "빛길라이트|월 요금")
    folder = root / "feedback"
    folder.mkdir()
    said = Feedback(
        at="2026-11-22T01:00:03.120Z", caller="desk/s1", user="", labels=("public",), verdict="corrected",
        question="빛길라이트는 한 달에 얼마를 내나요?", answer="모릅니다.",
        correction="빛길라이트의 월 요금은 22,000원입니다.", citations=(light,), versions={},
    )  # fmt: skip
    (folder / "a.json").write_text(to_json(said), encoding="utf-8")
    (folder / "b.json").write_text("{", encoding="utf-8")
    done = derive(root, "corrected", SM_CHANNEL_FEEDBACK=str(folder))
    assert done.returncode == 0, done.stderr
    assert f"set aside: {folder}/b.json: no record of feedback" in done.stderr
    assert "feedback: 1 corrected (1 to be screened), 0 useful, 0 wrong" in done.stderr
    (one,) = [one for one in derived(root, "corrected") if one["generator"].startswith("feedback")]
    assert (one["document_id"], one["output"]) == (light, said.correction)
    assert len(derived(root, "corrected")) == len(derived(root, "plain")) + 1


def test_pages_are_not_sent_to_another_machine(root: Path) -> None:
    told = {"SM_HP_TEACHER_URL": "http://teacher.example:8000", "SM_HP_TEACHER_PRESET": "kullm"}
    done = derive(root, "elsewhere", **told)
    assert done.returncode == BadInput.exit_code
    assert "is not on this machine; pages would leave it" in done.stderr


def test_a_teacher_without_a_preset_is_one_sentence(root: Path) -> None:
    done = derive(root, "unprompted", SM_HP_TEACHER_URL="http://127.0.0.1:9")
    assert done.returncode == BadInput.exit_code
    assert "teacher_preset: missing" in done.stderr


def test_a_teacher_that_no_chunk_fits_is_said(root: Path) -> None:
    text = Path("ragtune/presets/kullm.toml").read_text(encoding="utf-8")
    small = text.replace("context_tokens = 2048", "context_tokens = 512")
    (root / "small.toml").write_text(small, encoding="utf-8")
    told = {"SM_HP_TEACHER_URL": "http://127.0.0.1:9", "SM_HP_TEACHER_PRESET": str(root / "small.toml")}
    done = derive(root, "small", **told)
    assert done.returncode == BadInput.exit_code
    assert "no chunk fits the 512 tokens of preset 'small'" in done.stderr
