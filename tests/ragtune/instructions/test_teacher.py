"""A teacher's words become instructions only where the page bears every one of them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ragtune.errors import ModelUnavailable
from ragtune.instructions.build import build
from ragtune.instructions.filters import screen
from ragtune.instructions.records import Instruction
from ragtune.instructions.teacher import BATCH, CATEGORIES, Task, assign, pairs, teach, written
from ragtune.ports import Prompt
from ragtune.presets import load_preset
from tests.ragtune.instructions.pages import product, tariff

FEE = "빛길라이트 월 요금은 얼마인가요?"
PRESET = load_preset("kullm")
LIGHT = product("빛길라이트", "22,000원")
TABLE = tariff(
    ("상품", "월 요금", "속도"), ("빛길라이트", "22,000원", "100Mbps"), ("빛길맥스", "35,200원", "1Gbps")
)
ENTRIES = [LIGHT, TABLE]
CHUNKS = {chunk.id: chunk for entry in ENTRIES for chunk in entry.chunks}
TASKS = assign(ENTRIES, PRESET, seed=1, most=1000)


def trait(attribute: str, entry_id: str = LIGHT.document.id) -> Task:
    return next(
        one for one in TASKS if one.trait and one.trait.attribute == attribute and one.document_id == entry_id
    )


def whole(category: str, entry_id: str = TABLE.document.id) -> Task:
    return next(
        one for one in TASKS if not one.trait and one.category == category and one.document_id == entry_id
    )


def judged(task: Task, question: str, answer: str) -> str:
    """The reason why it is refused, "" when it is accepted."""
    made = screen(
        written(task, f"질문: {question}\n답: {answer}", "t 1"), CHUNKS, evaluation=["빛길라이트 위약금은?"]
    )
    assert len(made.accepted) + len(made.rejected) == 1
    return made.rejected[0].reason if made.rejected else ""


def test_every_category_and_trait_of_a_page_is_asked_for() -> None:
    assert {one.category for one in TASKS if not one.trait} == set(CATEGORIES)
    asked = {one.trait.fact for one in TASKS if one.trait}
    assert {"빛길라이트|월 요금", "빛길라이트|약정 기간", "빛길맥스|속도"} <= asked
    task = trait("월 요금")
    assert "빛길라이트의 월 요금에 대해" in task.prompt.text
    assert task.chunk.text in task.prompt.text
    assert "업무 절차" in whole("process").prompt.text


def test_the_seed_draws_and_a_bound_leaves_no_page_out() -> None:
    assert assign(ENTRIES, PRESET, seed=1, most=1000) == TASKS
    assert assign(ENTRIES, PRESET, seed=2, most=1000) != TASKS
    few = assign(ENTRIES, PRESET, seed=1, most=4)
    assert len(few) == 4
    assert {one.document_id for one in few} == {LIGHT.document.id, TABLE.document.id}


def test_a_good_answer_is_an_instruction_of_its_fact() -> None:
    task = trait("월 요금")
    text = "1. 질문: 빛길라이트는 한 달에 얼마인가요?\n답: 빛길라이트의 월 요금은 22,000원입니다. [1]"
    (one,) = screen(written(task, text, "t 1"), CHUNKS, evaluation=()).accepted
    assert (one.fact, one.values, one.kind) == ("빛길라이트|월 요금", ("22,000원",), "value")
    assert one.output == "빛길라이트의 월 요금은 22,000원입니다."
    assert (one.generator, one.reviewer, one.document_digest) == ("teacher t 1", "", LIGHT.document.digest)


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        (FEE, "빛길라이트의 월 요금은 33,000원입니다.", "ungrounded"),
        (FEE, "빛길라이트는 광랜을 처음 쓰는 고객을 위한 상품입니다.", "ungrounded"),
        (FEE, "월 요금은 22,000원입니다. 전국 어디서나 무료로 설치해 드립니다.", "ungrounded"),
        ("이 상품의 월 요금은 얼마인가요?", "월 요금은 22,000원입니다.", "needs the passage"),
        ("빛길맥스의 월 요금은 얼마인가요?", "월 요금은 22,000원입니다.", "needs the passage"),
        ("위 표에서 빛길라이트의 월 요금은?", "월 요금은 22,000원입니다.", "needs the passage"),
        (FEE, "죄송하지만 모르겠습니다. 22,000원", "don't know"),
        ("What is the fee of 빛길라이트?", "It is 22,000원 per month for everyone.", "wrong language"),
        ("빛길라이트?", "", "length"),
        ("빛길라이트 위약금은?", "월 요금은 22,000원입니다.", "evaluation question"),
        ("빛길라이트 담당 번호는?", "담당자 010-1234-5678, 22,000원입니다.", "personal data"),
    ],
)  # fmt: skip
def test_each_fault_is_refused_with_its_reason(question: str, answer: str, reason: str) -> None:
    assert judged(trait("월 요금"), question, answer) == reason


def test_a_value_of_another_row_is_refused() -> None:
    task = whole("condition")
    assert judged(task, "빛길라이트의 월 요금은 얼마인가요?", "월 요금은 22,000원입니다.") == ""
    assert judged(task, "빛길라이트의 월 요금은 얼마인가요?", "월 요금은 35,200원입니다.") == "ungrounded"
    both = "빛길라이트의 월 요금은 22,000원, 빛길맥스의 월 요금은 35,200원입니다."
    assert judged(task, "빛길라이트와 빛길맥스의 월 요금을 비교해 주세요.", both) == ""


def test_a_teacher_casts_no_doubt_on_the_rules() -> None:
    """It answers a question of theirs otherwise; theirs stays."""
    ruled = build([LIGHT], seed=1)
    one = next(each for each in ruled if each.fact == "빛길라이트|월 요금")
    text = f"질문: {one.question}\n답: 빛길라이트의 월 요금은 22,000원이 아닙니다."
    for order in (1, -1):
        both: list[Instruction] = [*ruled, *written(trait("월 요금"), text, "t 1")][::order]
        made = screen(both, CHUNKS, evaluation=())
        assert made.counts == {"duplicate": 1}
        assert one in made.accepted


@pytest.mark.parametrize(
    ("text", "count"),
    [("없음", 0), ("", 0), ("답: 33,000원", 0), ("질문: 요금은?", 0),
     ("질문: 가?\n답: 나\n다\n질문: 라?\n답: 마", 2),
     ("Q1: 가?\nA1: 나", 1), ("질문: 가?\n답: 나\n" * 50, 8)],
)  # fmt: skip
def test_answers_of_any_form_are_read(text: str, count: int) -> None:
    assert len(list(pairs(text))) == count


class Counting:
    """A teacher that is away after so many batches."""

    name = "counting 1"

    def __init__(self, batches: int) -> None:
        self.left = batches
        self.asked: list[str] = []

    def answers(self, prompts: Sequence[Prompt]) -> list[str]:
        if self.left == 0:
            raise ModelUnavailable("the teacher is away")
        self.left -= 1
        self.asked += [prompt.text for prompt in prompts]
        return [f"{len(prompt.text)}" for prompt in prompts]


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    pages = [product(f"빛길{n}호", f"{n},000원") for n in range(10, 22)]
    tasks = assign(pages, PRESET, seed=1, most=2 * BATCH)
    assert len(tasks) == 2 * BATCH
    journal = tmp_path / "checkpoints" / "answers.jsonl"
    with pytest.raises(ModelUnavailable):
        teach(tasks, Counting(batches=1), journal)
    with journal.open("a", encoding="utf-8") as lines:
        lines.write('{"task": "cut off by')
    second = Counting(batches=9)
    assert teach(tasks, second, journal) == [f"{len(task.prompt.text)}" for task in tasks]
    assert len(second.asked) <= BATCH
    assert teach(tasks, Counting(batches=0), journal) == teach(tasks, second, journal)
