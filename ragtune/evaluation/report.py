"""The evaluation as plain data: what the page shows (`page.write`) and what `report.json` holds.

    page.write(Report(answers=tuple(graded), probes={"base": …}), Path(".ragtune"))

`report.json`:

    {"matrix": {"PEFT+RAG": {"overall": {"share": 0.74, "low": 0.66, "high": 0.81, "n": 50}, "process": {…}}},
     "probes": {"retrieval_aware": {"closed_book": 0.98, "with_passage": 0.97, "changed_passage": 0.96,
                "stale": 0.0, "absent": 0.95, "n": 200, "intervals": {"closed_book": {"share": …}, …}}},
     "versions": {"index": "…"}, "seconds": {"ingest": 3.1}, "details": {"PEFT+RAG": {"korean": {…}, …}},
     "inexpressible": {"process": 10}, "lengths": {…}, "abstention": [[0.0, 1.0, 0.0], …]}

`share` is the share (0–1) of the points reached, 4 a question, `low` and `high` its 95 % interval, `n` the
number of questions. Everything here is plain data: a report is made and tested without any model.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from ragtune.evaluation.abstention import Point
from ragtune.evaluation.figures import Curve
from ragtune.evaluation.matrix import Column, Graded, matrix
from ragtune.evaluation.probes import Probe
from ragtune.records import encode

SHORTER = 0.6  # answers whose median is below this share of the training data's raise the alarm (R12)
LONGER = 1.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One run's curves: (step, loss) and (step, validation score 0–1)."""

    name: str
    loss: Curve
    score: Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the page shows. Parts that are empty are left out of the page."""

    answers: tuple[Graded, ...]
    probes: Mapping[str, Probe] = field(default_factory=dict)  # base, plain, retrieval_aware
    trainings: tuple[Training, ...] = ()
    training_lengths: tuple[int, ...] = ()  # characters of each output trained on
    abstention: tuple[Point, ...] = ()
    threshold: float | None = None  # the one in use
    inexpressible: Mapping[str, int] = field(default_factory=dict)  # category -> questions
    instructions: Mapping[str, int] = field(default_factory=dict)  # what the set counts, by name
    versions: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    made_at: str = ""  # for people

    @property
    def matrix(self) -> dict[str, Column]:
        return matrix(self.answers)


def training_from_log(path: Path, name: str) -> Training:
    """The curves of a run from its `metrics/log.jsonl`; lines that are no events are passed over."""
    events = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        events.append(event if isinstance(event, dict) else {})
    loss = tuple((float(e["step"]), float(e["loss"])) for e in events if e.get("event") == "step")
    score = tuple((float(e["step"]), float(e["score"])) for e in events if e.get("event") == "validation")
    return Training(name=name, loss=loss, score=score)


def length_alarm(trained: tuple[int, ...], answered: Mapping[str, tuple[int, ...]]) -> dict[str, float]:
    """Variant -> median answer length as a share of the training data's, where the two differ much.

    Sets augmented with short rows have made answers short before: what a model is trained on is what it
    says.
    """
    if not trained:
        return {}
    usual = median(trained)
    shares = {name: median(lengths) / usual for name, lengths in answered.items() if lengths}
    return {name: round(share, 2) for name, share in shares.items() if not SHORTER <= share <= LONGER}


def as_json(report: Report) -> dict[str, object]:
    """The object that `report.json` holds."""
    columns = report.matrix
    lengths = {name: list(column.lengths) for name, column in columns.items()}
    details = {
        name: {
            key: value
            for key, value in encode(replace(column, points={}, lengths=())).items()
            if key not in ("points", "lengths")
        }
        for name, column in columns.items()
    }
    return {
        "matrix": {name: encode(column.points) for name, column in columns.items()},
        "probes": {name: _probe(probe) for name, probe in report.probes.items()},
        "versions": dict(report.versions),
        "seconds": dict(report.seconds),
        "details": details,
        "inexpressible": dict(report.inexpressible),
        "lengths": {"training": list(report.training_lengths), **lengths},
        "length_alarm": length_alarm(report.training_lengths, answered_lengths(report)),
        "abstention": [[p.threshold, p.false_answers, p.false_abstentions] for p in report.abstention],
        "threshold": report.threshold,
        "instructions": dict(report.instructions),
    }


def answered_lengths(report: Report) -> dict[str, tuple[int, ...]]:
    """Characters of the tuned model's answers, by variant; an abstention is short for another reason."""
    return {
        name: tuple(len(a.text) for a in report.answers if a.variant == name and a.state == "answered")
        for name in report.matrix
        if name.startswith("PEFT")
    }


def _probe(probe: Probe) -> dict[str, object]:
    intervals = encode(probe)
    numbers = {name: interval["share"] for name, interval in intervals.items()}
    return {**numbers, "n": probe.with_passage.n, "intervals": intervals}
