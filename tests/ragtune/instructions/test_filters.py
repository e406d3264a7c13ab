from dataclasses import replace

import pytest

from ragtune.instructions.build import build
from ragtune.instructions.filters import nearly_one_of, pairs, screen
from tests.ragtune.instructions.pages import product

PAGE = product("빛길라이트", "22,000원")
CHUNKS = {chunk.id: chunk for chunk in PAGE.chunks}
ONE = build([PAGE], seed=1)[0]


def test_what_is_sound_is_accepted() -> None:
    made = screen(build([PAGE], seed=1), CHUNKS, evaluation=())
    assert made.counts == {}
    assert made.rejected == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"question": "왜?"}, "length"),
        ({"output": "죄송하지만 잘 모르겠습니다. 22,000원"}, "don't know"),
        ({"output": "빛길라이트의 월 요금은 문서에 없음."}, "don't know"),
        ({"question": "위 표에서 빛길라이트의 월 요금은 얼마인가요?"}, "needs the passage"),
        ({"output": "The monthly fee of this product is 22,000 won."}, "wrong language"),
        ({"output": "빛길라이트 담당자 010-1234-5678에게 22,000원"}, "personal data"),
        ({"values": ("99,000원",)}, "ungrounded"),
        ({"chunk_ids": ()}, "ungrounded"),
    ],
)
def test_each_fault_has_its_reason(change: dict[str, object], reason: str) -> None:
    made = screen([replace(ONE, **change)], CHUNKS, evaluation=())  # type: ignore[arg-type]
    assert made.counts == {reason: 1}
    assert made.rejected[0].state == "rejected"
    assert made.rejected[0].reason == reason


def test_evaluation_questions_are_refused_also_when_nearly_the_same() -> None:
    asked = replace(ONE, question="빛길라이트의 월 요금은 얼마인지 알려 주세요")
    assert screen([asked], CHUNKS, evaluation=["빛길라이트의 월 요금은 얼마인지 알려주세요!"]).counts == {
        "evaluation question": 1
    }
    assert not nearly_one_of(asked.question, [pairs("빛길맥스의 약정 기간은 얼마인지 알려 주세요")])


def test_of_equal_ones_the_first_stays_with_the_chunks_of_all() -> None:
    page = product("빛길라이트", "22,000원", digest="other")
    elsewhere = replace(page.chunks[-1], document_id="d_other")
    twin = replace(ONE, id="i_2", question=ONE.question.replace(" ", ""), chunk_ids=(elsewhere.id,))
    made = screen([ONE, twin], CHUNKS | {elsewhere.id: elsewhere}, evaluation=())
    assert made.counts == {"duplicate": 1}
    assert made.accepted == (replace(ONE, chunk_ids=(*ONE.chunk_ids, elsewhere.id)),)


def test_one_question_with_two_answers_is_ambiguous() -> None:
    other = replace(ONE, id="i_2", output="빛길라이트의 월 요금은 22,000원이 아닙니다.")
    assert screen([ONE, other], CHUNKS, evaluation=()).counts == {"ambiguous": 2}
