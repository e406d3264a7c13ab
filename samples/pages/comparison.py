"""Comparison pages: a line's products side by side, as rows of one broad table or as its columns."""

from collections.abc import Iterator

from samples.facts import Facts, Line, Product
from samples.pages.markup import heading, paragraph, row, subject, table, td, th
from samples.pages.sheet import Sheet


def sheets(facts: Facts) -> Iterator[Sheet]:
    for place, line in enumerate(facts.line):
        products = facts.products(line.id)
        body = (_as_columns if place % 2 == 0 else _as_rows)(line, products)
        yield Sheet(
            path=f"compare/{line.id}.html",
            title=f"{line.name} 상품 비교",
            category=("상품", "비교"),
            body=body + _advice(products),
        )


def _as_columns(line: Line, products: tuple[Product, ...]) -> str:
    head = [row(th("비교 항목"), *(th(product.name) for product in products))]
    body = [
        row(th(name, scope="row"), *(td(product.values[name]) for product in products))
        for name in line.attributes
    ]
    return heading(2, "상품별 비교표") + table(f"{line.name} 상품 비교 (부가세 포함)", head, body)


def _as_rows(line: Line, products: tuple[Product, ...]) -> str:
    head = [row(th("상품명"), *(th(name) for name in line.attributes))]
    body = [
        row(th(product.name, scope="row"), *(td(product.values[name]) for name in line.attributes))
        for product in products
    ]
    return heading(2, "상품별 비교표") + table(f"{line.name} 상품 비교 (부가세 포함)", head, body)


def _advice(products: tuple[Product, ...]) -> str:
    lines = "".join(
        paragraph(
            f"{product.values['추천 대상']}에 해당하는 고객에게는 {subject(product.name)} 알맞습니다.",
            product.summary,
        )
        for product in products
    )
    return heading(2, "고객 유형별 권유") + lines
