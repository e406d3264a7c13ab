"""Question-and-answer pages of each line, and the glossaries."""

from collections.abc import Iterator
from html import escape as text

from samples.facts import Facts, Line
from samples.handbook import Glossary
from samples.pages.markup import (
    definitions,
    heading,
    paragraph,
    row,
    statement,
    subject,
    table,
    target,
    td,
    th,
    topic,
)
from samples.pages.sheet import Sheet

ASKED = {
    "월 요금": "{topic} 한 달에 얼마를 내나요?",
    "약정 기간": "{topic} 얼마나 오래 약정해야 하나요?",
    "설치비": "{target} 설치할 때 드는 돈은 얼마인가요?",
    "유심비": "{target} 개통할 때 카드 값은 얼마인가요?",
    "해지 위약금": "{target} 중간에 그만두면 얼마를 물어야 하나요?",
    "신청 방법": "{subject} 마음에 드는데 어디로 신청하나요?",
    "가입 혜택": "{target} 새로 들면 무엇을 받나요?",
    "추천 대상": "{topic} 어떤 고객에게 맞나요?",
    "무상 AS 기간": "{topic} 언제까지 공짜로 고쳐 주나요?",
    "장비 임대료": "{product} 장비를 빌리는 값은 매달 얼마인가요?",
    "다운로드 속도": "{topic} 내려받기가 얼마나 빠른가요?",
    "채널 수": "{topic} 몇 개의 채널이 나오나요?",
    "음성 제공량": "{topic} 통화를 얼마나 주나요?",
    "기록 보관 기간": "{topic} 녹화한 것을 언제까지 볼 수 있나요?",
    "데이터 제공량": "{topic} 데이터를 얼마나 주나요?",
    "소진 후 속도": "{topic} 데이터를 다 쓰면 속도가 어떻게 되나요?",
    "최대 접속 대수": "{topic} 기기를 몇 대까지 붙일 수 있나요?",
}


def sheets(facts: Facts, glossaries: tuple[Glossary, ...]) -> Iterator[Sheet]:
    for line in facts.line:
        yield _questions(line, facts)
    for place, glossary in enumerate(glossaries):
        body = definitions(glossary.terms) if place % 2 == 0 else _terms_as_table(glossary)
        yield Sheet(
            path=glossary.path,
            title=glossary.title,
            category=("상담 안내", "용어"),
            body=paragraph("상담 중에 고객에게 풀어서 설명할 낱말입니다.") + body,
        )


def _terms_as_table(glossary: Glossary) -> str:
    rows = [row(th(word, scope="row"), td(meaning)) for word, meaning in glossary.terms]
    return table(glossary.title, [row(th("용어"), th("뜻"))], rows)


def _questions(line: Line, facts: Facts) -> Sheet:
    """Three questions a product, so that a line's page covers every attribute it has."""
    body = paragraph(f"{line.name} 고객이 자주 묻는 말과 모범 답변입니다.")
    place = 0
    for product in facts.products(line.id):
        body += heading(2, product.name)
        for _ in range(3):
            name = line.attributes[place % len(line.attributes)]
            place += 1
            forms = {
                "product": product.name,
                "topic": topic(product.name),
                "subject": subject(product.name),
                "target": target(product.name),
            }
            body += f"<h3>Q. {text(ASKED[name].format(**forms))}</h3>\n"
            body += paragraph(f"A. {statement(product.name, name, product.values[name])}")
    return Sheet(
        path=f"guide/faq-{line.id}.html",
        title=f"{line.name} 자주 묻는 질문",
        category=("상담 안내", "자주 묻는 질문"),
        body=body,
    )
