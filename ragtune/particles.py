"""Korean particles in the form that fits the word before them, however that word is written.

>>> with_particle("기가라이트", "은") + " " + with_particle("36개월", "로")
'기가라이트는 36개월로'
>>> agreed("100Mbps", "과(와)는 다릅니다")
'과(와)는 다릅니다'
"""

import re

_PAIRS = {"은": "은는", "는": "은는", "이": "이가", "가": "이가", "을": "을를", "를": "을를"}
_PAIRS |= {"과": "과와", "와": "과와", "으로": "", "로": ""}
# Read aloud in Korean: 0 영, 1 일, 3 삼, 6 육, 7 칠, 8 팔, L 엘, M 엠, N 엔, R 알;
# 일, 칠, 팔, 엘, 알 end in ㄹ.
_FINAL = {**dict.fromkeys("036mn", "other"), **dict.fromkeys("178lr", "rieul"), "㎜": "other", "㎞": "other"}
# A particle that is a whole one: nothing, or no further syllable, follows it, save for some that may.
_HEAD = re.compile(r"(으로|로|은|는|이|가|을|를|과|와)(?=$|[^가-힣(]|(?<=로)(?:는|도|만|서|부터)(?![가-힣]))")


def final(word: str) -> str:
    """How the last spoken letter or digit of `word` ends: `""` (vowel), `"rieul"` (ㄹ) or `"other"`."""
    for letter in reversed(word):
        if "가" <= letter <= "힣":
            place = (ord(letter) - ord("가")) % 28
            return "rieul" if place == 8 else "other" if place else ""
        if letter.isalnum() or letter in "㎜㎞":
            return _FINAL.get(letter.casefold(), "")
        if letter == "%":  # 퍼센트
            return ""
    return ""


def particle(word: str, form: str) -> str:
    """`form` (은, 이, 을, 과, 로 or its counterpart) as it reads after `word`."""
    if form in ("로", "으로"):
        return "으로" if final(word) == "other" else "로"
    pair = _PAIRS[form]
    return pair[0] if final(word) else pair[1]


def with_particle(word: str, form: str) -> str:
    """`word` with the fitting form of that particle."""
    return word + particle(word, form)


def agreed(word: str, rest: str) -> str:
    """`rest`, what stands right after `word`, with the particle it begins with (if any) made to fit."""
    found = _HEAD.match(rest)
    return particle(word, found[1]) + rest[found.end() :] if found else rest
