"""One page for each product, in seven layouts taken in turn, so that a line's pages look unlike each other.

table       key and value with row headers, sections by topic
glossary    definition lists
symbols     headings that are symbols only (A-1-가, ○, ▶), whose meaning the context gives
prose       sentences under nested headings, one small table of what is paid once
wide        one merged-header table as broad as the page
old         td for headers, four columns of key and value, no tbody
card        short sections with an image, a condition list, and notes
"""

from collections.abc import Callable, Iterator
from html import escape as text
from itertools import chain

from samples.facts import Facts, Line, Product
from samples.pages.markup import (
    bare_table,
    bullets,
    definitions,
    download,
    figure,
    heading,
    paragraph,
    row,
    statement,
    table,
    target,
    td,
    th,
    topic,
)
from samples.pages.sheet import Sheet

MONEY = ("월 요금", "장비 임대료", "설치비", "유심비")
CONTRACT = ("약정 기간", "해지 위약금", "무상 AS 기간")
JOINING = ("신청 방법", "가입 혜택", "추천 대상")


def sheets(facts: Facts) -> Iterator[Sheet]:
    for place, product in enumerate(facts.product):
        line = facts.one_line(product.line)
        title, layout = LAYOUTS[place % len(LAYOUTS)]
        yield Sheet(
            path=f"product/{product.slug}.html",
            title=title.format(product.name),
            category=("상품", line.name),
            body=layout(product, line),
        )


def _of(product: Product, names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, product.values[name]) for name in names if name in product.values]


def _rest(product: Product) -> list[tuple[str, str]]:
    """What the line's products are measured by: speed, channels, minutes …"""
    return [item for item in product.values.items() if item[0] not in MONEY + CONTRACT + JOINING]


def _key_values(caption: str, pairs: list[tuple[str, str]]) -> str:
    head = [row(th("항목"), th("내용"))]
    return table(caption, head, [row(th(name, scope="row"), td(value)) for name, value in pairs])


def _table_page(product: Product, line: Line) -> str:
    return (
        heading(2, "상품 개요", "overview")
        + paragraph(product.summary)
        + bullets(product.features)
        + heading(2, "요금", "price")
        + _key_values(f"{product.name} 요금 (부가세 포함)", _of(product, MONEY))
        + paragraph("※ 설치비와 유심비는 최초 1회만 청구합니다.", style="note")
        + heading(2, "제공 내용과 약정", "contract")
        + _key_values(f"{product.name} 제공 내용", _rest(product) + _of(product, CONTRACT))
        + heading(2, "가입", "join")
        + _key_values(f"{product.name} 가입 안내", _of(product, JOINING))
        + download(f"../files/{line.id}-terms.pdf", f"{line.name} 이용 약관 요약.pdf")
    )


def _glossary_page(product: Product, line: Line) -> str:
    return (
        paragraph(product.summary)
        + heading(2, f"{product.name} 한눈에 보기")
        + definitions(_rest(product) + _of(product, MONEY))
        + heading(2, "계약 조건")
        + definitions(_of(product, CONTRACT))
        + heading(2, "가입 안내")
        + definitions(_of(product, JOINING))
        + heading(2, "특징")
        + bullets(product.features)
        + heading(3, "함께 보는 문서")
        + f'<ul><li><a href="../tariff/{line.id}.html">{text(line.name)} 요금표</a></li>'
        + f'<li><a href="../compare/{line.id}.html">{text(line.name)} 상품 비교</a></li></ul>\n'
    )


def _symbol_lines(pairs: list[tuple[str, str]]) -> str:
    return "".join(paragraph(f"▶ {name} : {value}") for name, value in pairs)


def _symbols_page(product: Product, line: Line) -> str:
    return (
        heading(2, "A-1-가")
        + heading(3, "○")
        + paragraph(f"상품명 : {product.name} ({line.name})")
        + paragraph(product.summary)
        + _symbol_lines(_rest(product))
        + heading(3, "○○")
        + _symbol_lines(_of(product, MONEY))
        + paragraph("※ 모든 금액은 부가세를 포함합니다.")
        + heading(2, "A-1-나")
        + heading(3, "○")
        + _symbol_lines(_of(product, CONTRACT))
        + paragraph("※ 위약금은 약정 시작 후 1년 안에 해지할 때의 금액입니다.")
        + heading(3, "○○")
        + _symbol_lines(_of(product, JOINING))
        + heading(2, "A-1-다")
        + "".join(paragraph(f"□ {feature}") for feature in product.features)
    )


def _prose_page(product: Product, line: Line) -> str:
    def told(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(statement(product.name, *pair) for pair in _of(product, names))

    measures = tuple(statement(product.name, *pair) for pair in _rest(product))
    once = _of(product, ("설치비", "유심비"))
    return (
        heading(2, "상품 설명")
        + paragraph(product.summary, *product.features)
        + heading(3, "제공 수준")
        + paragraph(*measures)
        + heading(2, "비용")
        + heading(3, "매월 내는 금액")
        + paragraph(*told(("월 요금", "장비 임대료")))
        + heading(3, "처음 한 번 내는 금액")
        + table(
            "가입 시 1회 (부가세 포함)",
            [row(th("상품명"), *(th(name) for name, _ in once))],
            [row(th(product.name, scope="row"), *(td(value) for _, value in once))],
        )
        + heading(2, "약정과 사후 관리")
        + paragraph(*told(CONTRACT), f"약정을 채우지 못하면 {line.name} 위약금 기준에 따라 정산합니다.")
        + heading(2, "가입 방법과 혜택")
        + paragraph(*told(JOINING))
    )


def _wide_page(product: Product, line: Line) -> str:
    groups = [("제공 내용", _rest(product)), ("요금 (부가세 포함)", _of(product, MONEY)),
              ("계약", _of(product, CONTRACT)), ("가입", _of(product, JOINING))]  # fmt: skip
    groups = [(name, pairs) for name, pairs in groups if pairs]
    head = [
        row(
            th("상품명", rows=2), *(th(name, columns=len(pairs), scope="colgroup") for name, pairs in groups)
        ),
        row(*(th(name) for name, _ in chain.from_iterable(pairs for _, pairs in groups))),
    ]
    cells = [td(value) for _, value in chain.from_iterable(pairs for _, pairs in groups)]
    return (
        paragraph(product.summary)
        + heading(2, "상품 제원")
        + table(f"{product.name} 제원표", head, [row(th(product.name, scope="row"), *cells)])
        + heading(2, "상담 시 안내할 점")
        + bullets(product.features, ordered=True)
        + download(f"../files/{line.id}-tariff.xlsx", f"{line.name} 요금표.xlsx")
    )


def _old_page(product: Product, line: Line) -> str:
    pairs = list(product.values.items())
    rows = [
        row(*(td(cell, style="hd" if side % 2 == 0 else "") for side, cell in enumerate(chain(*two))))
        for two in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return (
        f"<p><font color='navy'><b>■ {text(line.name)} &gt; {text(product.name)}</b></font><br>"
        + f"{text(product.summary)}</p>\n"
        + bare_table(rows, f"{product.name} 상품 정보")
        + "<p><b>■ 주요 기능</b><br>"
        + "<br>".join(f"- {text(feature)}" for feature in product.features)
        + "</p>\n<p>* 금액은 부가세 포함, 위약금은 약정 1년 이내 해지 기준임.</p>\n"
    )


def _card_page(product: Product, line: Line) -> str:
    price, *_ = _of(product, MONEY)
    fits, offer, how = (product.values[name] for name in ("추천 대상", "가입 혜택", "신청 방법"))
    return (
        figure(f"../images/{line.id}.png", f"{line.name} 구성도: {product.name}")
        + paragraph(product.summary, statement(product.name, *price))
        + heading(2, "이런 고객에게 권합니다")
        + bullets([f"추천 대상: {fits}", *product.features])
        + heading(2, "받을 수 있는 것")
        + paragraph(
            f"{target(product.name)} 새로 신청하면 {offer} 1개를 드립니다.",
            statement(product.name, "가입 혜택", offer),
        )
        + heading(2, "신청과 계약")
        + paragraph(statement(product.name, "신청 방법", how))
        + definitions(_of(product, CONTRACT))
        + heading(2, "규격과 비용")
        + _key_values("", _rest(product) + _of(product, MONEY)[1:])
        + paragraph(
            f"{topic(product.name)} 다른 {line.name} 상품과 중복하여 신청할 수 없습니다.", style="note"
        )
    )


LAYOUTS: tuple[tuple[str, Callable[[Product, Line], str]], ...] = (
    ("{} 상품 안내", _table_page),
    ("{}", _glossary_page),
    ("{} 업무 처리 기준", _symbols_page),
    ("{} 상품 설명서", _prose_page),
    ("{} 제원", _wide_page),
    ("{} 상품 정보", _old_page),
    ("{} 소개", _card_page),
)
