"""Escaping and particles."""

import doctest
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from samples.pages import markup


def test_its_examples_hold() -> None:
    found = doctest.testmod(markup)
    assert found.attempted > 0
    assert not found.failed


@given(st.text())
def test_a_cell_shows_its_text_and_nothing_else(content: str) -> None:
    cell = markup.td(content)
    inner = cell.removeprefix("<td>").removesuffix("</td>")
    assert "<" not in inner
    assert unescape(inner) == content


def test_particles_follow_the_last_syllable() -> None:
    assert (markup.topic("월 요금"), markup.topic("설치비")) == ("월 요금은", "설치비는")
    assert (markup.subject("빛길맥스"), markup.target("도란홈")) == ("빛길맥스가", "도란홈을")
