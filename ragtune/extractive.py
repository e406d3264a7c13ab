"""The generator without a model: it quotes the sentences of the passages that bear the question best.

    extractive = Extractive(index, Bigrams())
    "".join(extractive.generate(quoting("기가라이트 월 요금은 얼마인가요?", passages)))
    # '기가라이트의 월 요금은 33,000원입니다. [1]'
    extractive.support("기가라이트 월 요금은 얼마인가요?", passages)   # 0.93

It also says how well passages bear a question at all, for answers of any generator.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ragtune.documents import Passage
from ragtune.ports import Analyzer, Index, Prompt
from ragtune.prompts import NOT_FOUND
from ragtune.sentences import split_sentences

_MAX_SENTENCES = 3
_MIN_GAIN = 0.1  # of the question's weight that a further sentence must add
_BREADCRUMB_SHARE = 0.5  # a word of the breadcrumb says what a sentence is about, less surely than its own
_NUMBER_BONUS = 0.1  # for a sentence with a number when a number is asked for
_ASKS_NUMBER = re.compile(r"얼마|몇|언제|며칠")
_FEW_CHUNKS = 200  # fewer count as so many: among a handful every word would be common
_LEADS_ON = re.compile(r"[?:：]\s*$")


@dataclass(frozen=True, slots=True)
class _Line:
    place: int  # of its passage, 0-based
    order: int  # within the passage
    text: str
    terms: frozenset[str]


class Extractive:
    """Quotes 1-3 sentences, verbatim, each with the `[n]` of its passage. Needs one view of the index."""

    name = "extractive"
    version = "1"

    def __init__(self, index: Index, analyzer: Analyzer) -> None:
        self._index = index
        self._analyzer = analyzer

    def versions(self) -> Mapping[str, str]:
        """Of this generator and its analysis."""
        return {"extractive": self.version, "view": f"{self._analyzer.name} {self._analyzer.version}"}

    def support(self, question: str, passages: Sequence[Passage]) -> float:
        """How well the best of `passages` holds what `question` is about, 0-1.

        For one passage: the share of the question's terms, by weight and rarity (idf), that it holds, and
        the share that its breadcrumb alone holds, in the mean. What a passage is about tells a page that
        answers from one that mentions (docs/experiments.md has the two apart and together).
        """
        weights = self._weights(question)
        total = sum(weights.values())
        if not total:
            return 0.0
        return max((self._held(weights, passage) for passage in passages), default=0.0) / total

    def _held(self, weights: Mapping[str, float], passage: Passage) -> float:
        whole = _covered(weights, self._terms(passage.chunk.searchable))
        return (whole + _covered(weights, self._terms(passage.chunk.breadcrumb))) / 2

    def generate(self, prompt: Prompt) -> Iterator[str]:
        """The quoted sentences, one a piece; says so when there is nothing to quote."""
        weights = self._weights(prompt.question)
        chosen = self._chosen(prompt, weights) if weights else []
        if not chosen:
            yield f"{NOT_FOUND}."
        for number, line in enumerate(chosen):
            yield f"{' ' if number else ''}{line.text} [{line.place + 1}]"

    def _chosen(self, prompt: Prompt, weights: Mapping[str, float]) -> list[_Line]:
        lines = [line for place, one in enumerate(prompt.passages) for line in self._lines(place, one)]
        if not lines:
            return []
        total = sum(weights.values())
        asks_number = _ASKS_NUMBER.search(prompt.question) is not None
        heads = [self._terms(passage.chunk.breadcrumb) for passage in prompt.passages]

        def merit(line: _Line) -> float:
            own = _covered(weights, line.terms)
            about = _covered(weights, heads[line.place] - line.terms)
            digits = asks_number and any(char.isdigit() for char in line.text)
            bearing = (own + _BREADCRUMB_SHARE * about) / total + (_NUMBER_BONUS if digits else 0.0)
            return bearing * (1 + prompt.passages[line.place].score) / 2

        best = max(lines, key=lambda line: (merit(line), -line.place, -line.order))
        if not _covered(weights, best.terms | heads[best.place]):
            return []
        same = [line for line in lines if line.place == best.place]
        return sorted(_extended(best, same, weights), key=lambda line: line.order)

    def _lines(self, place: int, passage: Passage) -> Iterator[_Line]:
        for order, text in enumerate(split_sentences(passage.chunk.text)):
            yield _Line(place, order, text.strip(), self._terms(text))

    def _terms(self, text: str) -> frozenset[str]:
        return frozenset(self._analyzer.tokens(text))

    def _weights(self, question: str) -> dict[str, float]:
        """Term -> weight times idf."""
        weights: dict[str, float] = {}
        for term in self._analyzer.terms(question):
            weights[term.text] = max(weights.get(term.text, 0.0), term.weight)
        total, counts = self._index.frequencies(self._analyzer.name, list(weights))
        total = max(total, _FEW_CHUNKS)
        for text, count in zip(list(weights), counts, strict=True):
            weights[text] *= math.log(1 + (total - count + 0.5) / (count + 0.5))
        return weights


def _covered(weights: Mapping[str, float], terms: frozenset[str]) -> float:
    return sum(weight for text, weight in weights.items() if text in terms)


def _extended(best: _Line, same: Sequence[_Line], weights: Mapping[str, float]) -> list[_Line]:
    """`best` with the sentences of its passage that add to it, or that it leads on to."""
    chosen, total = [best], sum(weights.values())
    if _LEADS_ON.search(best.text):
        chosen += [line for line in same if line.order == best.order + 1]
    while len(chosen) < _MAX_SENTENCES:
        held = frozenset().union(*(line.terms for line in chosen))
        rest = [line for line in same if line not in chosen]
        gains = [(_covered(weights, line.terms - held) / total, -line.order, line) for line in rest]
        gain, _, further = max(gains, key=lambda one: one[:2], default=(0.0, 0, best))
        if gain < _MIN_GAIN:
            break
        chosen.append(further)
    return chosen
