"""The facts: pools, updates and random assignments."""

from dataclasses import replace
from itertools import chain
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples.facts import Facts, Product, load

FACTS = load()


def test_there_are_products_lines_and_attributes_enough() -> None:
    assert len(FACTS.product) >= 25
    assert len(FACTS.line) >= 4
    assert min(len(product.values) for product in FACTS.product) >= 8
    assert all(10 <= len(pool) <= 25 for pool in FACTS.pools.values())


def test_a_value_belongs_to_one_attribute() -> None:
    values = list(chain.from_iterable(FACTS.pools.values()))
    assert len(set(values)) == len(values)


def test_no_product_name_is_part_of_another() -> None:
    names = [product.name for product in FACTS.product]
    assert not [(a, b) for a in names for b in names if a != b and a in b]


def test_updates_change_values_of_every_line() -> None:
    then = FACTS.updated()
    changed = [new for old, new in zip(FACTS.statements(), then.statements(), strict=True) if old != new]
    assert len(changed) == len(FACTS.update) >= 10
    assert {then.one(name).line for name, _, _ in changed} == {line.id for line in FACTS.line}


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_a_random_assignment_is_valid_and_repeatable(seed: int) -> None:
    drawn = FACTS.random_assignment(Random(seed))  # its own checks raise when a pool or a line is violated
    assert drawn == FACTS.random_assignment(Random(seed))
    assert [item[:2] for item in drawn.statements()] == [item[:2] for item in FACTS.statements()]


def test_a_value_outside_its_pool_is_refused() -> None:
    first = FACTS.product[0]
    wrong = replace(first, values={**first.values, "월 요금": "1원"})
    with pytest.raises(ValueError, match="월 요금 '1원' is not in its pool"):
        _with_first(wrong)


def test_a_shared_value_is_refused_where_products_must_differ() -> None:
    first, second, *_ = FACTS.products("internet")
    wrong = replace(first, values={**first.values, "월 요금": second.values["월 요금"]})
    with pytest.raises(ValueError, match="must differ within line internet"):
        _with_first(wrong)


def _with_first(product: Product) -> Facts:
    return replace(FACTS, product=(product, *FACTS.product[1:]))
