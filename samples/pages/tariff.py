"""Tariffs: what a line's products cost, in merged-cell tables, and the company's common charges."""

from collections.abc import Iterator

from samples.facts import Facts, Line, Product
from samples.pages.markup import bare_table, download, heading, paragraph, row, table, td, th
from samples.pages.sheet import Sheet

GRADES = ("실속형", "표준형", "고급형")


def sheets(facts: Facts) -> Iterator[Sheet]:
    for place, line in enumerate(facts.line):
        layout = (_graded, _sloppy)[place % 2]
        yield Sheet(
            path=f"tariff/{line.id}.html",
            title=f"{line.name} 요금표",
            category=("요금", line.name),
            body=layout(line, facts.products(line.id)),
        )


def graded(products: tuple[Product, ...]) -> Iterator[tuple[str, tuple[Product, ...]]]:
    """The products in three grades, two each, what is left over in the last."""
    for place, grade in enumerate(GRADES):
        members = products[2 * place : None if grade == GRADES[-1] else 2 * place + 2]
        if members:
            yield grade, members


def _charges(line: Line) -> tuple[list[str], list[str]]:
    monthly = [name for name in line.attributes if name in ("월 요금", "장비 임대료")]
    once = [name for name in line.attributes if name in ("설치비", "유심비")]
    return monthly, once


def _graded(line: Line, products: tuple[Product, ...]) -> str:
    monthly, once = _charges(line)
    head = [
        row(th("구분", rows=2), th("상품명", rows=2), th("매월", columns=len(monthly), scope="colgroup"),
            th("최초 1회", columns=len(once), scope="colgroup"), th("약정 기간", rows=2)),
        row(*(th(name) for name in monthly + once)),
    ]  # fmt: skip
    body = []
    for grade, members in graded(products):
        for place, product in enumerate(members):
            first = [th(grade, scope="rowgroup", rows=len(members))] if place == 0 else []
            cells = [td(product.values[name]) for name in [*monthly, *once, "약정 기간"]]
            body.append(row(*first, th(product.name, scope="row"), *cells))
    return (
        heading(2, "1. 상품별 요금")
        + table(f"{line.name} 상품 요금 (부가세 포함)", head, body)
        + paragraph("주1) 약정 없이 가입하면 월 요금에 20%를 더합니다.", style="footnote")
        + paragraph(
            "주2) 같은 주소에 두 번째 회선을 신청하면 최초 1회 비용을 절반만 받습니다.", style="footnote"
        )
        + heading(2, "2. 적용 기준")
        + paragraph(
            "요금은 개통한 날부터 하루 단위로 계산합니다.", "표의 금액은 결합 할인을 적용하기 전입니다."
        )
        + download(f"../files/{line.id}-tariff.xlsx", f"{line.name} 요금표.xlsx")
    )


def _sloppy(line: Line, products: tuple[Product, ...]) -> str:
    monthly, once = _charges(line)
    names = [*monthly, *once, "약정 기간"]
    rows = [row(td("상품명", style="hd"), *(td(name, style="hd") for name in names))]
    rows += [row(td(product.name), *(td(product.values[name]) for name in names)) for product in products]
    return (
        heading(3, "가. 요금표")
        + bare_table(rows, f"{line.name} 요금표 (부가세 포함)")
        + paragraph("* 약정 없이 가입할 경우 월 요금 20% 가산")
        + heading(3, "나. 참고")
        + paragraph("표에 없는 단종 상품은 상담 화면의 '이전 요금제'에서 조회합니다.")
    )
