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
_FEW_LETTERS = 20  # of another script: a product's name, not yet a sentence


def korean_share(text: str, *, known: str = "") -> float:
    """0 to 1; 1 when there is no letter at all. Latin words that stand in `known` don't count."""
    hangul, letters = _letters(text, known)
    return hangul / letters if letters else 1.0


def is_korean(text: str, *, known: str = "") -> bool:
    """Whether an answer may pass as Korean. A name or two that stand alone may.

    >>> is_korean("Giga Lite"), is_korean("You have to pay a penalty.")
    (True, False)
    """
    hangul, letters = _letters(text, known)
    return letters - hangul < _FEW_LETTERS or hangul / letters >= _LEAST_SHARE


def _letters(text: str, known: str) -> tuple[int, int]:
    names = {word.casefold() for word in _LATIN_WORD.findall(known)}
    rest = _LATIN_WORD.sub(lambda word: "" if word[0].casefold() in names else word[0], text)
    return len(_HANGUL.findall(rest)), len(_LETTERS.findall(rest))
