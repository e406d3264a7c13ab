"""What each way of cutting pages gave, as rows and as a figure: quality with intervals, and index size.

rows(cuts)               # [["500", "-", 12658, 243, 27.1, 6.0, "0.779 (…)", …, "0.800 (0.765 to 0.834)"], …]
figure(cuts, css, budget=2_000)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ragtune.evaluation.figures import lines, ranges, sheet
from ragtune.evaluation.intervals import Interval
from ragtune.evaluation.retrieval import Estimate
from ragtune.evaluation.sizes import METRICS, OVERALL, Trial, by_kind, estimate, gain

COLUMNS = ("size", "sections", "chunks", "chars", "MB", "passages", *METRICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """`size` is "500" (characters) or "t256" (tokens); with `sections`, hits brought theirs."""

    size: str
    sections: bool
    chunks: int
    characters: float  # of a chunk's text, mean
    megabytes: float  # of the index
    trials: tuple[Trial, ...]

    @property
    def passages(self) -> float:
        """How many fitted, mean."""
        return sum(trial.passages for trial in self.trials) / len(self.trials)

    def mean(self, metric: str, kind: str = OVERALL) -> float:
        """Of one of METRICS; 0 where no question is of that kind."""
        scores = [trial.score(metric) for trial in by_kind(self.trials).get(kind, ())]
        return sum(scores) / max(1, len(scores))


def rows(cuts: Sequence[Cut]) -> list[list[str | int | float]]:
    """One row a cut, in COLUMNS."""
    return [
        [
            cut.size,
            "yes" if cut.sections else "-",
            cut.chunks,
            round(cut.characters),
            round(cut.megabytes, 1),
            round(cut.passages, 1),
            *(cut.mean(metric) for metric in METRICS[:-1]),
            shown(estimate(cut.trials, METRICS[-1])),
        ]
        for cut in cuts
    ]


def kinds(cuts: Sequence[Cut]) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of `evidence` by kind of question."""
    names = list(by_kind(cuts[0].trials))
    found = [
        [cut.size, "yes" if cut.sections else "-", *(f"{cut.mean('evidence', name):.3f}" for name in names)]
        for cut in cuts
    ]
    return ["size", "sections", *names], found


def gains(cuts: Sequence[Cut], size: str) -> list[list[str]]:
    """Every cut's paired gain in evidence over `size` without sections; [] where that was not tried."""
    base = next((cut for cut in cuts if cut.size == size and not cut.sections), None)
    if base is None:
        return []
    return [
        [cut.size, "yes" if cut.sections else "-", shown(gain(cut.trials, base.trials, "evidence"), sign="+")]
        for cut in cuts
        if cut is not base
    ]


def figure(cuts: Sequence[Cut], css: str, *, budget: int) -> str:
    """One SVG file: evidence by the mean length of a chunk, and the index's size by the same."""
    lengths = {"characters": False, "tokens": True}
    curves = {
        f"{unit}{', sections' if sections else ''}": [
            (cut.characters, _interval(cut))
            for cut in sorted(cuts, key=lambda one: one.characters)
            if cut.size.startswith("t") is tokens and cut.sections is sections
        ]
        for unit, tokens in lengths.items()
        for sections in (False, True)
    }
    sizes = sorted({(cut.characters, cut.megabytes) for cut in cuts})
    about = f"share of the answer in {budget} characters of passages, by mean characters of a chunk"
    drawn = [
        ranges({name: curve for name, curve in curves.items() if curve}, label=about, x_label=about),
        lines({"MB": sizes}, label="index, MB", x_label="index in MB, by mean characters of a chunk"),
    ]
    return sheet(drawn, css, label="chunk sizes")


def shown(found: Estimate, *, sign: str = "") -> str:
    """`0.800 (0.765 to 0.834)`, signed where `sign` is "+"."""
    return f"{found.value:{sign}.3f} ({found.low:{sign}.3f} to {found.high:{sign}.3f})"


def _interval(cut: Cut) -> Interval:
    found = estimate(cut.trials, "evidence")
    return Interval(share=found.value, low=found.low, high=found.high, n=len(cut.trials))
