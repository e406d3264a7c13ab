from collections.abc import Iterator
from dataclasses import replace
from random import Random

from ragtune.documents import Section, Text
from ragtune.instructions.build import bears, build, category_of, underlying
from ragtune.instructions.phrases import stated
from ragtune.instructions.records import Instruction
from ragtune.ports import Entry
from ragtune.values import stands
from tests.ragtune.instructions.pages import entry, procedure, product, tariff

TABLE = tariff(
    ("상품명", "월 요금", "약정 기간"),
    ("빛길라이트", "22,000원", "36개월"),
    ("빛길맥스", "35,200원", "36개월"),
    ("빛길프로", "44,000원", "48개월"),
)
PAGES = [product("빛길라이트", "22,000원"), TABLE, procedure()]


def made(kind: str) -> list[Instruction]:
    return [one for one in build(PAGES, seed=1) if one.kind == kind]


def test_the_same_pages_and_seed_give_the_same_instructions() -> None:
    assert build(PAGES, seed=1) == build(PAGES, seed=1)
    assert [i.id for i in build(PAGES, seed=1)] != [i.id for i in build(PAGES, seed=2)]


def test_a_value_is_asked_in_many_wordings_and_answered_in_one_sentence() -> None:
    asked = [one for one in made("value") if one.fact == "빛길라이트|월 요금"]
    assert {one.output for one in asked} == {"빛길라이트의 월 요금은 22,000원입니다."}
    assert {one.phrasing for one in asked} == {"short", "concise", "sentence"}
    held_out = {one.phrasing for one in asked if one.wording.startswith("held_out")}
    assert held_out == {"short", "concise", "sentence"}


def test_every_value_is_a_span_of_the_answer_and_stands_in_a_named_chunk() -> None:
    chunks = {chunk.id: chunk for page in PAGES for chunk in page.chunks}
    for one in build(PAGES, seed=1):
        assert one.chunk_ids
        for value in one.values:
            assert value in one.output
            assert any(stands(chunks[name].searchable, value) for name in one.chunk_ids)


def test_steps_are_answered_in_their_order() -> None:
    asked = made("steps")
    assert asked[0].values == ("본인 확인", "사유 청취", "장비 회수 예약")
    lines = asked[0].output.splitlines()
    assert lines == [
        "순서는 다음과 같습니다.",
        "1. 본인 확인",
        "2. 사유 청취",
        "3. 장비 회수 예약",
    ]


def test_the_row_with_the_lowest_value_is_selected() -> None:
    answers = {one.output for one in made("selection")}
    assert "인터넷 상품 중 월 요금이 가장 낮은 것은 빛길라이트입니다." in answers
    assert "인터넷 상품 중 월 요금이 가장 높은 것은 빛길프로입니다." in answers


def test_a_value_that_two_rows_share_selects_none() -> None:
    assert not [one for one in made("selection") if "36개월인" in one.question]


def test_two_rows_are_compared_with_both_values() -> None:
    one = made("comparison")[0]
    assert len(one.values) == 2
    assert len(underlying(one.fact)) == 2
    assert one.category == "comparison"


def test_a_lead_describes_a_section() -> None:
    assert made("description")[0].output == "광랜을 처음 쓰는 고객을 위한 입문형 상품입니다."


def test_categories_follow_the_attribute() -> None:
    assert category_of("월 요금") == "condition"
    assert category_of("신청 방법") == "process"
    assert category_of("추천 대상") == "recommendation"
    assert category_of("다운로드 속도") == "feature"


def test_a_sentence_for_a_value_is_not_given_a_copula() -> None:
    assert stated("해지", "안내", "방문하면 됩니다") == "해지의 안내는 다음과 같습니다. 방문하면 됩니다"


def test_bearing_needs_value_and_subject() -> None:
    chunk = PAGES[0].chunks[-1]
    assert bears(chunk, ("22,000원",), "빛길라이트")
    assert not bears(chunk, ("22,000원",), "빛길맥스")
    assert not bears(chunk, ("2,000원",), "빛길라이트")


def test_another_generator_takes_the_place_of_the_rules() -> None:
    def none(entry: Entry, rng: Random) -> Iterator[Instruction]:
        yield from ()

    assert build(PAGES, seed=1, generate=none) == []


def test_attachments_are_not_asked_about() -> None:
    page = product("빛길라이트", "22,000원")
    file = Section(
        path=("약관", "2쪽"), blocks=(Text(text="▶ 해지 위약금 : 54,000원"),), file="file:///terms.pdf"
    )
    more = entry(replace(page.document, sections=(*page.document.sections, file)))
    assert [one.question for one in build([more], 1)] == [one.question for one in build([page], 1)]
