import pytest

from ragtune.errors import UnclearAccess
from tests.ragtune.manuals.reading import read


def page(*metas: str, title: str = "") -> str:
    return f"<html lang='ko-KR'><head><title>{title}</title>{''.join(metas)}</head><p>본문</p></html>"


def test_defaults() -> None:
    found = read(page())
    assert (found.category, found.labels, found.valid_from, found.valid_until) == (
        ("상품",),
        ("public",),
        "",
        "",
    )
    assert found.language == "ko"
    assert found.title == "giga.html"


def test_stated_metadata() -> None:
    found = read(
        page(
            '<meta name="category" content="상품 > 인터넷">',
            '<meta name="Access" content="partner, internal, partner">',
            '<meta name="valid-from" content="2026-01-01"><meta name="valid-until" content="2026-12-31">',
        )
    )
    assert found.category == ("상품", "인터넷")
    assert found.labels == ("partner", "internal")
    assert (found.valid_from, found.valid_until) == ("2026-01-01", "2026-12-31")


@pytest.mark.parametrize(
    "meta",
    [
        '<meta name="access" content="">',
        '<meta name="access">',
        '<meta name="access" content="public,,internal">',
        '<meta name="access" content="공개 <모두>">',
        '<meta name="access" content="public"><meta name="access" content="internal">',
        '<meta name="valid-from" content="어제">',
        '<meta name="valid-until" content="2026-02-30">',
    ],
)
def test_unclear_access_and_validity_fail_closed(meta: str) -> None:
    with pytest.raises(UnclearAccess, match=r"^file:///manuals/상품/giga.html has .*write one"):
        read(page(meta))


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("해지 — 두루빛통신", "<p>a</p>", "해지"),
        ("사이트", "<h1>기가라이트</h1>", "기가라이트"),
        ("두 제목", "<h1>하나</h1><h1>둘</h1>", "두 제목"),
        ("", "<h2>소제목</h2>", "소제목"),
        ("안내", "<h1>○</h1><p>a</p>", "안내"),
    ],
)
def test_titles(title: str, body: str, expected: str) -> None:
    assert read(f"<title>{title}</title>{body}").title == expected
