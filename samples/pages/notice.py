"""The notice that comes with samples/updates: which values change, in a table of before and after."""

from collections.abc import Iterator

from samples.facts import Facts
from samples.pages.markup import heading, paragraph, row, statement, table, td, th
from samples.pages.sheet import Sheet


def sheets(now: Facts, then: Facts) -> Iterator[Sheet]:
    changes = [(change.product, change.attribute) for change in now.update]
    head = [row(th("상품명"), th("항목"), th("바뀐 내용"))]
    rows = [row(th(name, scope="row"), td(item), td(then.value(name, item))) for name, item in changes]
    day = then.edition
    yield Sheet(
        path=f"notice/{day}.html",
        title=f"{day} 개정 안내",
        category=("상담 안내", "공지"),
        body=paragraph(f"{day}부터 다음 내용을 적용합니다.", "이전 문서로 안내하지 않도록 주의합니다.")
        + heading(2, "바뀐 항목")
        + table("개정 항목", head, rows),
    )
    yield Sheet(
        path=f"notice/{day}-script.html",
        title="개정 내용 안내 문구",
        category=("상담 안내", "공지"),
        body=heading(2, "고객에게 말하는 문구")
        + "".join(paragraph(statement(name, item, then.value(name, item))) for name, item in changes)
        + heading(2, "이미 가입한 고객")
        + paragraph("이미 가입한 고객에게도 같은 날부터 바뀐 내용을 적용합니다."),
    )
