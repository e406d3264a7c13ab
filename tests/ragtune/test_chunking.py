import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragtune.chunking import chunks
from ragtune.documents import Document, Resource, Section, Table, Text
from ragtune.ports import Room
from ragtune.presets import load_preset
from ragtune.sentences import split_sentences
from ragtune.tables import heading, sentences

SOURCE = "file:///manuals/giga.html"


def document(*sections: Section, attachments: tuple[Resource, ...] = ()) -> Document:
    return Document(
        source=SOURCE,
        version=3,
        title="기가라이트",
        category=("상품",),
        sections=sections,
        attachments=attachments,
        labels=("internal",),
        valid_from="2026-01-01",
    )


def made(*blocks: Text | Table, max_chars: int = 100) -> list[str]:
    return [chunk.text for chunk in chunks(document(Section(blocks=blocks)), max_chars=max_chars)]


def test_chunks_carry_what_search_and_citations_need() -> None:
    form = Resource(name="양식", uri="file:///manuals/form.pdf", media_type="application/pdf", section=1)
    sections = (
        Section(path=("요금",), anchor="fee", blocks=(Text(text="월 33,000원"),)),
        Section(path=("요금", "할인"), blocks=(Text(text="가족 결합"),)),
    )
    first, second = chunks(document(*sections, attachments=(form,)), max_chars=500)
    assert (first.ordinal, second.ordinal) == (0, 1)
    assert first.breadcrumb == "기가라이트 › 요금"
    assert first.link == second.link == f"{SOURCE}#fee"  # the nearest heading above that has an anchor
    assert (first.attachments, second.attachments) == ((), (form,))
    assert (first.labels, first.valid_from, first.category) == (("internal",), "2026-01-01", ("상품",))


def test_sections_never_share_a_chunk() -> None:
    sections = [Section(path=(name,), blocks=(Text(text=name * 3),)) for name in "가나다"]
    assert [chunk.path for chunk in chunks(document(*sections), max_chars=500)] == [("가",), ("나",), ("다",)]


def test_a_heading_without_anything_below_is_still_found() -> None:
    sections = (Section(path=("요금",)), Section(path=("요금", "할인")), Section(path=("해지",)))
    assert [chunk.text for chunk in chunks(document(*sections), max_chars=500)] == ["할인", "해지"]


def test_long_text_is_divided_between_sentences() -> None:
    text = "첫째 문장입니다. 둘째 문장은 3.5GB를 말합니다. 1. 셋째 문장입니다."
    assert made(Text(text=text), max_chars=25) == [
        "첫째 문장입니다.",
        "둘째 문장은 3.5GB를 말합니다.",
        "1. 셋째 문장입니다.",
    ]


def test_each_part_of_a_divided_table_repeats_its_heading() -> None:
    rows = tuple((f"상품{n}", f"{n},000") for n in range(10))
    table = Table(
        grid=(("상품", "요금"), *rows), header_rows=1, header_columns=1, caption="요금표", unit="원"
    )
    parts = made(table, max_chars=100)
    assert len(parts) > 2
    assert all(part.startswith(f"{heading(table)}\n") for part in parts)
    assert [line for part in parts for line in part.splitlines()[1:]] == sentences(table)


def test_footnotes_follow_their_table() -> None:
    table = Table(
        grid=(("a", "b"), ("c", "d")), header_rows=1, header_columns=1, footnotes=("※ 부가세 별도",)
    )
    assert made(table)[0].endswith("\n※ 부가세 별도")


def test_an_endless_sentence_is_cut_at_a_clause() -> None:
    sentence = "약정을 해지하면 위약금을 내야 하고, " * 10
    parts = made(Text(text=sentence.strip()), max_chars=60)
    assert all(part.endswith(",") for part in parts)
    assert " ".join(parts) == sentence.strip()


def test_sentences_end_at_words_and_lines() -> None:
    assert split_sentences("1. 신청합니다. 요금은 3.5천원!\n끝") == [
        "1. 신청합니다.",
        "요금은 3.5천원!",
        "끝",
    ]


def test_a_row_too_long_is_divided_between_its_cells_which_keep_their_headers() -> None:
    row = ("기가라이트", "가" * 90 + "다.", "33,000", "설치비는 없습니다. " * 30)
    table = Table(grid=(("상품", "설명", "월 요금", "설치"), row), header_rows=1, header_columns=1, unit="원")
    parts = made(table, max_chars=160)
    head = heading(table)
    assert all(part.startswith(f"{head}\n") for part in parts)
    assert f"기가라이트 — 설명: {row[1]}" in parts[0]
    assert any("기가라이트의 월 요금은 33,000원입니다." in part for part in parts)
    long = [part for part in parts if "설치비" in part]
    assert len(long) >= 3
    assert all("기가라이트 › 설치:" in part for part in long)
    assert sum(part.count("설치비는 없습니다.") for part in parts) == 30


def test_a_title_across_the_table_is_prose() -> None:
    note = "이 요금은 부가세를 포함합니다. " * 10
    table = Table(grid=(("상품", "요금"), (note, note), ("가", "1")), header_rows=1, header_columns=1)
    assert sum(part.count("이 요금은 부가세를 포함합니다.") for part in made(table, max_chars=100)) == 10


def test_sentences_of_chinese_and_japanese_need_no_space() -> None:
    assert split_sentences("月額は三万です。「はい。」と答えます！次へ") == [
        "月額は三万です。",
        "「はい。」と答えます！",
        "次へ",
    ]


def test_the_chunks_of_a_section_know_each_other() -> None:
    sections = (
        Section(path=("요금",), blocks=(Text(text="월 요금은 33,000원입니다. " * 12),)),
        Section(path=("해지",), blocks=(Text(text="위약금이 있습니다."),)),
    )
    found = chunks(document(*sections), max_chars=100)
    assert len(found) > 3
    assert {chunk.section for chunk in found[:-1]} == {(0, len(found) - 1)}
    assert found[-1].section == (len(found) - 1, len(found))


def test_tokens_bound_a_chunk_beside_its_characters() -> None:
    text = Text(text="요금은 33,000원입니다. " * 40)
    kullm = load_preset("kullm")
    found = chunks(
        document(Section(blocks=(text,))), max_chars=4000, tokens=Room(limit=64, count=kullm.tokens)
    )
    assert all(kullm.tokens(chunk.text) <= 64 for chunk in found)
    assert all(kullm.tokens(chunk.text + " 요금은 33,000원입니다.") > 64 for chunk in found[:-1])


@pytest.mark.parametrize("piece", ["가", "가 ", "a,", "가나다 라마 "])
def test_one_endless_run_takes_linear_time(piece: str) -> None:
    def taken(count: int) -> float:
        page = document(Section(blocks=(Text(text=piece * (count // len(piece))),)))
        start = time.process_time()
        chunks(page, max_chars=500)
        return time.process_time() - start

    taken(1_000)
    assert min(taken(2_000_000) for _ in range(2)) < 24 * max(0.005, min(taken(200_000) for _ in range(3)))


ALPHABETS = (
    "가나다라 요금은입니다.,!?\n1",
    "abc DEF.,;: e.g.\n3",
    "月額三万。、！？\n「」5",
    "가a月 .\t\u3000é😀\u200b。",
)
KULLM = load_preset("kullm")
BOUNDS = st.one_of(
    st.integers(100, 800).map(lambda size: (size, None)),
    st.integers(32, 400).map(lambda size: (4000, Room(limit=size, count=KULLM.tokens))),
    st.integers(40, 400).map(lambda size: (300, Room(limit=size, count=lambda text: len(text.encode())))),
)
PROPERTY = settings(max_examples=100, deadline=None)


def _texts(alphabet: str, most: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=most).map(str.strip).filter(bool)


TEXTS = st.sampled_from(ALPHABETS).flatmap(lambda alphabet: _texts(alphabet, 500))
PROSE = st.builds(Text, text=TEXTS, kind=st.sampled_from(["paragraph", "list_item", "definition", "code"]))


def _fits(text: str, max_chars: int, tokens: Room | None) -> bool:
    return len(text) <= max_chars and (tokens is None or tokens.count(text) <= tokens.limit)


@given(st.lists(st.lists(PROSE, max_size=5), min_size=1, max_size=4), BOUNDS)
@PROPERTY
def test_prose_is_divided_between_sentences_and_nothing_of_it_is_lost(
    found: list[list[Text]], bound: tuple[int, Room | None]
) -> None:
    page = document(
        *(Section(path=(f"절{n}",), blocks=tuple(blocks)) for n, blocks in enumerate(found) if blocks)
    )
    parts = chunks(page, max_chars=bound[0], tokens=bound[1])
    assert all(_fits(part.text, *bound) for part in parts)
    assert parts == chunks(page, max_chars=bound[0], tokens=bound[1])
    assert [part.id for part in parts] == [f"{page.id}:{place}" for place in range(len(parts))]
    for section in page.sections:
        own = [part for part in parts if part.path == section.path]
        assert {part.section for part in own} == {(own[0].ordinal, own[-1].ordinal + 1)}
        held = [_plain(part.text) for part in own]
        texts = [block.text for block in section.blocks if isinstance(block, Text)]
        assert "".join(held) == "".join(map(_plain, texts))  # all of it, once, in order
        ends = {sum(map(len, held[:place])) for place in range(1, len(held))}
        start = 0
        for block in section.blocks:
            for unit in _units(block):
                inside = ends & set(range(start + 1, start + len(_plain(unit))))
                assert not inside or not _fits(unit, *bound), f"cut: {unit!r}"
                start += len(_plain(unit))


def _units(block: Text | Table) -> list[str]:
    assert isinstance(block, Text)
    return block.text.splitlines() if block.kind == "code" else split_sentences(block.text)


@st.composite
def _tables(draw: st.DrawFn) -> Table:
    alphabet = draw(st.sampled_from(ALPHABETS))
    width = draw(st.integers(1, 4))
    cells = st.one_of(_texts(alphabet, 150), st.sampled_from(["", "1,000", "○", "가"]))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width).map(tuple), min_size=1, max_size=5))
    return Table(
        grid=tuple(rows),
        header_rows=draw(st.integers(0, min(2, len(rows)))),
        header_columns=draw(st.integers(0, width)),
        caption=draw(st.one_of(st.just(""), _texts(alphabet, 60))),
    )


@given(_tables(), BOUNDS)
@PROPERTY
def test_tables_are_divided_between_rows_below_their_heading(
    table: Table, bound: tuple[int, Room | None]
) -> None:
    page = document(Section(path=("절",), blocks=(table,)))
    parts = chunks(page, max_chars=bound[0], tokens=bound[1])
    assert all(_fits(part.text, *bound) for part in parts)
    held = [part.text for part in parts]
    head = heading(table)
    short = head and _fits(head * 3 + "가", *bound)
    for sentence in sentences(table, subject="절"):
        if _fits(f"{head}\n{sentence}", *bound):
            holders = [text for text in held if sentence in text]
            assert holders, f"cut: {sentence!r}"
            assert not short or all(text.startswith(head) for text in holders)
    words = _plain("".join(held))
    for cell in (cell for row in table.grid for cell in row):
        for word in " ".join(split_sentences(cell)).split():
            assert word in words or not _fits(word * 4, *bound), f"lost: {word!r}"


def _plain(text: str) -> str:
    return "".join(text.split())
