"""When two spellings may be one word: spaces and hyphens, and the vowels that loan words are spelt with.

>>> squeezed("Wi-Fi 6"), squeezed("가족 결합·할인")
('wifi6', '가족결합할인')
>>> same_loan("메세지함", "메시지함"), same_loan("컨텐츠", "콘텐츠"), same_loan("요금제", "요금표")
(True, True, False)
"""

import re

_APART = re.compile(r"[\s\-‐‑–·ㆍ・.,/_]+")
_FIRST, _VOWELS, _LAST = 19, 21, 28
_PLAIN = {1: 0, 4: 3, 8: 7, 10: 9, 13: 12}  # tense initials as plain ones: 써비스, 서비스
_AFTER_J = {2: 0, 6: 4, 12: 8, 17: 13}  # ㅑㅕㅛㅠ after ㅈㅊ sound like ㅏㅓㅗㅜ: 텔레비젼, 텔레비전
_J = frozenset((12, 14))
_ALIKE = (  # vowels by their place in Unicode
    frozenset((1, 5)),  # ㅐ ㅔ
    frozenset((5, 20)),  # ㅔ ㅣ: 메세지
    frozenset((4, 8)),  # ㅓ ㅗ: 컨텐츠
    frozenset((0, 1)),  # ㅏ ㅐ: 악세서리
    frozenset((3, 7)),  # ㅒ ㅖ
    frozenset((10, 11)),  # ㅙ ㅚ
    frozenset((11, 15)),  # ㅚ ㅞ
)
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_SOUNDS = {  # consonants that loan words do not tell apart
    "k": ("ㄱㄲㅋㄳㄺ", "gkcqx"),
    "t": ("ㄷㄸㅌ", "dt"),
    "p": ("ㅂㅃㅍㅄ", "bpfv"),
    "s": ("ㅅㅆㅈㅉㅊ", "szj"),
    "l": ("ㄹ", "lr"),
    "m": ("ㅁㄻ", "m"),
    "n": ("ㄴㄵㄶ", "n"),
    "h": ("ㅎ", "h"),
}
_HEARD = dict.fromkeys(_INITIALS + _FINALS, "") | {
    jamo: sound for sound, (both, _) in _SOUNDS.items() for jamo in both
}
_READ = {letter: sound for sound, (_, letters) in _SOUNDS.items() for letter in letters}
_LEAST_LIKENESS = 0.7
_LEAST_SYLLABLES = 3
_MOST_DIFFERENT = 2


def squeezed(text: str) -> str:
    """`text` in lower case without spaces, hyphens and dots."""
    return _APART.sub("", text.lower())


def skeleton(word: str) -> str:
    """The consonants of a Hangul word of three syllables or more, "" of any other.

    >>> skeleton("메세지") == skeleton("메시지") != skeleton("요금제")
    True
    """
    if len(word) < _LEAST_SYLLABLES or not all("가" <= syllable <= "힣" for syllable in word):
        return ""
    return " ".join(f"{first},{last}" for first, _, last in map(_jamo, word))


def same_loan(one: str, other: str) -> bool:
    """Whether two Hangul words differ in one or two vowels that are easily confused and nothing else."""
    if one == other or not skeleton(one) or skeleton(one) != skeleton(other):
        return False
    pairs = [(a[1], b[1]) for a, b in zip(map(_jamo, one), map(_jamo, other), strict=True) if a[1] != b[1]]
    return len(pairs) <= _MOST_DIFFERENT and all(frozenset(pair) in _ALIKE for pair in pairs)


def sounds_like(hangul: str, english: str) -> bool:
    """Whether a Hangul word is the English one as it is heard: their consonants are much the same.

    >>> sounds_like("클라이언트", "Client"), sounds_like("텔레비전", "TV set"), sounds_like("잠금", "lock")
    (True, False, False)
    """
    from difflib import SequenceMatcher  # noqa: PLC0415  no question needs it

    heard = [_HEARD[part] for syllable in hangul if "가" <= syllable <= "힣" for part in _parts(syllable)]
    read = [_READ[letter] for letter in english.lower() if letter in _READ]
    heard, read = ([sound for sound in one if sound] for one in (heard, read))
    if min(len(heard), len(read)) < 2:
        return False
    return SequenceMatcher(None, heard, read, autojunk=False).ratio() >= _LEAST_LIKENESS


def _parts(syllable: str) -> tuple[str, str]:
    place = ord(syllable) - ord("가")
    return _INITIALS[place // (_VOWELS * _LAST)], _FINALS[place % _LAST]


def _jamo(syllable: str) -> tuple[int, int, int]:
    place = ord(syllable) - ord("가")
    first, vowel, last = place // (_VOWELS * _LAST), place // _LAST % _VOWELS, place % _LAST
    first = _PLAIN.get(first, first)
    return first, _AFTER_J.get(vowel, vowel) if first in _J else vowel, last
