"""Korean morphemes by kiwipiepy (the `korean` extra): the first lexical view where it is installed.

    kiwi = Kiwi(words=("기가라이트", "올인원"))
    kiwi.tokens("기가라이트 요금제를 해지하려면")   # ['기가라이트', '요금제', '해지']

The model is loaded by the first text (about 1.5 s and 500 MB), not by the constructor.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

from ragtune.analysis import QUESTION_WORD_WEIGHT, is_question_word, normalise
from ragtune.errors import BadInput
from ragtune.ports import Term

if TYPE_CHECKING:
    import kiwipiepy

_RULES = "1"
# Content tags; particles, endings, punctuation, verb-making suffixes, copulas, auxiliaries are no terms.
_KEPT_SYMBOLS = frozenset(["SL", "SN", "SH", "XSN"])
_DROPPED = ("J", "E", "S", "XS", "VCP", "VX", "Z", "UN")
_QUESTION_TAGS = frozenset(["NP"])


class Kiwi:
    """Analyzer: content morphemes in their base form. `words` become entries of the user dictionary; each is
    a term as a whole and by its parts, so that 가족결합 finds 가족 결합 and the other way round.

    Raises BadInput when the `korean` extra isn't installed.
    """

    name = "kiwi"

    def __init__(self, words: Sequence[str] = (), question_word_weight: float = QUESTION_WORD_WEIGHT) -> None:
        try:
            package = installed("kiwipiepy")
            model = installed("kiwipiepy_model")
        except PackageNotFoundError:
            reason = (
                "the view 'kiwi' needs the `korean` extra: pip install 'ragtune[korean]', "
                'or set index.views to ["bigram"]'
            )
            raise BadInput(reason) from None
        self._words = sorted({word for word in map(normalise, words) if word})
        dictionary = (
            hashlib.sha256("\n".join(self._words).encode()).hexdigest()[:8] + "+parts"
            if self._words
            else "none"
        )
        self.version = f"{_RULES}/{package}/{model}/{dictionary}"
        self._weight = question_word_weight
        self._lock = threading.Lock()

    @cached_property
    def _kiwi(self) -> kiwipiepy.Kiwi:
        import kiwipiepy  # noqa: PLC0415 - optional, and slow to load

        kiwi = kiwipiepy.Kiwi(num_workers=1)
        for word in self._words:
            kiwi.add_user_word(word, "NNP")
        return kiwi

    def tokens(self, text: str) -> list[str]:
        """Content morphemes of `text` in order."""
        return [form for token in self._tokenize(text) for form in (_form(token), *self._parts(token))]

    def terms(self, question: str) -> list[Term]:
        """Weighted morphemes: pronouns, interrogatives and light words get the question word weight."""
        return [
            Term(text=form, weight=self._weight if _is_light(token) else 1.0)
            for token in self._tokenize(question)
            for form in (_form(token), *self._parts(token))
        ]

    @cached_property
    def _parts_of(self) -> dict[str, tuple[str, ...]]:
        """The morphemes of each word of the user dictionary, as they are without it."""
        if not self._words:
            return {}
        plain = Kiwi(question_word_weight=self._weight)
        parts = {word: tuple(plain.tokens(word)) for word in self._words}
        return {word: own for word, own in parts.items() if len(own) > 1}

    def _parts(self, token: Any) -> tuple[str, ...]:
        return self._parts_of.get(token.form, ()) if self._words else ()

    def _tokenize(self, text: str) -> list[Any]:
        with self._lock:
            kiwi = self._kiwi
        # Line by line: a line's end is a sentence's end to the model.
        lines = "\n".join(map(normalise, text.splitlines()))
        return [token for token in kiwi.tokenize(lines) if _is_term(token.tag)]


def _is_term(tag: str) -> bool:
    return tag in _KEPT_SYMBOLS or not tag.startswith(_DROPPED)


def _is_light(token: Any) -> bool:
    return token.tag in _QUESTION_TAGS or is_question_word(token.form)


def _form(token: Any) -> str:
    return str(token.form).replace(" ", "_")
