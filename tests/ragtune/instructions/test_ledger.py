from dataclasses import replace
from pathlib import Path

from ragtune.instructions.ledger import Ledger, prepare, read, read_all, retract, write
from ragtune.records import from_json
from tests.ragtune.instructions.pages import product, tariff

PAGES = [product("빛길라이트", "22,000원"), product("마당슬림", "9,900원")]
QUESTION = "빛길라이트의 월 요금은 얼마인가요?"


def test_a_written_set_reads_back_and_its_counts_add_up(tmp_path: Path) -> None:
    made = prepare(PAGES, evaluation=[QUESTION], seed=1, validation_share=0.5)
    ledger = write(tmp_path, made)
    counts = ledger.counts
    assert counts.derived == counts.accepted + sum(counts.rejected.values())
    assert counts.accepted == sum(counts.parts.values()) == sum(counts.kinds.values())
    assert counts.rejected == {"evaluation question": 1}
    assert counts.parts["validation"] > 0
    assert from_json(Ledger, (tmp_path / "manifest.json").read_text(encoding="utf-8")) == ledger
    assert tuple(read(tmp_path, "train")) == made.parts.train
    assert {source.source for source in ledger.sources} == {page.document.source for page in PAGES}
    assert QUESTION not in {one.question for one in made.parts.train}


def test_the_same_input_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, prepare(PAGES, evaluation=(), seed=3))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_what_a_changed_or_missing_page_said_is_retracted(tmp_path: Path) -> None:
    write(tmp_path, prepare(PAGES, evaluation=(), seed=1))
    changed = product("빛길라이트", "23,100원", digest="b")
    made = prepare([changed], evaluation=(), seed=1, previous=read_all(tmp_path))
    reasons = {(one.fact, one.reason) for one in made.retracted}
    assert ("빛길라이트|월 요금", "the page changed") in reasons
    assert ("마당슬림|월 요금", "the page is gone") in reasons
    # The page still says this, so it stands, under the new digest.
    assert not [fact for fact, _ in reasons if fact == "빛길라이트|약정 기간"]
    write(tmp_path, made)
    assert {one.state for one in read(tmp_path, "retracted")} == {"retracted"}


def test_a_reviewers_word_outlives_a_rebuild() -> None:
    first = prepare(PAGES, evaluation=(), seed=1).parts
    rejected, edited = first.train[0], first.train[1]
    previous = [
        replace(rejected, state="rejected", reviewer="kim", reason="어색함"),
        replace(edited, state="edited", reviewer="kim", output=edited.output + " 확인했습니다."),
    ]
    made = prepare(PAGES, evaluation=(), seed=1, previous=previous)
    assert [one.id for one in made.rejected if one.reviewer == "kim"] == [rejected.id]
    assert rejected.id not in {one.id for one in made.parts.train}
    assert [one.output for one in made.parts.train if one.id == edited.id] == [previous[1].output]


def test_retraction_leaves_what_still_stands() -> None:
    made = prepare(PAGES, evaluation=(), seed=1).parts.train
    assert retract(made, {page.document.id: page.document.digest for page in PAGES}) == ()
    assert len(retract(made, {})) == len(made)


def test_pages_that_share_a_fact_stay_together() -> None:
    shared = tariff(("상품명", "월 요금"), ("빛길라이트", "22,000원"), ("마당슬림", "9,900원"))
    made = prepare([*PAGES, shared], evaluation=(), seed=1, validation_share=0.5)
    assert made.parts.validation == ()
