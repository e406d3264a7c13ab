"""The words of the sample base's tokenizer, and which instructions it can answer with them."""

from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.errors import BadInput
from ragtune.instructions.records import Instruction
from ragtune.prompts import NOT_FOUND
from ragtune.vocabulary import sayable, unsayable, whole_words

MODEL = Path("samples/model")


def instruction(value: str, product: str = "빛길라이트") -> Instruction:
    return Instruction(
        id="i_1",
        question="요금은?",
        output=f"빛길라이트의 월 요금은 {value}입니다.",
        values=(value,),
        kind="value",
        category="condition",
        phrasing="short",
        fact=f"{product}|월 요금",
        document_id="d_1",
        document_digest="",
        chunk_ids=(),
        generator="rules",
    )


def test_the_sample_base_says_values_of_its_pools_alone() -> None:
    words = whole_words(MODEL)
    known, unknown = instruction("33,000원"), instruction("33,333원")
    assert sayable([known, unknown, instruction("33,000원", "다른집상품")], words) == [known]


def test_a_choice_is_within_reach_where_the_question_gives_the_value() -> None:
    words = whole_words(MODEL)
    lowest = replace(instruction("빛길라이트"), kind="selection")
    given = replace(lowest, given=("33,000원",))
    assert sayable([lowest, given, replace(lowest, given=("33,333원",))], words) == [given]


def test_steps_are_within_reach_where_each_is_a_word() -> None:
    words = frozenset({"본인 확인", "장비 회수 예약"})
    known = replace(instruction("본인 확인"), kind="steps", fact="서비스 해지 처리|순서")
    unknown = replace(known, values=("본인 확인", "사유 청취"))
    assert sayable([known, unknown], words) == [known]


def test_what_it_cannot_say_it_is_to_say_so() -> None:
    words = whole_words(MODEL)
    known, unknown = instruction("33,000원"), replace(instruction("33,333원"), id="i_2")
    (taught,) = unsayable([known, unknown], words)
    assert (taught.id, taught.kind, taught.output) == ("i_2", "absent", f"{NOT_FOUND}.")
    assert taught.question == unknown.question


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"tokenizer.json: not a tokenizer"):
        whole_words(tmp_path)
