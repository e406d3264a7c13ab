"""The fictional company's products, their attributes and every value an attribute can take.

    from samples.facts import load
    facts = load()
    facts.value("빛길라이트", "월 요금")        # '22,000원'
    facts.updated().value("빛길라이트", "월 요금")  # '23,100원', what samples/updates says

`random_assignment` deals other values from the same pools: pages rendered from it teach the sample base
model to read without teaching it one fact of the samples. Read from samples/facts.toml:

    [[product]]
    name = "빛길라이트"
    line = "internet"
    [product.values]
    "월 요금" = "22,000원"
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from ragtune.records import read_toml

FACTS = Path(__file__).with_name("facts.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A product line. `attributes` are those every product of it has, in the order of its tables."""

    id: str
    name: str
    family: str  # the prefix its product names share
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product with one value for each attribute of its line."""

    name: str
    slug: str
    line: str
    summary: str
    features: tuple[str, ...]
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value that samples/updates states and samples/manuals does not yet."""

    product: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An assignment of a value to every (product, attribute), with the pools it was drawn from.

    Raises ValueError when a value is outside its pool or two products of a line share a `distinct` one.
    """

    company: str
    edition: str  # ISO day of the current manuals
    next_edition: str  # ISO day of samples/updates
    distinct: tuple[str, ...]
    pools: dict[str, tuple[str, ...]]
    line: tuple[Line, ...]
    product: tuple[Product, ...]
    update: tuple[Change, ...] = ()
    _by_name: dict[str, Product] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {product.name: product for product in self.product})
        for product in self.product:
            _check_values(product, self.one_line(product.line), self.pools)
        for line in self.line:
            for attribute in set(self.distinct) & set(line.attributes):
                _check_distinct(self.products(line.id), attribute)

    def value(self, product: str, attribute: str) -> str:
        """Raises KeyError when the product has no such attribute."""
        return self._by_name[product].values[attribute]

    def one(self, product: str) -> Product:
        return self._by_name[product]

    def one_line(self, line: str) -> Line:
        return next(one for one in self.line if one.id == line)

    def products(self, line: str) -> tuple[Product, ...]:
        return tuple(product for product in self.product if product.line == line)

    def statements(self) -> Iterator[tuple[str, str, str]]:
        """Every (product, attribute, value), in the order of the file."""
        for product in self.product:
            for attribute, value in product.values.items():
                yield product.name, attribute, value

    def updated(self) -> "Facts":
        """The same company after its changes."""
        values = {product.name: dict(product.values) for product in self.product}
        for change in self.update:
            values[change.product][change.attribute] = change.value
        return self.assigned(values)

    def assigned(self, values: dict[str, dict[str, str]]) -> "Facts":
        """The same products with other values: product name → attribute → value."""
        return replace(
            self, product=tuple(replace(product, values=values[product.name]) for product in self.product)
        )

    def random_assignment(self, rng: Random) -> "Facts":
        """Every value drawn anew from its pool; attributes in `distinct` differ within a line."""
        values: dict[str, dict[str, str]] = {product.name: {} for product in self.product}
        for line in self.line:
            members = self.products(line.id)
            for attribute in line.attributes:
                pool = self.pools[attribute]
                drawn = (
                    rng.sample(pool, len(members))
                    if attribute in self.distinct
                    else rng.choices(pool, k=len(members))
                )
                for product, value in zip(members, drawn, strict=True):
                    values[product.name][attribute] = value
        return self.assigned(values)


def load(path: Path = FACTS) -> Facts:
    """The facts of a file. Raises SettingsError that names the place and the value."""
    return read_toml(Facts, path)


def _check_values(product: Product, line: Line, pools: dict[str, tuple[str, ...]]) -> None:
    if tuple(product.values) != line.attributes:
        raise ValueError(f"{product.name}: attributes {list(product.values)}; its line has {line.attributes}")
    for attribute, value in product.values.items():
        if value not in pools[attribute]:
            raise ValueError(f"{product.name}: {attribute} {value!r} is not in its pool")


def _check_distinct(products: tuple[Product, ...], attribute: str) -> None:
    values = [product.values[attribute] for product in products]
    if len(set(values)) < len(values):
        raise ValueError(f"{attribute}: {values} must differ within line {products[0].line}")
