"""Chunk sizes compared over real indexes of long pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.chunking import chunks
from ragtune.evaluation.cuts import COLUMNS, Cut, figure, gains, kinds, rows
from ragtune.evaluation.manual_questions import build
from ragtune.evaluation.sizes import (
    METRICS,
    OVERALL,
    Budget,
    Trial,
    ask,
    by_kind,
    estimate,
    gain,
    sections_of,
)
from ragtune.manifest import Manifest
from ragtune.ports import Entry
from ragtune.retrieval import Retriever
from ragtune.settings import RetrievalSettings
from tests.contracts.entries import EVERYONE
from tests.ragtune.evaluation.manuals import manual

PAGES = [(f"{name}.html", manual(name)) for name in ("두레박", "빛길", "울타리", "나들이")]
QUESTIONS = build(PAGES, min_chars=1_000)


@contextmanager
def asked(max_chars: int, budget: Budget, section_chars: int = 0) -> Iterator[list[Trial]]:
    entries = [Entry(document=page, chunks=chunks(page, max_chars=max_chars)) for _, page in PAGES]
    settings = RetrievalSettings(weights={"bigram": 0.8, "bigram_head": 0.2}, section_chars=section_chars)
    with TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder), [Bigrams()], Manifest())
        list(index.put(entries))
        yield ask(
            QUESTIONS, Retriever(index, [Bigrams()], settings), index, sections_of(entries), EVERYONE, budget
        )
        index.close()


def test_what_fits_is_what_counts() -> None:
    with asked(200, Budget(chars=3_000)) as wide, asked(200, Budget(chars=300)) as narrow:
        assert [one.question for one in wide] == QUESTIONS
        assert [one.page for one in wide] == [one.page for one in narrow]
        assert all(one.passages <= 4 for one in narrow)
        assert all(one.passages > 5 for one in wide)
        assert sum(one.evidence for one in narrow) < sum(one.evidence for one in wide)
    with asked(200, Budget(chars=20)) as nothing:
        assert {one.evidence for one in nothing} == {0.0}


def test_hits_that_bring_their_sections_are_fewer_and_hold_as_much_of_the_answer() -> None:
    budget = Budget(chars=1_500, growing=1)
    with asked(100, budget) as alone, asked(100, budget, 1_200) as grown:
        assert [one.section for one in alone] == [one.section for one in grown]
        assert sum(one.passages for one in grown) < 0.7 * sum(one.passages for one in alone)
        right = [n for n, one in enumerate(alone) if one.section == 1]
        assert sum(grown[n].evidence for n in right) >= 0.9 * sum(alone[n].evidence for n in right) > 0


def test_sections_are_ranked_by_their_best_chunk() -> None:
    with asked(200, Budget(chars=2_000)) as trials:
        assert all(one.section == 0 or one.section >= one.page for one in trials)
        assert sum(one.section == 1 for one in trials) > len(trials) / 3


def trial(number: int, evidence: float, section: int = 1) -> Trial:
    return Trial(question=QUESTIONS[number], page=1, section=section, evidence=evidence, passages=4)


def test_estimates_and_gains_by_hand() -> None:
    trials = [trial(number, number % 2, section=number + 1) for number in range(8)]
    assert next(iter(by_kind(trials))) == OVERALL
    assert sum(len(part) for part in by_kind(trials).values()) == 16
    assert estimate(trials, "evidence").value == 0.5
    assert estimate(trials, "section@1").value == pytest.approx(1 / 8)
    assert estimate(trials, "section@5").value == pytest.approx(5 / 8)
    better = [replace(one, evidence=1.0) for one in trials]
    assert gain(better, trials, "evidence").value == 0.5
    with pytest.raises(ValueError, match="not of the same questions"):
        gain(better[1:], trials, "evidence")


def test_a_sweep_as_tables_and_as_a_figure() -> None:
    cuts = [
        Cut(
            size=size,
            sections=sections,
            chunks=100,
            characters=characters,
            megabytes=1.25,
            trials=tuple(trial(number, float(number > 3)) for number in range(8)),
        )
        for size, characters in (("300", 150.0), ("500", 240.0), ("t128", 180.0))
        for sections in (False, True)
    ]
    assert len(COLUMNS) == len(rows(cuts)[0]) == 6 + len(METRICS)
    assert rows(cuts)[1][:6] == ["300", "yes", 100, 150, 1.2, 4.0]
    assert str(rows(cuts)[0][-1]).startswith("0.500 (")
    columns, found = kinds(cuts)
    assert columns[2] == OVERALL
    assert {len(row) for row in found} == {len(columns)}
    assert gains(cuts, "800") == []
    assert len(gains(cuts, "500")) == 5
    assert all(row[2].startswith("+0.000") for row in gains(cuts, "500"))
    svg = figure(cuts, "", budget=2_000)
    assert svg.count("<circle") == 6 + 3
    assert "tokens, sections" in svg
