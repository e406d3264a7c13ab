"""How well the right document is found: R@k and nDCG@10 with intervals, and paired comparisons.

    questions = read_questions(Path("samples/questions/evaluation.jsonl"))
    outcomes = rank(retriever, index, questions, access)
    summary(outcomes)   # {"overall": {"R@1": 0.83, "R@5": 0.93, "R@10": 0.95, "nDCG@10": 0.89}, …}

A question file has one JSON object a line with `id`, `question`, and the right document in `doc_id` or
`source`: `welfare/01_72389961` is right for file:///pages/html/welfare/01_72389961.html. Where a line has
an `answer_type` or `category`, that is its subset.
"""

import hashlib
import json
import math
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import numpy as np

from ragtune.errors import BadInput
from ragtune.ports import Access, Index
from ragtune.retrieval import Retriever

METRICS: Mapping[str, Callable[[int], float]] = {
    "R@1": lambda rank: float(rank == 1),
    "R@5": lambda rank: float(1 <= rank <= 5),
    "R@10": lambda rank: float(1 <= rank <= 10),
    # One document is right, so the ideal gain is 1.
    "nDCG@10": lambda rank: 1 / math.log2(1 + rank) if 1 <= rank <= 10 else 0.0,
}
_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A question and the end of the right document's URI, without extension; `also` are as right."""

    id: str
    question: str
    document: str
    subset: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The place (from 1) of the right document for one question; 0 = not found."""

    judged: Judged
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean with its 95 % interval, documents resampled."""

    value: float
    low: float
    high: float


def read_questions(path: Path) -> list[Judged]:
    """The questions of a file. Raises BadInput naming the line that is wrong."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(f"{path}: can't be read ({error.strerror}); name a file of questions") from None
    return [_judged(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]


def _judged(line: str, where: str) -> Judged:
    try:
        values = json.loads(line)
        document = values.get("doc_id") or values["source"]
        subset = values.get("answer_type") or values.get("category") or ""
        question = values["question"]
        also = tuple(map(stem, values.get("also") or ()))
        name = str(values["id"])
        return Judged(id=name, question=question, document=stem(document), subset=subset, also=also)
    except (ValueError, AttributeError, TypeError) as error:
        raise BadInput(f"{where}: not a question ({error})") from None
    except KeyError as error:
        raise BadInput(f"{where}: {error} is missing; a question needs id, question and source") from None


def stem(uri: str) -> str:
    """A page's URI or path without scheme, percent signs and extension.

    >>> stem("file:///pages/%EC%83%81%ED%92%88/giga.html")
    '/pages/상품/giga'
    """
    path = unicodedata.normalize("NFC", unquote(uri.partition("://")[2] or uri))
    return str(PurePosixPath(path).with_suffix(""))


def right_documents(index: Index, questions: Sequence[Judged]) -> dict[str, frozenset[str]]:
    """Question id -> ids of the documents whose URI ends as the question says; empty = not in the index."""
    by_name: dict[str, list[tuple[str, str]]] = {}
    for head in index.heads():
        if not head.deleted:
            whole = "/" + stem(head.source)
            by_name.setdefault(whole.rpartition("/")[2], []).append((whole, head.document_id))
    return {
        one.id: frozenset(
            document
            for right in (one.document, *one.also)
            for whole, document in by_name.get(right.rpartition("/")[2], ())
            if whole.endswith("/" + right.lstrip("/"))
        )
        for one in questions
    }


def rank(retriever: Retriever, index: Index, questions: Sequence[Judged], access: Access) -> list[Outcome]:
    """Where the right document of each question stands among the documents found."""
    right = right_documents(index, questions)
    return [
        Outcome(judged=one, rank=_place(retriever.documents(one.question, access), right[one.id]))
        for one in questions
    ]


def _place(found: Sequence[tuple[str, float]], right: Collection[str]) -> int:
    return next((place for place, (document, _) in enumerate(found, 1) if document in right), 0)


def subsets(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """`overall` and every named subset."""
    parts: dict[str, list[Outcome]] = {"overall": list(outcomes)}
    for outcome in outcomes:
        if outcome.judged.subset:
            parts.setdefault(outcome.judged.subset, []).append(outcome)
    return parts


def summary(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Subset -> metric -> mean."""
    return {
        name: {metric: round(float(np.mean(_values(part, metric))), 4) for metric in METRICS}
        for name, part in subsets(outcomes).items()
        if part
    }


def estimate(outcomes: Sequence[Outcome], metric: str, seed: int = 0) -> Estimate:
    """Mean of `metric` with a percentile bootstrap over documents."""
    return by_document(_values(outcomes, metric), _documents(outcomes), seed)


def gain(ours: Sequence[Outcome], theirs: Sequence[Outcome], metric: str, *, compared: int = 1) -> Estimate:
    """Mean difference on the same questions: a gain where the interval lies above zero.

    The interval holds for `compared` of them at once (Bonferroni), when the best of several is to be judged.
    """
    if [one.judged.id for one in ours] != [one.judged.id for one in theirs]:
        raise ValueError("outcomes: not of the same questions in the same order")
    found = _values(ours, metric) - _values(theirs, metric)
    return by_document(found, _documents(ours), compared=compared)


def held_out(document: str) -> bool:
    """Whether questions on `document` are kept for the last judgement: about half, the same every time."""
    return hashlib.sha256(document.encode()).digest()[0] % 2 == 1


def fold(document: str, folds: int) -> int:
    """Which of `folds` parts the questions on `document` belong to, the same every time."""
    return int.from_bytes(hashlib.sha256(document.encode()).digest()[1:5], "big") % folds


def nested(
    ways: Mapping[str, Sequence[Outcome]], metric: str = "nDCG@10", folds: int = 5
) -> tuple[list[Outcome], list[str]]:
    """What choosing among `ways` is worth on questions that had no say in it, and what each fold chose.

    Every fold's questions get the outcomes of the way that was best on the other folds (the first of equals).
    """
    names = list(ways)
    values = np.array([_values(ways[name], metric) for name in names])  # (ways, N)
    first = ways[names[0]]
    own = np.array([fold(one.judged.document, folds) for one in first])  # (N,)
    chosen = [names[int(np.argmax(values[:, own != part].mean(axis=1)))] for part in range(folds)]
    return [ways[chosen[part]][place] for place, part in enumerate(own)], chosen


def _values(outcomes: Sequence[Outcome], metric: str) -> np.ndarray:
    score = METRICS[metric]
    return np.array([score(outcome.rank) for outcome in outcomes])  # (N,)


def _documents(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.judged.document for outcome in outcomes]


def by_document(
    values: np.ndarray, documents: Sequence[str], seed: int = 0, *, compared: int = 1
) -> Estimate:
    """Mean of `values` (N,), the i-th of them about `documents[i]`, with a percentile bootstrap."""
    # Questions on one document rise and fall together: the document is what is drawn again.
    _, groups = np.unique(documents, return_inverse=True)
    sums = np.bincount(groups, weights=values)  # (D,)
    counts = np.bincount(groups)
    drawn = np.random.default_rng(seed).integers(0, len(sums), size=(_RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)  # (resamples,)
    tail = 2.5 / compared
    low, high = np.percentile(means, [tail, 100 - tail])
    return Estimate(value=float(values.mean()), low=float(low), high=float(high))
