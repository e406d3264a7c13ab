"""The personal-number texts: spans that hold together, and as many texts without any."""

import json
import re
from collections import Counter
from pathlib import Path

import samples

LINES = (Path(samples.__file__).parent / "privacy" / "texts.jsonl").read_text(encoding="utf-8").splitlines()
TEXTS = [json.loads(line) for line in LINES]


def test_every_kind_is_there_and_half_the_texts_hold_none() -> None:
    kinds = Counter(kind for text in TEXTS for _, _, kind in text["spans"])
    assert set(kinds) == {"resident", "foreigner", "phone", "card", "account"}
    assert min(kinds.values()) >= 10
    assert len(TEXTS) >= 150
    assert 0.45 <= sum(not text["spans"] for text in TEXTS) / len(TEXTS) <= 0.55


def test_spans_are_in_order_and_hold_numbers() -> None:
    for text in TEXTS:
        end = 0
        for start, stop, _ in text["spans"]:
            number = text["text"][start:stop]
            assert end <= start < stop <= len(text["text"])
            assert number == number.strip()
            assert re.search(r"\d{3}|[공일이삼사]{3}", number)
            end = stop


def test_phone_numbers_belong_to_nobody() -> None:
    """Exchanges that start with 0 or 1 are not given out in Korea."""
    for text in TEXTS:
        for start, stop, kind in text["spans"]:
            number = text["text"][start:stop]
            if kind == "phone" and number.isascii():
                assert re.search(r"(?:^|\D)(?:0000|000|1234|123)(?:\D|$)|^0100000\d{4}$", number), number
