"""Amounts that fall into the ranges that documents state: "40만원" finds "30만원 이상 50만원 미만".

A range becomes the few decimal prefixes that cover it, an amount every prefix of itself, so that exactly one
of them is shared where the amount lies inside. They are words like any other: right after every update, the
same on every index, and of letters alone, because analysers of search engines part letters from digits.

>>> set(range_tokens("월 소득 30만원 이상 50만원 미만")) & set(amount_tokens("소득이 40만 원이면?"))
{'zrfaijgqfqe'}
>>> set(range_tokens("만 65세 이상")) & set(amount_tokens("50세"))
set()

Source: decimal tries as Lucene's numeric range terms had them (https://doi.org/10.1016/j.cageo.2008.02.023).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_TOKENS = 40  # of one range: more is a range of odd numbers that nobody asks into
_MOST_RANGES = 12  # of one chunk
_MOST_AMOUNTS = 4  # of one question
_LEVELS = 10  # decimal digits: up to 10,000,000,000
_TIMES = {
    "": 1,
    "백": 100,
    "천": 1_000,
    "만": 10**4,
    "백만": 10**6,
    "천만": 10**7,
    "억": 10**8,
    "천억": 10**11,
}
_SAME = {"살": "세", "퍼센트": "%", "달": "개월", "사람": "명", "인": "명"}
_UNITS = (
    "원|세|살|개월|달|년|일|주|시간|분|초|명|인|사람|가구|회|건|대|개|평|점|박|배"
    "|%|퍼센트|km|kg|gb|mb|mbps|gbps|m2"
)
_AMOUNT = (
    r"\d{1,12}(?:\.\d{1,3})?(?:\s?(?:[백천]?[만억]|[백천](?=\s?원)))?"
    r"(?:\s?\d{1,4}\s?[백천]?만|\s?\d\s?천(?=\s?원))?"  # of "3억 5천만", "1만 5천 원"
)
_ONE = re.compile(rf"(?<![\d.\-])(?P<amount>{_AMOUNT})\s?(?P<unit>{_UNITS})(?![a-z0-9])")
_BOTH = re.compile(
    rf"(?<![\d.\-])(?P<low>{_AMOUNT})\s?(?P<first>{_UNITS})?\s?(?P<above>이상|초과|부터|에서)?\s?[~∼〜\-]?\s?"
    rf"(?:만\s)?(?P<high>{_AMOUNT})\s?(?P<unit>(?(first)(?P=first)|(?:{_UNITS})))(?![a-z0-9])\s?(?P<below>이하|미만|까지|이내)?"
)
_ABOVE = re.compile(rf"{_ONE.pattern}\s?(?P<mark>이상|초과|(?:을|를|이|가)?\s?넘)")
_BELOW = re.compile(rf"{_ONE.pattern}\s?(?P<mark>이하|미만|이내|안에)")
_PARTS = re.compile(r"(\d+(?:\.\d+)?)\s?([백천]?[만억]|[백천])?")


@dataclass(frozen=True, slots=True)
class Range:
    """low <= amount <= high, in whole units; no high: open."""

    unit: str
    low: int
    high: int | None


def range_tokens(text: str) -> list[str]:
    """Tokens of the ranges that `text`, normalised (see `analysis`), states; [] for nearly all texts."""
    if not any(mark in text for mark in ("이상", "이하", "미만", "초과", "이내", "~", "까지", "넘", "안에")):
        return []
    found: dict[str, None] = {}
    for number, one in enumerate(stated(text)):
        if number == _MOST_RANGES:
            break
        tokens = _cover(one)
        found |= dict.fromkeys(tokens if len(tokens) <= _MOST_TOKENS else ())
    return list(found)


def amount_tokens(question: str) -> list[str]:
    """Tokens that a range holds at most one of, for each of the first four amounts of `question`."""
    found: dict[str, None] = {}
    for number, match in enumerate(_ONE.finditer(question)):
        value = int(_value(match["amount"]))
        if number == _MOST_AMOUNTS or value >= 10**_LEVELS:
            break
        unit = _unit(match["unit"])
        found |= {_token(unit, level, value // 10**level): None for level in range(_LEVELS)}
        found |= {_open(unit, digits): None for digits in range(len(str(value)))}
    return list(found)


def stated(text: str) -> Iterator[Range]:
    """The ranges of `text`, which is normalised.

    >>> list(stated("만 19~34세"))
    [Range(unit='세', low=19, high=34)]
    """
    closed: list[re.Match[str]] = []
    for match in _BOTH.finditer(text):
        if match["above"] or set(match[0]) & set("~∼〜-"):
            low = _value(match["low"], like="" if match["first"] else match["high"])
            high = _value(match["high"])
            if low < high:
                closed.append(match)
                yield _bounded(_unit(match["unit"]), low, high, below=match["below"] or "")
    for pattern in (_ABOVE, _BELOW):
        for match in pattern.finditer(text):
            if not any(one.start() <= match.start() < one.end() for one in closed):
                value, unit = _value(match["amount"]), _unit(match["unit"])
                up = pattern is _ABOVE
                yield (
                    Range(unit, _whole(value, up=True), None)
                    if up
                    else _bounded(unit, 0, value, below=match["mark"])
                )


def _bounded(unit: str, low: float, high: float, *, below: str) -> Range:
    top = _whole(high, up=False)
    return Range(unit, _whole(low, up=True), top - 1 if below == "미만" and top == high else top)


def _whole(value: float, *, up: bool) -> int:
    return int(-(-value // 1)) if up else int(value // 1)


def _value(amount: str, like: str = "") -> float:
    """What an amount says: "1만 5천" is 15000. With `like`, a bare number borrows its last multiplier."""
    total = 0.0
    for number, times in _PARTS.findall(amount):
        total += float(number) * _TIMES.get(times, 1)
    borrowed = re.search(r"[백천]?[만억]$|[백천]$", like.strip())
    return total * _TIMES.get(borrowed[0], 1) if borrowed and amount.strip()[-1].isdigit() else total


def _unit(unit: str) -> str:
    return _SAME.get(unit, unit)


def _cover(one: Range) -> list[str]:
    """The tokens of decimal prefixes that cover the range, each amount by exactly one."""
    if one.low >= 10**_LEVELS:
        return []
    if one.high is not None:
        return [_token(one.unit, *pair) for pair in _prefixes(one.low, min(one.high, 10**_LEVELS - 1))]
    digits = len(str(one.low))
    if one.low == 10 ** (digits - 1) or one.low == 0:
        return [_open(one.unit, digits - 1)]
    pairs = _prefixes(one.low, 10**digits - 1)
    return [*(_token(one.unit, *pair) for pair in pairs), _open(one.unit, digits)]


def _prefixes(low: int, high: int) -> Iterator[tuple[int, int]]:
    """(level, prefix): the integers whose decimal digits but the last `level` are `prefix`."""
    level = 0
    while low <= high:
        while low <= high and low % 10:
            yield level, low
            low += 1
        while low <= high and high % 10 != 9:
            yield level, high
            high -= 1
        if low > high:
            return
        low, high, level = low // 10, high // 10, level + 1


def _token(unit: str, level: int, prefix: int) -> str:
    return f"zr{_letters(unit)}q{_digits(level)}q{_digits(prefix)}"


def _open(unit: str, digits: int) -> str:
    """At least 10 to the power of `digits`."""
    return f"zo{_letters(unit)}q{_digits(digits)}"


def _letters(unit: str) -> str:
    return "x".join(_digits(ord(char)) for char in unit)


def _digits(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
