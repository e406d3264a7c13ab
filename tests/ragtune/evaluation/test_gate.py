"""The gate passes what is as good, refuses what lost, and says where."""

import random

import pytest

from ragtune.errors import BadInput, GateRefused
from ragtune.evaluation.gate import ABSENT, Scored, Terms, judge

CATEGORIES = ("condition", "process", "feature", "comparison", "recommendation")


def answers(scores: dict[str, list[float]]) -> list[Scored]:
    return [
        Scored(question_id=f"{name}{place}", category=name, score=score, question="?", text="!")
        for name, held in scores.items()
        for place, score in enumerate(held)
    ]


def fifty(seed: int = 1, share: float = 0.8) -> dict[str, list[float]]:
    rng = random.Random(seed)
    return {name: [float(rng.random() < share) for _ in range(10)] for name in CATEGORIES}


def test_the_same_answers_pass() -> None:
    verdict = judge(answers(fifty()), answers(fifty()), Terms())
    assert (verdict.passed, verdict.refusals) == (True, ())
    assert [one.name for one in verdict.comparisons] == ["overall", *sorted(CATEGORIES)]
    assert {(one.difference, one.low, one.high, one.p) for one in verdict.comparisons} == {(0, 0, 0, 1)}
    verdict.require()


def test_a_better_model_passes_with_its_interval() -> None:
    verdict = judge(answers(fifty(share=0.9)), answers(fifty(share=0.5)), Terms())
    overall = verdict.comparisons[0]
    assert verdict.passed
    assert 0 < overall.low < overall.difference < overall.high
    assert overall.p > 0.99


def test_a_loss_of_one_category_is_refused_though_the_whole_won() -> None:
    reference, candidate = fifty(share=0.5), fifty(share=0.5)
    candidate = {name: [1.0] * 10 for name in CATEGORIES} | {"process": [0.0] * 10}
    reference["process"] = [1.0] * 9 + [0.0]
    verdict = judge(answers(candidate), answers(reference), Terms())
    assert verdict.comparisons[0].difference > 0
    assert [told.split(":")[0] for told in verdict.refusals] == ["process"]
    with pytest.raises(GateRefused, match=r"process: lost 0\.90 \(-1\.00 to -0\.70, n = 10\)"):
        verdict.require()


def test_a_small_sure_loss_and_a_large_unsure_one_are_both_refused() -> None:
    steady = {"condition": [1.0] * 200}
    worse = {"condition": [0.98] * 200}
    verdict = judge(answers(worse), answers(steady), Terms())
    assert verdict.comparisons[0].difference == pytest.approx(-0.02)  # less than the terms allow, but sure
    assert not verdict.passed
    unsure = judge(answers({"process": [1, 1, 1, 1, 0]}), answers({"process": [1, 1, 1, 1, 1]}), Terms())
    assert unsure.comparisons[0].high == 0
    assert not unsure.passed
    assert judge(
        answers({"process": [1, 1, 1, 1, 0]}), answers({"process": [1] * 5}), Terms(overall=0.3, category=0.3)
    ).passed


def test_answers_where_there_are_none_count_as_a_category() -> None:
    verdict = judge(
        answers({"process": [1.0] * 20, ABSENT: [0.0] * 10}),
        answers({"process": [0.0] * 20, ABSENT: [1.0] * 10}),
        Terms(),
    )
    assert [told.split(":")[0] for told in verdict.refusals] == [ABSENT]


def test_the_sign_flip_chance_is_the_exact_one() -> None:
    """Three lost, one won, of equal size: 5 of the 16 signs are as bad."""
    lost = judge(answers({"process": [0, 0, 0, 1]}), answers({"process": [1, 1, 1, 0]}), Terms())
    assert lost.comparisons[0].p == pytest.approx(5 / 16, abs=1e-4)
    many = judge(answers({"process": [0.0] * 20}), answers({"process": [1.0] * 20}), Terms())
    assert many.comparisons[0].p < 0.001


@pytest.mark.parametrize(
    ("candidate", "reference", "message"),
    [
        ({"process": [1.0]}, {"process": [1.0, 1.0]}, "answered other questions \\(process1\\)"),
        ({}, {}, "no question was asked"),
    ],
)
def test_other_questions_are_refused(
    candidate: dict[str, list[float]], reference: dict[str, list[float]], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        judge(answers(candidate), answers(reference), Terms())


def test_a_question_twice_is_refused() -> None:
    one = answers({"process": [1.0]})
    with pytest.raises(BadInput, match="one of them twice"):
        judge([*one, *one], one, Terms())
