"""Korean particles chosen by how a word ends, also after digits, Latin letters and units.

>>> with_particle("월 요금", "은", "는"), with_particle("속도", "은", "는"), with_particle("5G", "은", "는")
('월 요금은', '속도는', '5G는')
"""

import re

# How the digit is read: 영 일 이 삼 사 오 육 칠 팔 구; after it a zero is 십, 백, 천 or 만: all closed.
_CLOSED_DIGITS = frozenset("013678")
_CLOSED_LETTERS = frozenset("LMNR")  # read by name: 엘 엠 엔 알
_CLOSED_ENDINGS = ("l", "m", "n", "ng", "b", "c", "k", "p")  # of words: 슬림, 베이직, 팩
_UNITS = {"kg": True, "g": True, "mg": True, "%p": False, "km": False, "m": False, "cm": False, "mm": False}
_PAIRS = {form: pair for pair in ("은는", "이가", "을를", "과와") for form in pair}
# A particle at the beginning of a text, whole: no syllable follows it, save after 로.
_LEADING = re.compile(
    r"(으로|로|은|는|이|가|을|를|과|와)(?=$|[^가-힣(]|(?<=로)(?:는|도|만|서|부터)(?![가-힣]))"
)
_TAIL = re.compile(r"[\s\"'”’」』》〉.,!?~…·:;*※]+$")
_BRACKETS = re.compile(r"\s*[(\[<〈【][^()\[\]<>〈〉【】]*[)\]>〉】]$")


def closed(word: str) -> bool:
    """True when `word` is read with a final consonant: 은, 이, 을, 과 follow it; else 는, 가, 를, 와.

    What stands in brackets at the end does not count: 요금(부가세 별도) ends like 요금.
    """
    bare = _TAIL.sub("", word)
    bare = _TAIL.sub("", _BRACKETS.sub("", bare)) or bare.strip("()[]<>〈〉【】 ")
    last = bare[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28 != 0
    if last.isascii() and last.isdigit():
        return last in _CLOSED_DIGITS
    return _closed_latin(bare)


def with_particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """`word` with the particle that fits: `with_particle(name, "은", "는")`."""
    return word + (after_consonant if closed(word) else after_vowel)


def particle(word: str, form: str) -> str:
    """`form` (은, 이, 을, 과, 로, or its counterpart) as it reads after `word`.

    >>> particle("36개월", "로"), particle("1일", "으로"), particle("무료", "은")
    ('로', '로', '는')
    """
    if form in ("로", "으로"):
        return "으로" if closed(word) and not _ends_in_rieul(word) else "로"
    pair = _PAIRS[form]
    return pair[0] if closed(word) else pair[1]


def agreed(word: str, rest: str) -> str:
    """`rest`, which stands right after `word`, with the particle it begins with (if any) made to fit.

    >>> agreed("무료", "은 아닙니다")
    '는 아닙니다'
    """
    found = _LEADING.match(rest)
    return particle(word, found[1]) + rest[found.end() :] if found else rest


def _ends_in_rieul(word: str) -> bool:
    """ㄹ takes 로 as a vowel does; 1, 7, 8 and L, R are read with it at the end."""
    last = _TAIL.sub("", word)[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28 == 8
    return last in "178LR" and bool(last)


def _closed_latin(word: str) -> bool:
    letters = re.search(r"(\d?)(%?[A-Za-z]+)$", word)
    if not letters:
        return False
    name = letters.group(2)
    if letters.group(1) and name in _UNITS:
        return _UNITS[name]
    if name.isupper():
        return name[-1] in _CLOSED_LETTERS
    return name.lower().endswith(_CLOSED_ENDINGS)
