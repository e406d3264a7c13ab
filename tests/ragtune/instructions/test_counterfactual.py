import random

from hypothesis import given
from hypothesis import strategies as st

from ragtune.documents import Passage
from ragtune.instructions.build import bears, build
from ragtune.instructions.counterfactual import (
    attribute,
    changeable,
    changed,
    changed_instruction,
    changed_passages,
    pools,
    redrawn,
    values_in,
)
from ragtune.values import stands
from tests.ragtune.instructions.pages import procedure, product, tariff

TABLE = tariff(
    ("상품명", "월 요금"), ("빛길라이트", "22,000원"), ("빛길맥스", "35,200원"), ("빛길프로", "4,400원")
)
INSTRUCTIONS = build([product("빛길라이트", "22,000원"), TABLE], seed=1)
AMOUNTS = st.integers(1, 10**6).map(lambda amount: f"{amount:,}원")


def test_values_are_replaced_whole_wherever_they_stand() -> None:
    text = "22,000원(부가세 포함), 22000 원은 같고 122,000원은 다릅니다."
    assert changed(text, {"22,000원": "무료"}) == "무료(부가세 포함), 무료는 같고 122,000원은 다릅니다."


def test_two_values_can_change_places() -> None:
    assert (
        changed("가 1,000원 나 2,000원", {"1,000원": "2,000원", "2,000원": "1,000원"})
        == "가 2,000원 나 1,000원"
    )


@given(st.lists(AMOUNTS, min_size=1, max_size=6), AMOUNTS, AMOUNTS)
def test_after_a_change_the_old_value_is_gone_and_the_rest_stays(rest: list[str], old: str, new: str) -> None:
    text = " / ".join([*rest, old])
    result = changed(text, {old: new}).split(" / ")
    assert result == [new if one == old else one for one in [*rest, old]]


def test_passages_and_answer_change_alike() -> None:
    one = next(i for i in INSTRUCTIONS if i.fact == "빛길맥스|월 요금")
    mapping = redrawn(pools(INSTRUCTIONS), random.Random(1), asked=attribute(one.fact))
    passages = tuple(Passage(chunk=chunk, score=1.0) for chunk in TABLE.chunks)
    shown = changed_passages(passages, mapping)
    answer = changed_instruction(one, mapping)
    assert answer.values != one.values
    assert answer.values[0] in pools(INSTRUCTIONS)["월 요금"]
    assert answer.output == f"빛길맥스의 월 요금은 {answer.values[0]}입니다."
    assert any(stands(passage.chunk.text, answer.values[0]) for passage in shown)
    assert [passage.chunk.id for passage in shown] == [passage.chunk.id for passage in passages]


def test_a_value_never_stays_and_is_drawn_from_its_attribute() -> None:
    for seed in range(20):
        for old, new in redrawn(pools(INSTRUCTIONS), random.Random(seed), asked="월 요금").items():
            assert new != old
            assert new in pools(INSTRUCTIONS)["월 요금"]


def test_an_only_value_is_not_redrawn() -> None:
    assert redrawn({"약정 기간": ("36개월",)}, random.Random(1)) == {}


def test_what_follows_from_comparing_values_is_not_changeable() -> None:
    assert {one.kind for one in INSTRUCTIONS if changeable(one)} == {"value", "comparison", "selection"}
    assert not [one for one in INSTRUCTIONS if changeable(one) and "가장" in one.output]


def test_a_value_that_the_question_gives_changes_in_it_too() -> None:
    one = next(one for one in INSTRUCTIONS if one.kind == "selection" and one.given == ("22,000원",))
    other = changed_instruction(one, {"22,000원": "4,400원"})
    assert "4,400원" in other.question
    assert other.output == one.output.replace("22,000원", "4,400원")
    assert (other.values, other.given) == (one.values, ("4,400원",))


def test_steps_are_exchanged_for_other_procedures_steps_in_passages_and_answer_alike() -> None:
    page = procedure()
    one = next(one for one in build([page], seed=1) if one.kind == "steps")
    assert changeable(one)
    assert pools([one]) == {"순서": ("본인 확인", "사유 청취", "장비 회수 예약")}
    new = {"본인 확인": "장비 회수 예약", "사유 청취": "본인 확인", "장비 회수 예약": "사유 청취"}
    other = changed_instruction(one, new)
    told = "순서는 다음과 같습니다.\n1. 장비 회수 예약\n2. 본인 확인\n3. 사유 청취"
    assert other.output.endswith(told)
    (shown,) = changed_passages([Passage(chunk=page.chunks[0], score=1.0)], new)
    assert bears(shown.chunk, other.values, "서비스 해지")


def test_values_in_a_text_are_found_in_order() -> None:
    assert values_in("35,200원 그리고 4,400원", ("4,400원", "35,200원", "200원")) == ("35,200원", "4,400원")
