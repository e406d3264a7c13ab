from dataclasses import replace
from pathlib import Path

from ragtune.evaluation.report import Report, answered_lengths, as_json, length_alarm, training_from_log
from tests.ragtune.evaluation.examples import report


def test_the_object_has_the_documented_shape() -> None:
    made = as_json(report())
    matrix, probes = made["matrix"], made["probes"]
    assert isinstance(matrix, dict)
    assert isinstance(probes, dict)
    assert set(matrix) == {"Base", "Base+RAG", "PEFT", "PEFT+RAG"}
    for column in matrix.values():
        assert {"overall", "process", "feature", "recommendation", "condition", "comparison"} == set(column)
        assert set(column["overall"]) == {"share", "low", "high", "n"}
    assert set(probes) == {"base", "plain", "retrieval_aware"}
    for probe in probes.values():
        for name in ("closed_book", "with_passage", "changed_passage", "stale", "absent"):
            assert 0 <= probe[name] <= 1
            assert probe["intervals"][name]["share"] == probe[name]
    assert made["seconds"] == report().seconds


def test_answers_much_shorter_than_the_training_data_raise_the_alarm() -> None:
    assert length_alarm((40, 40, 40), {"PEFT": (10, 12), "PEFT+RAG": (38, 44)}) == {"PEFT": 0.28}
    assert length_alarm((10, 10), {"PEFT": (40, 40)}) == {"PEFT": 4.0}
    assert length_alarm((), {"PEFT": (40,)}) == {}


def test_an_abstention_is_not_a_short_answer() -> None:
    lengths = answered_lengths(report())
    assert set(lengths) == {"PEFT", "PEFT+RAG"}
    assert set(lengths["PEFT+RAG"]) == {len("빛길라이트의 월 요금은 22,000원입니다.")}


def test_curves_come_from_the_log_of_a_run(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"event":"step","step":10,"loss":0.5}\nnot json\n'
        '{"event":"validation","step":10,"score":0.9}\n{"event":"done"}\n',
        encoding="utf-8",
    )
    run = training_from_log(log, "plain")
    assert (run.loss, run.score) == (((10.0, 0.5),), ((10.0, 0.9),))


def test_parts_may_be_missing() -> None:
    assert as_json(Report(answers=()))["matrix"] == {}
    assert as_json(replace(report(), probes={}))["probes"] == {}
