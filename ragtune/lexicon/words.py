"""What a question may also be worded as.

A question's words, one to four of them side by side, are looked up without spaces, hyphens and particles; the
beginning and the end of a long compound are looked up too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ragtune.analysis import content_length, normalise
from ragtune.lexicon.spelling import same_loan, skeleton, squeezed
from ragtune.records import digest

DERIVED_WEIGHT = 0.5  # of what rules found in documents: half of a word that was asked
_MOST_WORDS = 60  # of a question
_MOST_SPAN = 4
_MOST_VARIANTS = 8
_LEAST_PART = 3  # syllables of a compound's part
_WORD = re.compile(r"[가-힣]+|[a-z0-9][a-z0-9+#.\-]*[a-z0-9+#]|[a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Words that say the same. With `said`, who says that means one of `forms`, but not the other way."""

    forms: tuple[str, ...]
    weight: float = DERIVED_WEIGHT  # 0-1, of a form's terms beside those that were asked
    said: str = ""
    certain: bool = False  # not found by rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A text that the question might have used instead of `asked`, and how much it counts (0-1).

    What rules found counts only as far as documents say it more often than what was asked (`rarer`).
    """

    text: str
    asked: str
    weight: float
    certain: bool  # the operator says so

    def rarer(self, asked: int, said: int) -> "Variant | None":
        """As it counts when `asked` chunks hold what was asked and `said` this text; None: not at all.

        >>> Variant(text="셋톱박스", asked="stb", weight=0.5, certain=False).rarer(1, 10).weight
        0.45
        """
        if self.certain:
            return self
        weight = round(self.weight * (1 - asked / said), 3) if said > asked else 0.0
        return replace(self, weight=weight) if weight else None


class Lexicon:
    """`groups` of words for the same, and `names` of which spaces and loan spellings may differ."""

    def __init__(self, groups: Iterable[Group] = (), names: Iterable[str] = ()) -> None:
        self._variants: dict[str, dict[str, tuple[float, bool]]] = {}
        for group in groups:
            self._add(group)
        self._spellings: dict[str, list[str]] = {}
        self._skeletons: dict[str, list[str]] = {}
        for name in names:
            self._spell(normalise(name))

    def _add(self, group: Group) -> None:
        forms = [normalise(form) for form in group.forms]
        for key in [normalise(group.said)] if group.said else forms:
            known = self._variants.setdefault(squeezed(key), {})
            for form in forms:
                if squeezed(form) != squeezed(key):
                    known[form] = max(known.get(form, (0.0, False)), (group.weight, group.certain))

    def _spell(self, name: str) -> None:
        key = squeezed(name)
        if key not in self._spellings and skeleton(key):
            self._skeletons.setdefault(skeleton(key), []).append(key)
        spelt = self._spellings.setdefault(key, [])
        if name not in spelt:
            spelt.append(name)

    def tables(self) -> dict[str, Any]:
        """All of it as plain JSON, of which `Lexicon.of` makes the same one without working anything out."""
        return {
            "version": self.version,
            "variants": dict(sorted(self._variants.items())),
            "spellings": {key: list(names) for key, names in sorted(self._spellings.items())},
            "skeletons": dict(sorted(self._skeletons.items())),
        }

    @classmethod
    def of(cls, tables: Mapping[str, Any]) -> "Lexicon":
        """The inverse of `tables`. Raises KeyError for what lacks one."""
        made = cls()
        made.version = tables["version"]
        made._variants, made._skeletons = tables["variants"], tables["skeletons"]
        made._spellings = tables["spellings"]
        return made

    @cached_property
    def version(self) -> str:
        """A digest of everything in it, "" when that is nothing."""
        variants = [[key, sorted(known.items())] for key, known in sorted(self._variants.items())]
        spellings = [[key, sorted(known)] for key, known in sorted(self._spellings.items())]
        return digest([variants, spellings]) if variants or spellings else ""

    def variants(self, question: str) -> list[Variant]:
        """Up to eight, the weightiest first; [] for most questions."""
        if not self._variants and not self._spellings:
            return []
        asked = normalise(question)
        found: dict[str, Variant] = {}
        for words, whole in _spans(asked):
            for text, weight, certain in self._known(squeezed(words), whole=whole):
                if text not in asked and (text not in found or weight > found[text].weight):
                    found[text] = Variant(text=text, asked=words, weight=weight, certain=certain)
        return sorted(found.values(), key=lambda one: (-one.weight, one.text))[:_MOST_VARIANTS]

    def _known(self, key: str, *, whole: bool) -> Iterator[tuple[str, float, bool]]:
        for text, (weight, certain) in self._variants.get(key, {}).items():
            yield text, weight, certain
        spelt = self._spellings.get(key, [])
        yield from ((name, DERIVED_WEIGHT, False) for name in spelt)
        if whole and not spelt and key not in self._variants:
            for other in self._skeletons.get(skeleton(key), ()):
                if same_loan(key, other):
                    yield from ((name, DERIVED_WEIGHT, False) for name in self._spellings[other])


def _spans(question: str) -> Iterator[tuple[str, bool]]:
    """(words side by side, whether they are whole words), without particles behind the last one."""
    words = _WORD.findall(question)[:_MOST_WORDS]
    for start in range(len(words)):
        for end in range(start + 1, min(start + _MOST_SPAN, len(words)) + 1):
            for last in _bare(words[end - 1]):
                yield " ".join((*words[start : end - 1], last)), True
    for word in words:
        stem = _bare(word)[-1]
        if len(stem) > _LEAST_PART and stem[0] >= "가":
            for length in range(_LEAST_PART, len(stem)):
                yield stem[:length], False
                yield stem[-length:], False


def _bare(word: str) -> list[str]:
    """The word, and without its particle or ending where it has one."""
    length = content_length(word) if word[0] >= "가" else len(word)
    return [word, word[:length]] if 0 < length < len(word) else [word]


NOTHING = Lexicon()
