from hypothesis import given
from hypothesis import strategies as st

from ragtune.chunking import chunks, split_sentences
from ragtune.documents import Chunk, Document, Resource, Section, Table, Text
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


texts = st.text("가나다 .,!?\n1", min_size=1, max_size=400).filter(str.strip)
blocks = st.one_of(
    st.builds(Text, text=texts, kind=st.sampled_from(["paragraph", "list_item", "code"])),
    st.lists(st.lists(texts.map(str.strip), min_size=2, max_size=2).map(tuple), min_size=1, max_size=6).map(
        lambda rows: Table(grid=tuple(rows), header_columns=1)
    ),
)


@given(st.lists(blocks, max_size=6), st.integers(100, 800))
def test_chunks_are_bounded_whole_and_deterministic(found: list[Text | Table], max_chars: int) -> None:
    page = document(Section(path=("절",), blocks=tuple(found)))
    parts = chunks(page, max_chars=max_chars)
    assert all(0 < len(part.text) <= max_chars for part in parts)
    assert parts == chunks(page, max_chars=max_chars)
    assert [part.ordinal for part in parts] == list(range(len(parts)))
    words = "".join(_plain(part) for part in parts)
    for block in found:
        if isinstance(block, Text):
            assert "".join(block.text.split()) in words


def _plain(chunk: Chunk) -> str:
    return "".join(chunk.text.split())
