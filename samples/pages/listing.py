"""Pages which gather one kind of fact over many products: specifications, penalties, gifts, channels."""

from collections import defaultdict
from collections.abc import Iterator
from html import escape as text

from samples.facts import Facts, Line
from samples.pages.markup import (
    bullets,
    definitions,
    figure,
    heading,
    paragraph,
    row,
    statement,
    table,
    td,
    th,
)
from samples.pages.sheet import Sheet

SHARED = (
    "월 요금", "약정 기간", "설치비", "유심비", "해지 위약금",
    "신청 방법", "가입 혜택", "추천 대상", "무상 AS 기간", "장비 임대료",
)  # fmt: skip


def sheets(facts: Facts) -> Iterator[Sheet]:
    for line in facts.line:
        yield _specification(line, facts)
        yield _penalty(line, facts)
    yield _free_repair(facts)
    yield _gifts(facts)
    yield _channels(facts)


def _specification(line: Line, facts: Facts) -> Sheet:
    """Headings by product, the measures below them; the group of customers in a sentence."""
    names = [name for name in line.attributes if name not in SHARED]
    body = figure(f"../images/{line.id}.png", f"{line.name} 상품 구성") + heading(2, "상품별 규격")
    for product in facts.products(line.id):
        body += heading(3, product.name)
        body += bullets([f"{name}: {product.values[name]}" for name in (*names, "추천 대상")])
        body += paragraph(product.features[0])
    return Sheet(
        path=f"spec/{line.id}.html", title=f"{line.name} 상품 규격", category=("상품", "규격"), body=body
    )


def _penalty(line: Line, facts: Facts) -> Sheet:
    head = [row(th("상품명"), th("약정 기간"), th("해지 위약금"))]
    body = [
        row(
            th(product.name, scope="row"),
            *(td(product.values[name]) for name in ("약정 기간", "해지 위약금")),
        )
        for product in facts.products(line.id)
    ]
    first, *_ = facts.products(line.id)
    return Sheet(
        path=f"cancel/{line.id}.html",
        title=f"{line.name} 해지 위약금",
        category=("해지·위약금", "위약금"),
        body=paragraph(f"약정을 다 채우지 않고 {line.name} 상품을 해지하는 고객에게 안내합니다.")
        + heading(2, "위약금 표")
        + table(f"{line.name} 해지 위약금 (약정 시작 후 1년 안에 해지할 때)", head, body)
        + paragraph("※ 1년이 지나면 해마다 위 금액의 3분의 1씩 줄어듭니다.", style="footnote")
        + heading(2, "안내 보기")
        + paragraph(
            statement(first.name, "해지 위약금", first.values["해지 위약금"]),
            "재약정 고객은 새 약정이 시작된 날부터 셉니다.",
        )
        + heading(2, "받지 않는 경우")
        + paragraph("이사한 곳에 설비가 없거나 명의자가 사망한 경우에는 위약금을 받지 않습니다."),
    )


def _free_repair(facts: Facts) -> Sheet:
    """One table over the lines, the line's name merged over its products."""
    rows = []
    for line in facts.line:
        if "무상 AS 기간" not in line.attributes:
            continue
        products = facts.products(line.id)
        for place, product in enumerate(products):
            first = [th(line.name, scope="rowgroup", rows=len(products))] if place == 0 else []
            rows.append(row(*first, th(product.name, scope="row"), td(product.values["무상 AS 기간"])))
    return Sheet(
        path="as/free-period.html",
        title="무상 AS 기간표",
        category=("설치·AS", "AS"),
        body=heading(2, "상품별 무상 AS 기간")
        + table("무상 AS 기간 (개통일부터)", [row(th("종류"), th("상품명"), th("무상 AS 기간"))], rows)
        + heading(2, "무상에서 빠지는 것")
        + bullets(["물에 젖거나 떨어뜨려 생긴 고장", "당사가 설치하지 않은 배선", "건전지와 같은 소모품"]),
    )


def _gifts(facts: Facts) -> Sheet:
    """Statements, a line a section."""
    body = paragraph("새로 가입한 고객에게 한 번 드리는 사은품입니다.", "개통한 다음 달 말까지 보냅니다.")
    for line in facts.line:
        body += heading(2, f"{line.name} 가입 혜택")
        for product in facts.products(line.id):
            body += paragraph(statement(product.name, "가입 혜택", product.values["가입 혜택"]))
    body += heading(2, "돌려받는 경우") + bullets(
        ["개통 후 6개월 안에 해지한 고객", "다른 사람 명의로 가입한 고객"]
    )
    return Sheet(
        path="bundle/gifts.html", title="가입 혜택 모음", category=("결합·할인", "가입 혜택"), body=body
    )


def _channels(facts: Facts) -> Sheet:
    """Products by how they are ordered, as a definition list, and then the other way round."""
    by_channel: dict[str, list[str]] = defaultdict(list)
    for product in facts.product:
        by_channel[product.values["신청 방법"]].append(product.name)
    body = paragraph(
        "상품마다 정해진 창구로만 신청을 받습니다.", "다른 창구로 온 고객은 알맞은 곳으로 안내합니다."
    )
    for line in facts.line:
        body += heading(2, f"{line.name} 신청 방법")
        body += definitions(
            [(product.name, product.values["신청 방법"]) for product in facts.products(line.id)]
        )
    body += heading(2, "창구별 상품")
    for channel in sorted(by_channel):
        body += f"<p><b>{text(channel)}</b>: {text(', '.join(by_channel[channel]))}</p>\n"
    return Sheet(path="guide/channels.html", title="상품 신청 창구", category=("상품", "신청"), body=body)
