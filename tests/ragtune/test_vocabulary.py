"""The words of the sample base's tokenizer, and which instructions it can answer with them."""

from pathlib import Path

import pytest

from ragtune.errors import BadInput
from ragtune.instructions.records import Instruction
from ragtune.vocabulary import sayable, whole_words

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


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"tokenizer.json: not a tokenizer"):
        whole_words(tmp_path)
