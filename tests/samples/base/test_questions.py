"""What the base is asked: right answers for what is shown, and no word of the evaluation's questions."""

import json
import re
from pathlib import Path
from random import Random

import pytest

from ragtune.instructions.wordings import Word
from samples.base.questions import ASKING, Asked, colloquial, meaning, of_steps
from samples.base.worlds import World, make_world
from samples.facts import load
from samples.handbook import load as handbook
from samples.handbook import step_names

ROOT = Path(__file__).parents[3]
FACTS = load()
PRODUCTS = [product.name for product in FACTS.product]
VALUES = [value for pool in FACTS.pools.values() for value in pool]
SAME = {word: word for word in (*PRODUCTS, *VALUES, *step_names(handbook()))}


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(FACTS, 5)


def asked(world: World, kind: str, count: int) -> list[Asked]:
    rng = Random(3)
    facts = world.targets if kind == "recommend" else world.facts
    made = (ASKING[kind](world, rng.choice(facts), SAME, rng) for _ in range(count))
    return [one for one in made if one]


@pytest.mark.parametrize("kind", list(ASKING))
def test_each_kind_is_answered_from_its_chunks_and_from_no_others(world: World, kind: str) -> None:
    for one in asked(world, kind, 60):
        shown = {min(part) for part in one.parts}
        if not shown & one.misleading:
            assert one.answer_from(shown) == one.answer
        others = set(range(len(world.chunks))) - one.bearing
        assert one.answer_from(others) == one.absent
        assert "{" not in one.question


def test_half_an_answer_is_none(world: World) -> None:
    for one in asked(world, "pair", 40):
        first, second = one.parts
        for shown in (first - second, second - first):
            if shown:
                assert one.answer_from(set(shown)) == ""


def test_words_are_exchanged_in_question_and_answer_alike(world: World) -> None:
    fact = next(fact for fact in world.facts if fact.attribute == "월 요금")
    words = SAME | {fact.product: "나들이알뜰", fact.value: "4,400원"}
    one = ASKING["value"](world, fact, words, Random(1))
    assert one is not None
    assert "나들이알뜰" in one.question
    assert one.answer == "나들이알뜰의 월 요금은 4,400원입니다."


def test_every_procedure_is_asked_for_and_its_steps_are_exchanged(world: World) -> None:
    telling = {f"{a.title} › {part.title}" for a in handbook().article for part in a.part if part.steps}
    assert set(of_steps()) == telling
    assert len(world.procedures) >= 0.9 * len(telling)
    words = {word: word for word in SAME} | {"개통일 확인": "채널 시험"}
    answers = {
        one.answer for n in range(400) if (one := ASKING["steps"](world, world.facts[0], words, Random(n)))
    }
    told = next(answer for answer in answers if "2. 철회 사유 기록" in answer)
    assert told.splitlines()[:2] == ["순서는 다음과 같습니다.", "1. 채널 시험"]


def test_every_attribute_and_every_phrase_has_its_wordings() -> None:
    said = colloquial()
    assert set(said.value) == set(said.pair) == set(said.choice) == set(FACTS.pools)
    pools = [FACTS.pools[name] for name in ("추천 대상", "가입 혜택", "신청 방법")]
    assert set(meaning()) == {value for pool in pools for value in pool}
    words = {name: Word("빛길맥스") for name in "povct"}
    templates = [
        text for group in (said.value, said.pair, said.choice) for texts in group.values() for text in texts
    ]
    for template in (*templates, *said.recommend):
        assert template.format(**words) != template


def test_no_question_of_the_evaluation_is_among_them() -> None:
    cut = re.compile("|".join((*PRODUCTS, r"\{.*?\}", r"[\s?.,!]")))
    lines = (ROOT / "samples/questions/evaluation.jsonl").read_text(encoding="utf-8").splitlines()
    kept = {cut.sub("", json.loads(line)["question"]) for line in lines}
    said = colloquial()
    groups = (said.value, said.pair, said.choice)
    written = {cut.sub("", text) for group in groups for texts in group.values() for text in texts}
    assert len(kept) == 50
    steps = {cut.sub("", text) for texts in of_steps().values() for text in texts}
    assert not kept & (written | steps | {cut.sub("", text) for text in said.recommend})
