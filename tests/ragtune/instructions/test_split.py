from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.instructions.build import BOTH, underlying
from ragtune.instructions.records import Instruction
from ragtune.instructions.split import documents_of, ladder, split

SUBJECTS = ("가", "나", "다", "라", "마", "바")


@st.composite
def instruction_sets(draw: st.DrawFn) -> list[Instruction]:
    made = []
    for number in range(draw(st.integers(0, 60))):
        one, other = draw(st.sampled_from(SUBJECTS)), draw(st.sampled_from(SUBJECTS))
        subject = one if draw(st.booleans()) else f"{one}{BOTH}{other}"
        document = draw(st.sampled_from(["d_1", "d_2", "d_3", "d_4", "d_5", "d_6", "d_7", "d_8"]))
        made.append(
            Instruction(
                id=f"i_{number}",
                question=f"질문 {number}",
                output="답",
                values=(),
                kind="value",
                category="condition",
                phrasing="short",
                fact=f"{subject}|{draw(st.sampled_from(['요금', '기간', '속도', '혜택']))}",
                document_id=document,
                document_digest="x",
                chunk_ids=(f"{document}:0",),
                generator="test",
                wording=draw(st.sampled_from(["value_short_1", "held_out_short"])),
            )
        )
    return made


@given(instruction_sets(), st.integers(0, 5), st.sampled_from([0.0, 0.1, 0.3, 0.5]))
def test_no_document_and_no_fact_is_on_both_sides(
    instructions: list[Instruction], seed: int, share: float
) -> None:
    parts = split(instructions, seed=seed, validation_share=share)
    sides = [(*parts.train, *parts.paraphrases), parts.validation]
    facts = [{fact for one in side for fact in underlying(one.fact)} for side in sides]
    documents = [{name for one in side for name in documents_of(one)} for side in sides]
    assert not facts[0] & facts[1]
    assert not documents[0] & documents[1]
    learnt = {fact for one in parts.train for fact in underlying(one.fact)}
    assert all(one.wording.startswith("held_out") for one in parts.paraphrases)
    assert all(learnt.issuperset(underlying(one.fact)) for one in parts.paraphrases)
    assert not any(one.wording.startswith("held_out") for one in parts.train)
    everything = (*parts.train, *parts.validation, *parts.paraphrases, *parts.withheld)
    assert sorted(one.id for one in everything) == sorted(one.id for one in instructions)
    assert len(parts.validation) <= 1.5 * share * len(instructions)


@given(instruction_sets(), st.integers(0, 5), st.randoms(use_true_random=False))
def test_the_order_of_the_instructions_does_not_matter(
    instructions: list[Instruction], seed: int, random: object
) -> None:
    one = split(instructions, seed=seed, validation_share=0.3)
    other = split(instructions[::-1], seed=seed, validation_share=0.3)
    assert {i.id for i in one.validation} == {i.id for i in other.validation}


@given(instruction_sets(), st.integers(0, 5))
def test_each_step_of_the_ladder_holds_the_one_before(instructions: list[Instruction], seed: int) -> None:
    steps = list(ladder(instructions, seed=seed, steps=(5, 10, 20, 40)).items())
    for (size, held), (_, larger) in pairwise(steps):
        assert len(held) == size
        assert larger[:size] == held
    assert steps[-1][0] == len(instructions)


def test_a_share_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"validation_share: 0\.9"):
        split([], seed=1, validation_share=0.9)
