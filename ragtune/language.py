"""How Korean an answer is: the share of Hangul among its letters, names taken from the documents left out.

>>> korean_share("Giga Lite의 요금은 33,000원", known="Giga Lite 안내")
1.0
>>> korean_share("The fee is 33,000 won.")
0.0
"""

import re

_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LETTERS = re.compile(r"[^\W\d_]")
_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_LEAST_SHARE = 0.5
_FEW_WORDS = 4  # in Latin, or as many letters of another script: a name is shorter, a sentence is not


def korean_share(text: str, *, known: str = "") -> float:
    """0 to 1; 1 when there is no letter at all. Latin words that stand in `known` don't count."""
    rest = _without_names(text, known)
    letters = len(_LETTERS.findall(rest))
    return len(_HANGUL.findall(rest)) / letters if letters else 1.0


def is_korean(text: str, *, known: str = "") -> bool:
    """Whether an answer may pass as Korean. A name of a few words that stands alone may.

    >>> is_korean("Giga Lite"), is_korean("You have to pay.")
    (True, False)
    """
    rest = _without_names(text, known)
    foreign = len(_LATIN_WORD.findall(rest)) + len(
        _LETTERS.findall(_HANGUL.sub("", _LATIN_WORD.sub("", rest)))
    )
    return foreign < _FEW_WORDS or korean_share(text, known=known) >= _LEAST_SHARE


def _without_names(text: str, known: str) -> str:
    names = {word.casefold() for word in _LATIN_WORD.findall(known)}
    return _LATIN_WORD.sub(lambda word: "" if word[0].casefold() in names else word[0], text)
