from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.evaluation.grading import Grade, grade, malformed
from ragtune.evaluation.records import Question

FEE = Question(
    id="e1",
    question="빛길라이트의 월 요금은 얼마인가요?",
    category="condition",
    phrasing="sentence",
    source="bitgil.html",
    answer="빛길라이트의 월 요금은 22,000원입니다.",
    required=("22,000원",),
    forbidden=("23,100원",),
)
STEPS = replace(
    FEE, answer="본인 확인, 사유 청취, 장비 회수 순입니다.", forbidden=(), ordered=True,
    required=("본인 확인", "사유 청취", "장비 회수"),
)  # fmt: skip
NONE = replace(FEE, required=(), answer="")


def points(question: Question, answer: str, document: str = "") -> tuple[int, int]:
    found = grade(question, answer, document)
    return found.accuracy, found.detail


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("빛길라이트의 월 요금은 22,000원입니다.", (2, 2)),
        ("빛길라이트의 월 요금은 22000 원입니다. [1]", (2, 2)),
        ("빛길라이트의 월 요금은 22,000원이다.", (2, 1)),
        ("22,000원", (2, 0)),
        ("22,000원 또는 23,100원입니다.", (1, 2)),
        ("빛길라이트의 월 요금은 23,100원입니다.", (0, 0)),
        ("빛길라이트의 월 요금은 122,000원입니다.", (0, 0)),
        ("빛길라이트의 월 요금은 22,000원입니다. 빛길라이트의 월 요금은 22,000원입니다.", (2, 0)),
        ("22,000원입니다. 요금 요금 요금 요금", (2, 0)),
        ("22,000원입니다. 그리고 이것은", (2, 0)),
        ("22,000원입니다 ### 명령어:", (2, 0)),
        ("The monthly fee of this product is 22,000 won a month.", (0, 0)),
        ("", (0, 0)),
        ("빛길라이트의 월 요금은 문서에 없음.", (0, 0)),
    ],
)
def test_a_value_question_asked_for_whole_sentences(answer: str, expected: tuple[int, int]) -> None:
    assert points(FEE, answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("22,000원", (2, 2)),
        ("월 22,000원입니다.", (2, 2)),
        ("빛길라이트의 월 요금은 22,000원입니다.", (2, 1)),
        ("빛길라이트의 월 요금은 22,000원입니다. 더 궁금한 점은 문의해 주세요.", (2, 0)),
    ],
)
def test_a_short_answer_holds_nothing_needless(answer: str, expected: tuple[int, int]) -> None:
    assert points(replace(FEE, phrasing="short", answer="22,000원"), answer) == expected


def test_a_concise_answer_is_one_complete_sentence() -> None:
    concise = replace(FEE, phrasing="concise")
    assert points(concise, "월 요금은 22,000원이다.") == (2, 2)
    assert points(concise, "22,000원") == (2, 1)
    assert points(concise, "요금을 알려 드립니다. 22,000원입니다.") == (2, 1)


def test_steps_count_in_their_order() -> None:
    right = "다음 순서입니다.\n1. 본인 확인\n2. 사유 청취\n3. 장비 회수"
    assert points(replace(STEPS, phrasing="concise"), right)[0] == 2
    assert points(STEPS, "장비 회수, 사유 청취, 본인 확인 순입니다.") == (1, 2)
    assert points(STEPS, "본인 확인과 장비 회수를 합니다.") == (1, 2)


def test_what_no_document_holds_is_answered_by_saying_so() -> None:
    assert points(NONE, "문서에서 찾을 수 없습니다.") == (2, 2)
    assert points(NONE, "빛길라이트의 로밍 요금은 문서에 없음.") == (2, 2)
    assert points(NONE, "22,000원입니다.") == (0, 0)


def test_a_number_that_the_page_does_not_hold_contradicts_it() -> None:
    page = "빛길라이트의 월 요금은 22,000원, 약정은 36개월입니다."
    assert points(FEE, "월 요금은 22,000원, 약정은 36개월입니다.", page) == (2, 2)
    assert points(FEE, "월 요금은 22,000원, 약정은 12개월입니다.", page) == (1, 2)


@given(st.text(max_size=80))
def test_any_answer_gets_a_grade_in_range(answer: str) -> None:
    for question in (FEE, STEPS, NONE, replace(FEE, phrasing="short"), replace(FEE, phrasing="concise")):
        found = grade(question, answer)
        assert isinstance(found, Grade)
        assert 0 <= found.accuracy <= 2
        assert 0 <= found.detail <= 2
        assert found.accuracy or not found.detail


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_only_the_required_amount_earns_accuracy(required: int, said: int) -> None:
    question = replace(FEE, required=(f"{required:,}원",), forbidden=())
    assert (grade(question, f"요금은 {said}원입니다.").accuracy == 2) == (required == said)


@given(st.permutations(["본인 확인", "사유 청취", "장비 회수"]))
def test_only_the_right_order_earns_full_accuracy(order: list[str]) -> None:
    accuracy = grade(STEPS, f"{', '.join(order)} 순입니다.").accuracy
    assert accuracy == (2 if tuple(order) == STEPS.required else 1)


@given(st.sampled_from(["23,100원", "23100원", "2만 3,100원"]))
def test_a_forbidden_value_beside_the_right_one_costs_a_point(wrong: str) -> None:
    question = replace(FEE, forbidden=("23,100원", "2만 3,100원"))
    assert grade(question, f"22,000원 또는 {wrong}입니다.").accuracy == 1


def test_names_in_latin_letters_do_not_make_an_answer_foreign() -> None:
    assert malformed("Wi-Fi 6 공유기를 드립니다.") == ""
    assert malformed("料金は22,000원です。") == "not Korean"
