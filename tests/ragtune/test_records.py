"""Plain data to dataclasses: round trips, and messages that name the place and the value."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.documents import Chunk, Document, Resource, Section, Table, Text
from ragtune.errors import BadInput
from ragtune.records import decode, digest, encode, from_json, to_json

WORD = st.text(max_size=12)
TEXTS = st.builds(Text, text=WORD, kind=st.sampled_from(["paragraph", "code"]), level=st.integers(0, 3))
TABLES = st.builds(Table, grid=st.lists(st.tuples(WORD, WORD), max_size=3).map(tuple), caption=WORD)
SECTIONS = st.builds(
    Section,
    path=st.lists(WORD, max_size=2).map(tuple),
    blocks=st.lists(TEXTS | TABLES, max_size=3).map(tuple),
)
RESOURCES = st.builds(Resource, name=WORD, uri=WORD, media_type=WORD, section=st.integers(0, 9))
DOCUMENTS = st.builds(
    Document,
    source=WORD,
    version=st.integers(0, 2**50),
    title=WORD,
    sections=st.lists(SECTIONS, max_size=3).map(tuple),
    attachments=st.lists(RESOURCES, max_size=2).map(tuple),
)


@given(DOCUMENTS)
def test_a_document_survives_json(document: Document) -> None:
    assert from_json(Document, to_json(document)) == document


@given(DOCUMENTS)
def test_a_line_of_json_is_what_encode_gives(document: Document) -> None:
    assert json.loads(to_json({"pages": [document]})) == json.loads(json.dumps(encode({"pages": [document]})))


def test_what_json_can_not_hold_is_refused() -> None:
    assert to_json((Path("a/b"), None, 1.5)) == '["a/b",null,1.5]'
    with pytest.raises(TypeError, match="set can't be written as JSON"):
        to_json({"labels": {"public"}})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    steps: int
    rate: float = 0.1
    mode: Literal["fast", "exact"] = "fast"
    pair: tuple[int, int] = (0, 0)
    note: str | None = None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"steps": "ten"}, "steps: expected int, found 'ten'"),
        ({"steps": True}, "steps: expected int, found True"),
        ({}, "steps: missing"),
        ({"steps": 1, "stepz": 2}, "stepz: no such key; known are steps, rate, mode, pair, note"),
        ({"steps": 1, "mode": "slow"}, "mode: expected 'fast' or 'exact', found 'slow'"),
        ({"steps": 1, "pair": [1]}, r"pair: expected 2 items, found \[1\]"),
        ({"steps": 1, "pair": [1, "b"]}, r"pair\[1\]: expected int, found 'b'"),
        ([1], r"expected a table of Recipe, found \[1\]"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(value: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        decode(Recipe, value)


def test_integers_are_accepted_where_numbers_are_asked() -> None:
    assert decode(Recipe, {"steps": 1, "rate": 2}).rate == 2.0


def test_broken_json_says_where() -> None:
    with pytest.raises(BadInput, match=r"questions.jsonl line 3: not JSON"):
        from_json(Chunk, "{", "questions.jsonl line 3")


def test_the_digest_ignores_the_order_of_keys_and_nothing_else() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert encode((1, (2,))) == [1, [2]]
