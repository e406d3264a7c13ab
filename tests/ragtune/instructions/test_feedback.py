"""Corrected answers become instructions only where a page that was cited bears every sentence of them."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ragtune.errors import BadInput
from ragtune.feedback import Feedback
from ragtune.instructions.build import GENERATOR as RULES
from ragtune.instructions.build import derive
from ragtune.instructions.feedback import GENERATOR, MAX_BYTES, Corrections, Heard, read, summary
from ragtune.instructions.ledger import InstructionSet, prepare
from ragtune.instructions.records import Instruction
from ragtune.privacy import find
from ragtune.records import to_json
from tests.ragtune.instructions.pages import product, tariff

LIGHT = product("빛길라이트", "22,000원")
TABLE = tariff(
    ("상품", "월 요금", "속도"), ("빛길라이트", "22,000원", "100Mbps"), ("빛길맥스", "35,200원", "1Gbps")
)
ENTRIES = [LIGHT, TABLE]
LIGHT_ID, TABLE_ID = LIGHT.document.id, TABLE.document.id
GONE = "d_0000000000000000"
ASKED = "빛길라이트는 한 달에 얼마를 내나요?"
SAID = "빛길라이트의 월 요금은 22,000원입니다. [1]"
RECORD = Feedback(
    at="2026-11-22T01:00:03.120Z",
    caller="desk/s1",
    user="kim",
    labels=("public",),
    verdict="corrected",
    question=ASKED,
    answer="모릅니다.",
    correction=SAID,
    citations=(LIGHT_ID,),
    versions={"parser": "2"},
)


def corrected(**change: Any) -> Feedback:
    return replace(RECORD, **change)


def said(verdict: str, *citations: str) -> Feedback:
    return replace(RECORD, verdict=verdict, correction="", citations=citations)  # type: ignore[arg-type]


def heard(*records: Feedback) -> Heard:
    return Heard(records=records, broken=())


def made(*records: Feedback, evaluation: tuple[str, ...] = ()) -> InstructionSet:
    corrections = Corrections(heard(*records), ENTRIES)
    return prepare(ENTRIES, evaluation=evaluation, seed=1, validation_share=0.0, generate=corrections)


def judged(*records: Feedback, evaluation: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """State and reason of every correction of the set."""
    built = made(*records, evaluation=evaluation)
    return [
        (one.state, one.reason) for one in (*built.parts.train, *built.rejected) if one.generator == GENERATOR
    ]


def folder_of(place: Path, *records: Feedback) -> Path:
    place.mkdir(exist_ok=True)
    for number, record in enumerate(records):
        (place / f"{number:02}.json").write_text(to_json(record), encoding="utf-8")
    return place


def test_a_correction_that_its_page_bears_waits_for_review() -> None:
    built = made(corrected())
    (one,) = [one for one in built.parts.train if one.generator == GENERATOR]
    assert (one.question, one.output) == (ASKED, "빛길라이트의 월 요금은 22,000원입니다.")
    assert (one.document_id, one.document_digest) == (LIGHT_ID, LIGHT.document.digest)
    assert one.chunk_ids == (LIGHT.chunks[-1].id,)
    assert (one.values, one.given, one.kind) == (("22,000원",), ("빛길라이트",), "description")
    assert (one.state, one.reviewer) == ("generated", "")
    assert built.ledger.generator == f"{RULES} + {GENERATOR}"


def test_the_rules_own_instructions_stay_as_they_were() -> None:
    plain = prepare(ENTRIES, evaluation=(), seed=1, validation_share=0.0)
    both = made(corrected())
    assert [one for one in both.parts.train if one.generator == RULES] == list(plain.parts.train)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"correction": "빛길라이트의 월 요금은 33,000원입니다."}, "ungrounded"),
        ({"correction": f"{SAID} 전국 어디서나 무료로 설치해 드립니다."}, "ungrounded"),
        ({"correction": "네."}, "ungrounded"),
        ({"correction": "빛길라이트의 월 요금은 35,200원입니다.", "citations": (TABLE_ID,)}, "ungrounded"),
        ({"correction": "문서에서 찾을 수 없습니다."}, "don't know"),
        ({"correction": "잘 모르겠습니다. 월 요금은 22,000원입니다."}, "don't know"),
        ({"question": "위 표에서 월 요금은 얼마인가요?"}, "needs the passage"),
        ({"question": "How much is it?"}, "wrong language"),
        ({"question": "빛길라이트 월 요금은?"}, "duplicate"),  # the rules ask it, too
        ({"question": "요금 " * 80}, "length"),
        ({"question": "빛길라이트 위약금은 얼마인가요?"}, "evaluation question"),
    ],
)  # fmt: skip
def test_each_fault_is_refused_with_its_reason(change: dict[str, Any], reason: str) -> None:
    found = judged(corrected(**change), evaluation=("빛길라이트 위약금은 얼마인가요?",))
    assert found == [("rejected", reason)]


def test_a_value_of_another_row_needs_that_row() -> None:
    row = {"citations": (TABLE_ID,), "question": "빛길맥스는 한 달에 얼마를 내나요?"}
    assert judged(corrected(**row, correction="월 요금은 35,200원입니다.")) == [("generated", "")]
    assert judged(corrected(**row, correction="월 요금은 22,000원입니다.")) == [("rejected", "ungrounded")]


def test_two_people_who_disagree_are_both_left_out() -> None:
    other = corrected(user="lee", correction="빛길라이트의 약정 기간은 36개월입니다.")
    assert judged(corrected(), other) == [("rejected", "ambiguous")] * 2
    assert judged(corrected(), corrected(user="lee")) == [("generated", ""), ("rejected", "duplicate")]


def test_the_cited_page_that_bears_it_is_the_one() -> None:
    def bound(*citations: str, **change: Any) -> Instruction:
        corrections = Corrections(heard(corrected(citations=citations, **change)), ENTRIES)
        rules = [one for entry in ENTRIES for one in derive(entry, _rng())]
        (one,) = [one for entry in ENTRIES for one in corrections(entry, _rng()) if one not in rules]
        return one

    maxed = {"correction": "빛길맥스의 월 요금은 35,200원입니다."}
    assert bound(GONE, TABLE_ID, LIGHT_ID).document_id == TABLE_ID  # both bear it: the first that is there
    assert bound(LIGHT_ID, TABLE_ID).document_id == LIGHT_ID
    assert bound(LIGHT_ID, TABLE_ID, **maxed).document_id == TABLE_ID


def _rng() -> Any:
    import random  # noqa: PLC0415

    return random.Random(1)


def test_a_reviewer_s_word_stays_and_a_changed_page_is_judged_anew() -> None:
    (one,) = [one for one in made(corrected()).parts.train if one.generator == GENERATOR]
    reviewed = replace(one, state="accepted", reviewer="lee")

    def again(fee: str, *records: Feedback) -> InstructionSet:
        entries = [product("빛길라이트", fee, digest="b")]
        return prepare(
            entries,
            evaluation=(),
            seed=1,
            previous=[reviewed],
            generate=Corrections(heard(*records), entries),
        )

    kept = [each for each in again("22,000원", corrected()).parts.train if each.id == one.id]
    assert [(each.reviewer, each.document_digest) for each in kept] == [("lee", "b")]
    changed = again("24,000원", corrected())
    assert [each.reason for each in changed.rejected if each.id == one.id] == ["ungrounded"]
    assert [each.reason for each in again("22,000원").retracted] == ["the page changed"]


def test_what_became_of_it_is_one_line() -> None:
    records = (
        corrected(),
        corrected(correction="무료입니다. 전국 어디서나 설치해 드립니다."),
        corrected(citations=(GONE,)),
        corrected(citations=()),
        said("useful", LIGHT_ID), said("useful"),
        said("wrong", LIGHT_ID, TABLE_ID), said("wrong", TABLE_ID), said("wrong", GONE), said("wrong"),
    )  # fmt: skip
    corrections = Corrections(heard(*records), ENTRIES)
    built = prepare(ENTRIES, evaluation=(), seed=1, generate=corrections)
    rest = "2 useful, 4 wrong: 인터넷 상품 비교 2, "
    line = summary(heard(*records), corrections, built)
    fates = "(1 taken, 1 not borne by a document, 2 of no page that is still there)"
    assert line.startswith(f"feedback: 4 corrected {fates}, {rest}")
    assert {"빛길라이트 상품 안내 1", f"{GONE} (gone) 1"} == set(
        line.removeprefix(line[: line.index(rest)] + rest).split(", ")
    )
    before = summary(heard(*records), corrections)
    assert before.startswith("feedback: 4 corrected (2 to be screened, 2 of no page that is still there), ")
    assert summary(heard(), Corrections(heard(), ENTRIES), made()) == (
        "feedback: 0 corrected, 0 useful, 0 wrong"
    )


def test_a_broken_record_is_one_sentence_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "feedback", corrected())
    whole = to_json(RECORD)
    broken = {
        "empty": b"",
        "binary": b"\xff\xfe",
        "deep": b"[" * 100_000,
        "large": whole.encode() + b" " * MAX_BYTES,
        "list": b"[]",
        "verdict": whole.replace("corrected", "perfect").encode(),
        "useful": whole.replace("corrected", "useful").encode(),
        "more": whole.replace('"at"', '"secret":1,"at"').encode(),
        "id": whole.replace(LIGHT_ID, "../../etc").encode(),
        "long": to_json(RECORD).replace(SAID, "가" * 4_001).encode(),
        "number": whole.replace('"corrected"', '"010-1234-5678"').encode(),
    }
    for name, data in broken.items():
        (folder / f"{name}.json").write_bytes(data)
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    (folder / "half.new").write_text("{", encoding="utf-8")
    found = read([folder])
    assert found.records == (replace(RECORD, correction=SAID),)
    assert len(found.broken) == len(broken) + 2
    for sentence in found.broken:
        assert sentence.startswith(f"{folder}/")
        assert "no record of feedback" in sentence
        assert "\n" not in sentence
        assert len(sentence) < 400
    assert "1234-5678" not in "".join(found.broken)


def test_records_are_masked_again_and_what_can_t_be_written_is_replaced(tmp_path: Path) -> None:
    texts = {name: f"010-1234-5678 {name}" for name in ("question", "answer", "correction")}
    folder = folder_of(tmp_path / "feedback", corrected(**texts))
    (folder / "half.json").write_text(to_json(RECORD).replace(ASKED, "\\ud800 요금은?"), encoding="utf-8")
    masked, half = read([folder]).records
    assert [find(getattr(masked, name)) for name in texts] == [[], [], []]
    assert half.question == "? 요금은?"
    assert judged(half) == [("generated", "")]


def test_the_same_feedback_of_two_folders_counts_once(tmp_path: Path) -> None:
    one = folder_of(tmp_path / "a", corrected())
    other = folder_of(tmp_path / "b", corrected(at="2026-11-23T00:00:00.000Z"), corrected(user="lee"))
    assert [record.user for record in read([one, other]).records] == ["kim", "lee"]
    with pytest.raises(BadInput, match="is not a folder"):
        read([tmp_path / "none"])
