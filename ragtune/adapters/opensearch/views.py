"""Lexical views that the node makes of a text: nori's morphemes and Lucene's CJK bigrams.

The text goes to the node as it is, normalised; what a question's words weigh is decided here, with no more
than the rules of `ragtune.analysis`, so that a Lambda can ask.

>>> [(term.text, term.weight) for term in Nori().terms("해지 위약금은 얼마인가요?")]
[('해지', 1.0), ('위약금', 1.0), ('얼마인가요', 0.25)]
"""

import hashlib
import re
from collections.abc import Sequence

from ragtune.analysis import QUESTION_WORD_WEIGHT, Bigrams, content_length, normalise
from ragtune.ports import Term
from ragtune.ranges import range_tokens

_SEAM = re.compile(r"(?<=[가-힣])(?=[0-9a-z])|(?<=[0-9a-z])(?=[가-힣])")
_WORD = re.compile(r"[^\W_]+(?:\.\d+)*")
_HANGUL = re.compile(r"[가-힣]+")


def for_node(text: str) -> str:
    """`text` normalised, with spaces where Hangul meets digits or Latin: Lucene keeps 33000원 as one term.

    >>> for_node("5G요금제, 월 33,000원")
    '5g 요금제, 월 33000 원'
    """
    return _SEAM.sub(" ", normalise(text))


def with_ranges(text: str) -> str:
    """`for_node`, and behind it the tokens of the ranges that the text states, as `Bigrams` has them.

    >>> with_ranges("만 10세 이상")
    '만 10 세 이상 zoejegeqb'
    """
    return " ".join((for_node(text), *range_tokens(normalise(text))))


class OnNode:
    """A view whose terms the node makes by its `analyzer`. `terms` are words that go through it as well, or
    its own where `exact`. One with `ranges` finds amounts in them, so the text's fields hold their tokens."""

    name = ""
    analyzer = ""
    exact = False
    ranges = False


class Cjk(OnNode, Bigrams):
    """Bigrams of the node's `cjk` analyser; a question's are made here, the same, and looked up exactly."""

    name = "cjk"
    version = f"{Bigrams.version}, ranges"
    analyzer = "cjk"
    exact = True
    ranges = True


class Nori(OnNode):
    """Morphemes of the node's Korean analyser; `words` (product names) are its user dictionary.

    Where the node has no nori, the index says so and its field holds CJK bigrams instead.
    """

    name = "nori"

    def __init__(self, words: Sequence[str] = (), question_word_weight: float = QUESTION_WORD_WEIGHT) -> None:
        # A rule of several words says how the first is taken apart: a name of several can't be one.
        self.words = tuple(sorted({word for word in map(for_node, words) if len(word.split()) == 1}))
        named = hashlib.sha256("\n".join(self.words).encode()).hexdigest()[:8] if self.words else "none"
        self.version = f"1/{named}"
        self._weight = question_word_weight

    def tokens(self, text: str) -> list[str]:
        """Words of `text` without the endings that grammar adds."""
        return [word for word, _ in _words(text)]

    def terms(self, question: str) -> list[Term]:
        """The words of `question`; those that only ask get the question word weight."""
        return [Term(text=word, weight=1.0 if says else self._weight) for word, says in _words(question)]


def _words(text: str) -> list[tuple[str, bool]]:
    found = []
    for word in _WORD.findall(for_node(text)):
        content = content_length(word) if _HANGUL.fullmatch(word) else len(word)
        found.append((word[:content] or word, content > 0))
    return found
