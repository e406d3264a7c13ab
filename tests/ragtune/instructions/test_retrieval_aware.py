from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.documents import Chunk, Passage
from ragtune.errors import SettingsError
from ragtune.instructions.build import build
from ragtune.instructions.records import Instruction, Sample
from ragtune.instructions.retrieval_aware import Mix, abstaining, load_mix, render_samples, scaled
from ragtune.ports import Entry
from ragtune.presets import load_preset
from ragtune.prompts import NOT_FOUND
from samples.base.worlds import entries
from samples.facts import load

PRESET = load_preset("sample")
MIX = Mix(closed_book=20, true_passages=15, changed_passages=15, absent=15)


@pytest.fixture(scope="module")
def pages() -> list[Entry]:
    return entries(load())[:12]


@pytest.fixture(scope="module")
def asked(pages: list[Entry]) -> list[Instruction]:
    return [one for one in build(pages, 1) if one.kind == "value"]


@pytest.fixture(scope="module")
def samples(pages: list[Entry], asked: list[Instruction]) -> list[Sample]:
    return render_samples(asked, finder(pages), PRESET, MIX, seed=1)


def finder(pages: list[Entry]) -> "Search":
    return Search([chunk for entry in pages for chunk in entry.chunks])


class Search:
    """The five chunks that share most words with a question."""

    def __init__(self, chunks: list[Chunk]) -> None:
        self.chunks = chunks

    def __call__(self, question: str) -> Sequence[Passage]:
        words = [word[:4] for word in question.split()]
        scored = sorted(self.chunks, key=lambda chunk: (-sum(w in chunk.searchable for w in words), chunk.id))
        return [Passage(chunk=chunk, score=1.0) for chunk in scored[:5]]


def of(samples: list[Sample], origin: str) -> list[Sample]:
    return [sample for sample in samples if sample.origin == origin]


def test_the_mix_is_what_was_asked_for(samples: list[Sample]) -> None:
    counts = [
        len(of(samples, name)) for name in ("closed_book", "true_passages", "changed_passages", "absent")
    ]
    assert counts == [20, 15, 15, 15]


def test_the_value_stands_in_passages_and_answer(samples: list[Sample]) -> None:
    for sample in (*of(samples, "true_passages"), *of(samples, "changed_passages")):
        assert sample.value in sample.completion
        assert sample.value in sample.prompt


def test_a_changed_answer_is_never_the_old_one(samples: list[Sample], asked: list[Instruction]) -> None:
    old = {one.id: one for one in asked}
    for sample in of(samples, "changed_passages"):
        assert sample.value != old[sample.instruction_id].values[0]
        assert sample.completion != old[sample.instruction_id].output


def test_a_choice_is_changed_with_the_value_that_it_is_made_by(pages: list[Entry]) -> None:
    choices = [one for one in build(pages, 1) if one.kind == "selection" and one.given]
    mix = Mix(changed_passages=30, absent=10, kinds={"selection": 1.0})
    old = {one.id: one for one in choices}
    made = render_samples(choices, finder(pages), PRESET, mix, seed=1)
    for sample in of(made, "changed_passages"):
        one = old[sample.instruction_id]
        assert one.given[0] not in sample.completion
        assert sample.value == one.values[0]
        value = sample.completion.partition("인 것은")[0].split(maxsplit=1)[1]
        assert value.split()[-1] in sample.prompt.partition("### 입력:")[2]
    for sample in of(made, "absent"):
        assert old[sample.instruction_id].given[0] not in sample.prompt.partition("### 명령어:")[0]


def test_an_absent_fact_is_not_in_the_prompt(samples: list[Sample], asked: list[Instruction]) -> None:
    old = {one.id: one for one in asked}
    for sample in of(samples, "absent"):
        assert sample.completion.endswith(f"{NOT_FOUND}.")
        passages = sample.prompt.partition("### 입력:")[2]
        for text in passages.split("\n\n["):
            one = old[sample.instruction_id]
            assert not (one.fact.partition("|")[0] in text and one.values[0] in text)


def test_what_the_base_knew_is_rehearsed_after_all_else(
    pages: list[Entry], asked: list[Instruction], samples: list[Sample]
) -> None:
    own = [replace(sample, origin="rehearsal") for sample in samples[:5]]
    mix = replace(MIX, rehearsal=3)
    made = render_samples(asked, finder(pages), PRESET, mix, seed=1, rehearsal=own)
    assert made == [*samples, *own[:3]]


def test_a_closed_book_has_no_passages(samples: list[Sample]) -> None:
    assert all("### 입력:" not in sample.prompt for sample in of(samples, "closed_book"))


def test_the_same_seed_gives_the_same_rows(
    pages: list[Entry], asked: list[Instruction], samples: list[Sample]
) -> None:
    assert render_samples(asked, finder(pages), PRESET, MIX, seed=1) == samples
    assert render_samples(asked, finder(pages), PRESET, MIX, seed=2) != samples


def test_noise_keeps_the_words_of_the_fact(pages: list[Entry], asked: list[Instruction]) -> None:
    noisy = render_samples(asked, finder(pages), PRESET, Mix(closed_book=60, noise=1.0), seed=1)
    old = {one.id: one for one in asked}
    for sample in noisy:
        for word in old[sample.instruction_id].fact.replace("|", " ").split():
            assert word in sample.prompt


def test_an_abstaining_answer_names_subject_and_attribute_first(asked: list[Instruction]) -> None:
    one = next(one for one in asked if one.fact == "빛길라이트|월 요금")
    assert abstaining(one) == f"빛길라이트의 월 요금은 {NOT_FOUND}."


def test_a_share_of_a_mix_keeps_every_origin_it_has() -> None:
    mix = scaled(Mix(closed_book=200, changed_passages=3, kinds={"value": 2.0}), 0.15)
    assert mix == Mix(closed_book=30, changed_passages=1, kinds={"value": 2.0})


def test_a_wrong_mix_is_quoted(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[mix]\nabsent = -3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"mine\.toml: mix\.absent: -3 is not between 0"):
        load_mix(path)
