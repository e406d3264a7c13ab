"""`ragtune instructions build` with what people said of answers."""

import json
from pathlib import Path

from ragtune.feedback import Feedback, Verdict
from ragtune.instructions.ledger import read
from ragtune.records import to_json
from tests.ragtune.cli.conftest import Run


def test_corrected_answers_go_into_the_set_and_pages_that_go_wrong_are_told(
    run: Run, manuals: Path, tmp_path: Path
) -> None:
    run("ingest", str(manuals))
    told = json.loads(run("ask", "기가맥스의 월 요금은 얼마인가요?", "--json")[1])
    cited = (told["citations"][0]["document_id"],)
    folder = tmp_path / "said"
    folder.mkdir()
    given: list[tuple[Verdict, str]] = [
        ("corrected", "기가맥스의 월 요금은 33,000원입니다. [1]"),
        ("corrected", "기가맥스의 월 요금은 55,000원입니다."),
        ("wrong", ""),
        ("useful", ""),
    ]
    for number, (verdict, correction) in enumerate(given):
        said = Feedback(
            at="2026-11-22T01:00:03.120Z", caller="local", user="", labels=("public",),
            verdict=verdict, question="기가맥스를 쓰면 한 달에 얼마를 내나요?", answer="모릅니다.",
            correction=correction, citations=cited, versions={},
        )  # fmt: skip
        (folder / f"{number}.json").write_text(to_json(said), encoding="utf-8")
    (folder / "broken.json").write_text("{", encoding="utf-8")
    code, shown, problems = run(
        "instructions", "build", "--feedback", str(folder), "--output", str(tmp_path / "set"),
        "--validation-share", "0",
    )  # fmt: skip
    assert code == 0, problems
    line = "feedback: 2 corrected (1 taken, 1 not borne by a document), 1 useful, 1 wrong: 기가맥스 1"
    assert line in shown
    assert f"set aside: {folder}/broken.json: no record of feedback" in problems
    (one,) = [one for one in read(tmp_path / "set", "train") if one.generator.startswith("feedback")]
    assert (one.output, one.document_id) == ("기가맥스의 월 요금은 33,000원입니다.", cited[0])
    assert (one.state, one.reviewer) == ("generated", "")
    # What the console keeps is read without being named: reviewed corrections don't vanish by an option.
    folder.rename(tmp_path / "state" / "feedback")
    code, shown, problems = run("instructions", "build")
    assert code == 0, problems
    assert line in shown


def test_a_folder_of_feedback_that_is_not_there_is_one_sentence(run: Run, manuals: Path) -> None:
    run("ingest", str(manuals))
    code, _, problems = run("instructions", "build", "--feedback", "nowhere")
    assert code == 2
    assert problems.startswith("ragtune: nowhere: is not a folder")
