import re
from collections.abc import Iterator, Mapping, Sequence

import pytest

from ragtune.documents import Passage
from ragtune.evaluation.probes import cases, probe
from ragtune.instructions.build import build
from ragtune.ports import Prompt
from ragtune.presets import Preset, load_preset
from tests.ragtune.instructions.pages import product, tariff

TABLE = tariff(
    ("상품명", "월 요금", "설치비"),
    ("빛길라이트", "22,000원", "20,000원"),
    ("빛길맥스", "35,200원", "25,000원"),
    ("빛길프로", "44,000원", "36,000원"),
)
OTHER = product("마당슬림", "9,900원", "24개월")
INSTRUCTIONS = build([TABLE], seed=1)
PASSAGES = tuple(Passage(chunk=chunk, score=1.0) for chunk in (*TABLE.chunks, *OTHER.chunks))


def retrieve(_question: str) -> Sequence[Passage]:
    return PASSAGES


class Reader:
    """Reads the answer out of the passages, and knows nothing without them."""

    name = "reader"

    def generate(self, prompt: Prompt) -> Iterator[str]:
        asked = re.search(r"(빛길\w+?)(?:의|를|을|에|\s|상담).*?(월 요금|설치비)", prompt.question)
        if not asked:
            yield "모르는 질문입니다."
            return
        subject, attribute = asked[1], asked[2]
        for passage in prompt.passages:
            row = re.search(rf"{subject}의 .*?{attribute}[은는] ([\d,]+원)", passage.chunk.text)
            if row:
                particle = "은" if attribute == "월 요금" else "는"
                yield f"{subject}의 {attribute}{particle} {row[1]}입니다."
                return
        yield f"{subject}의 {attribute} 값은 문서에 없음."

    def versions(self) -> Mapping[str, str]:
        return {}


class Memory:
    """Says what it once learnt, whatever the passages say."""

    name = "memory"

    def __init__(self) -> None:
        self._known = {one.question: one.output for one in INSTRUCTIONS}

    def generate(self, prompt: Prompt) -> Iterator[str]:
        yield self._known[prompt.question]

    def versions(self) -> Mapping[str, str]:
        return {}


@pytest.fixture(scope="module")
def preset() -> Preset:
    return load_preset("sample")


def test_a_reader_follows_changed_documents_and_abstains(preset: Preset) -> None:
    made = cases(INSTRUCTIONS, retrieve, n=30, seed=1)
    found = probe(Reader(), preset, made)
    assert found.with_passage.share == found.changed_passage.share == found.absent.share == 1.0
    assert found.closed_book.share == found.stale.share == 0.0
    assert found.with_passage.n == 30


def test_a_memory_answers_the_old_value(preset: Preset) -> None:
    found = probe(Memory(), preset, cases(INSTRUCTIONS, retrieve, n=30, seed=1))
    assert found.closed_book.share == found.with_passage.share == found.stale.share == 1.0
    assert found.changed_passage.share == found.absent.share == 0.0


def test_the_same_seed_draws_the_same_cases() -> None:
    one, same, other = (cases(INSTRUCTIONS, retrieve, n=10, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_questions_whose_passage_was_not_retrieved_are_counted() -> None:
    made = cases(INSTRUCTIONS, lambda _: PASSAGES[-1:], n=10, seed=1)
    assert made.cases == ()
    assert made.not_retrieved == len([one for one in INSTRUCTIONS if one.kind == "value"])


def test_changed_passages_hold_the_new_value_and_lacking_ones_no_answer() -> None:
    for case in cases(INSTRUCTIONS, retrieve, n=20, seed=3).cases:
        new = case.changed_answer.values[0]
        assert new != case.instruction.values[0]
        assert any(new in passage.chunk.text for passage in case.changed_passages)
        subject = case.instruction.fact.partition("|")[0]
        assert all(subject not in passage.chunk.searchable for passage in case.lacking)
