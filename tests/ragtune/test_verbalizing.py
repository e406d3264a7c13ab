"""A model may word a table's rows; what it loses, swaps or invents never gets in. A real server is asked."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.adapters.model_server import ModelServer
from ragtune.chunking import chunks
from ragtune.documents import Document, Section, Table, Text
from ragtune.presets import load_preset
from ragtune.tables import sentences
from ragtune.verbalizing import ModelVerbalizer, Row, losses, rows, verbalized
from tests.ragtune.deployment import PATIENCE_S, Script, scripted_server, token_lines
from tests.ragtune.test_tables import tables

GRID = (
    ("상품", "월 요금(원)", "속도", "혜택"),
    ("라이트", "33,000", "500Mbps", "커피 교환권"),
    ("맥스", "44,000", "1Gbps", "영화 관람권"),
)
PLANS = Table(grid=GRID, header_rows=1, header_columns=1, caption="요금표")
RULES = sentences(PLANS)
GOOD = (
    "라이트는 월 요금이 33,000원이고 속도가 500Mbps이며 혜택으로 커피 교환권을 드립니다.",
    "맥스는 월 요금이 44,000원이고 속도가 1Gbps이며 혜택으로 영화 관람권을 드립니다.",
)


def told(answer: str, table: Table = PLANS, script: Script | None = None) -> list[str]:
    script = script or Script(parts=[token_lines(answer)])
    with scripted_server(script) as url:
        server = ModelServer(url, name="teller", timeout_s=PATIENCE_S, versions={})
        return ModelVerbalizer(server, load_preset("kullm")).sentences(table, "라이트")


def test_good_sentences_take_the_place_of_the_rules() -> None:
    script = Script(parts=[token_lines(f"1. {GOOD[0]}\n2. {GOOD[1]}")])
    assert told("", script=script) == list(GOOD)
    (asked,) = script.asked
    assert f"1. {RULES[0]}\n2. {RULES[1]}" in asked["inputs"]
    assert "요금표" in asked["inputs"]


def test_each_row_falls_back_alone() -> None:
    assert told(f"2) {GOOD[1]}\n1. 라이트는 좋은 상품입니다.") == [RULES[0], GOOD[1]]


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        (GOOD[0].replace("500Mbps", "500Gbps"), "a unit changed"),
        (GOOD[0].replace("33,000원", "33,000"), "a unit lost"),
        (GOOD[0].replace("33,000", "3,000"), "a number changed"),
        (GOOD[0].replace("33,000원", "33,000원(할인 시 30,000원)"), "a number invented"),
        (GOOD[0].replace("커피 교환권", "커피"), "a cell cut"),
        (GOOD[0].replace("라이트는", "이 상품은"), "the label lost"),
        ("라이트는 월 요금이 500Mbps, 속도가 33,000원, 혜택으로 커피 교환권을 드립니다.", "values swapped"),
        (GOOD[0].replace("월 요금이 ", ""), "a header lost"),
        (GOOD[0] + " 정말 좋은 상품이니 꼭 가입하세요." * 6, "much more said"),
        (GOOD[1], "another row's sentence"),
        ("", "nothing"),
    ],
)  # fmt: skip
def test_what_loses_swaps_or_invents_is_refused(sentence: str, why: str) -> None:
    assert losses(rows(PLANS, "")[0], sentence) != [], why
    assert told(f"1. {sentence}") == RULES


def test_a_cell_may_stand_with_other_white_space() -> None:
    assert (
        losses(
            rows(PLANS, "")[0], GOOD[0].replace("커피 교환권", "커피교환권").replace("33,000원", "33,000 원")
        )
        == []
    )


@pytest.mark.parametrize("answer", ["", "모르겠습니다.", "3. 없는 줄\n0. 없는 줄\n99. 없는 줄", "1.\n2."])
def test_answers_of_another_form_change_nothing(answer: str) -> None:
    assert told(answer) == RULES


@pytest.mark.parametrize(
    "script", [Script(parts=[b"garbage\n"]), Script(parts=[b"{}"], status=500), Script()]
)
def test_a_model_that_fails_changes_nothing(script: Script) -> None:
    assert told("", script=script) == RULES


def test_a_model_that_is_away_changes_nothing() -> None:
    server = ModelServer("http://127.0.0.1:9", name="teller", timeout_s=1, versions={})
    assert ModelVerbalizer(server, load_preset("kullm")).sentences(PLANS, "") == RULES


def test_long_tables_are_asked_in_parts() -> None:
    body = tuple((f"상품{n}", f"{n},000", f"{n}Mbps", "없음") for n in range(1, 20))
    table = Table(grid=(GRID[0], *body), header_rows=1, header_columns=1)
    script = Script(parts=[token_lines("")])
    assert told("", table, script) == sentences(table)
    assert len(script.asked) == 3


def test_a_row_beyond_the_models_context_stays_with_the_rules() -> None:
    table = Table(grid=(("상품", "설명"), ("라이트", "가나다라 " * 2000)), header_rows=1, header_columns=1)
    script = Script(parts=[token_lines("1. 라이트입니다.")])
    assert told("", table, script) == sentences(table)
    assert script.asked == []


def test_accepted_sentences_are_what_is_searched() -> None:
    page = Document(source="file:///m/a.html", version=1, title="요금",
                    sections=(Section(blocks=(Text(text="글"), PLANS)),))  # fmt: skip
    script = Script(parts=[token_lines(f"1. {GOOD[0]}")])
    with scripted_server(script) as url:
        server = ModelServer(url, name="teller", timeout_s=PATIENCE_S, versions={})
        found = verbalized(page, ModelVerbalizer(server, load_preset("kullm")))
    (chunk,) = chunks(found, max_chars=500)
    assert GOOD[0] in chunk.text
    assert RULES[1] in chunk.text
    assert RULES[0] not in chunk.text


@given(tables())
def test_the_rules_own_sentences_are_rows_of_the_same_number(table: Table) -> None:
    assert [row.said for row in rows(table, "상품")] == sentences(table, subject="상품")


@given(tables(), st.data())
def test_a_sentence_without_one_of_the_numbers_is_never_accepted(table: Table, data: st.DataObject) -> None:
    numbered = [row for row in rows(table, "") if re.search(r"\d", row.said) and row.pairs]
    if numbered:
        row = data.draw(st.sampled_from(numbered))
        digits = [value for _, value in row.pairs if re.search(r"\d", value)]
        if digits:
            value = data.draw(st.sampled_from(digits))
            assert losses(row, row.said.replace(value, "").replace("".join(value.split()), "")) != []


def test_a_number_inside_another_is_not_the_number() -> None:
    row = Row(said="라이트의 채널은 12입니다.", about="라이트의 채널", pairs=(("", "12"),))
    assert losses(row, "라이트의 채널은 12입니다.") == []
    assert losses(row, "라이트의 채널은 120입니다.") == ["12", "120"]


def test_headers_at_one_place_mean_the_longest() -> None:
    row = Row(
        said="가의 요금은 1원, 월 요금은 2원입니다.", about="가", pairs=(("요금", "1원"), ("월 요금", "2원"))
    )
    assert losses(row, "가는 요금이 1원, 월 요금이 2원입니다.") == []
    assert losses(row, "가는 요금이 2원, 월 요금이 1원입니다.") == ["1원", "2원"]
