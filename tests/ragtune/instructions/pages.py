"""Small pages as documents with their chunks, for tests of what is derived from them."""

from ragtune.chunking import chunks
from ragtune.documents import Document, Section, Table, Text
from ragtune.ports import Entry


def entry(document: Document) -> Entry:
    return Entry(document=document, chunks=chunks(document, max_chars=500))


def product(name: str, fee: str, term: str = "36개월", digest: str = "a") -> Entry:
    """A product's page: keys and values, a feature in prose."""
    texts = (Text(text=f"▶ 월 요금 : {fee}"), Text(text=f"▶ 약정 기간 : {term}"))
    lead = Text(text="광랜을 처음 쓰는 고객을 위한 입문형 상품입니다.")
    return entry(
        Document(
            source=f"file:///product/{name}.html",
            version=1,
            title=f"{name} 상품 안내",
            digest=digest,
            sections=(Section(blocks=(lead,)), Section(path=("계약 조건",), blocks=texts)),
        )
    )


def tariff(*rows: tuple[str, ...], title: str = "인터넷 상품 비교", digest: str = "t") -> Entry:
    """A table of products by attributes; the first row is its header."""
    table = Table(grid=rows, header_rows=1, header_columns=1)
    return entry(
        Document(
            source=f"file:///tariff/{title}.html",
            version=1,
            title=title,
            digest=digest,
            sections=(Section(path=("요금",), blocks=(table,)),),
        )
    )


def procedure() -> Entry:
    steps = tuple(Text(text=text, kind="list_item") for text in ("본인 확인", "사유 청취", "장비 회수 예약"))
    section = Section(path=("처리 순서",), blocks=steps)
    return entry(
        Document(
            source="file:///cancel.html", version=1, title="서비스 해지", digest="c", sections=(section,)
        )
    )
