"""Questions about long manuals: deterministic, by page, never the heading's own words in a row."""

import re
from pathlib import Path

import pytest

from ragtune.documents import Document, Section, Text
from ragtune.errors import BadInput
from ragtune.evaluation.manual_questions import ManualQuestion, build, held, length, read, write
from ragtune.evaluation.retrieval import read_questions
from ragtune.evaluation.rewording import content_words, copies
from ragtune.manuals import read_page
from ragtune.ranges import amount_tokens, range_tokens
from tests.ragtune.evaluation.manuals import manual

PAGES = [(f"{name}.html", manual(name)) for name in ("두레박", "빛길", "울타리", "나들이")]
ASKED = build(PAGES, min_chars=1_000)


def test_every_kind_of_place_is_asked_about_on_every_page() -> None:
    for name, _ in PAGES:
        own = [one for one in ASKED if one.source == name]
        kinds = [one.category.partition(",")[0] for one in own]
        assert {kind: kinds.count(kind) for kind in set(kinds)} == {"heading": 2, "cell": 2, "sentence": 2}
        assert all(
            len({one.section for one in own if one.category.startswith(kind)}) == 2 for kind in set(kinds)
        )
    assert len({one.id for one in ASKED}) == len(ASKED)


def test_a_page_s_questions_do_not_change_with_the_other_pages() -> None:
    assert build(PAGES, min_chars=1_000) == ASKED
    assert build(PAGES[::-1], min_chars=1_000) == [
        one for name, _ in PAGES[::-1] for one in ASKED if one.source == name
    ]
    alone = build(PAGES[1:2], min_chars=1_000)
    assert alone == [one for one in ASKED if one.source == PAGES[1][0]]


def test_the_evidence_stands_in_its_section() -> None:
    texts = {(name, s.path): "\n".join(_texts(s)) for name, page in PAGES for s in page.sections}
    for one in ASKED:
        assert held(one, [texts[one.source, one.section]]) == 1
        others = [text for place, text in texts.items() if place != (one.source, one.section)]
        assert held(one, others) == 0


def _texts(section: Section) -> list[str]:
    return [
        block.text if isinstance(block, Text) else "\n".join(" ".join(row) for row in block.grid)
        for block in section.blocks
    ]


def test_no_question_repeats_the_heading_in_a_row() -> None:
    for one in ASKED:
        assert not copies(one.question, content_words(one.section[-1]))
        if one.category == "heading":
            assert set(content_words(one.section[-1])) <= set(content_words(one.question))


def test_evidence_is_counted_piece_by_piece_within_one_passage() -> None:
    one = ManualQuestion(
        id="x",
        question="?",
        category="heading",
        source="a.html",
        section=(),
        evidence=(("가 나.",), ("다", "라")),
    )
    assert held(one, ["앞 가\n나. 뒤", "다 그리고 라"]) == 1
    assert held(one, ["가나.", "다", "라"]) == 0.5
    assert held(one, []) == 0


def test_what_stands_on_two_pages_is_asked_about_on_neither() -> None:
    twins = [("a.html", manual("쌍둥이")), ("b.html", manual("쌍둥이"))]
    assert build(twins, min_chars=1_000) == []


def test_short_pages_are_left_out_and_said(tmp_path: Path) -> None:
    short = Document(
        source="file:///m/s.html", version=1, title="짧다", sections=(Section(blocks=(Text(text="짧다"),)),)
    )
    assert {one.source for one in build([*PAGES, ("s.html", short)], min_chars=1_000)} == {
        name for name, _ in PAGES
    }
    with pytest.raises(BadInput, match="no page has 500 characters \\(the longest 2\\)"):
        build([("s.html", short)], min_chars=500)
    assert length(short) == 2


def test_the_file_is_read_back_here_and_as_questions_about_pages(tmp_path: Path) -> None:
    path = tmp_path / "made" / "questions.jsonl"
    write(ASKED, path)
    assert read(path) == ASKED
    assert read_questions(path) == [one.judged for one in ASKED]
    path.write_text('{"id": 1}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"questions\.jsonl:1"):
        read(path)
    with pytest.raises(BadInput, match="can't be read"):
        read(tmp_path / "none")


def test_the_samples_give_questions() -> None:
    folder = Path("samples/manuals")
    pages = [
        (
            str(path.relative_to(folder)),
            read_page(path.read_bytes(), source=path.absolute().as_uri(), version=1),
        )
        for path in sorted(folder.rglob("*.html"))
    ]
    found = build(pages, min_chars=300)
    assert len(found) > 40
    assert {"heading", "cell", "sentence", "range"} == {one.category.partition(",")[0] for one in found}


def test_an_amount_is_asked_that_lies_in_a_range_and_is_not_said() -> None:
    texts = tuple(
        f"소득이 {n}0만원 이상 {n + 5}0만원 미만인 {kind} 가구" for n, kind in enumerate("가나다라", 1)
    )
    sections = tuple(Section(path=(f"{n}절",), blocks=(Text(text=text),)) for n, text in enumerate(texts))
    page = Document(source="file:///m/a.html", version=1, title="감면 안내", sections=sections)
    found = [one for one in build([("a.html", page)], min_chars=10) if one.category == "range"]
    assert len(found) == 2
    for one in found:
        (text,) = one.evidence[0]
        assert set(amount_tokens(one.question)) & set(range_tokens(text))
        assert not set(re.findall(r"\d+", one.question)) & set(re.findall(r"\d+", text))
