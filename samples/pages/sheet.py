"""A manual page: its content first (Sheet), then dressed in menus, footers and a charset (Page).

Three dresses, as manuals of one company come from three systems: `portal` (semantic tags), `intranet`
(divs of an old groupware, a hidden revision history) and `notebook` (a layout table around everything).
"""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape as text
from posixpath import relpath

MENU = (
    ("상품", "product/bitgil-light.html"),
    ("요금", "tariff/internet.html"),
    ("설치·AS", "install/internet.html"),
    ("결합·할인", "bundle/family.html"),
    ("해지·위약금", "cancel/procedure.html"),
    ("민원 처리 절차", "complaint/intake.html"),
    ("상담 안내", "guide/glossary-billing.html"),
)
CONTACT = "두루빛통신 고객센터 080-000-0000 (평일 09:00~18:00)"  # 000 is nobody's exchange
LOOK = (
    "<style>.tbl{border-collapse:collapse}.tbl th,.tbl td{border:1px solid #aab;padding:4px 10px}"
    ".tbl th{background:#eef2f8}.footnote,.note{font-size:90%;color:#444}nav li{display:inline;margin:0 8px}"
    "</style>\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The content of one page. `body` is HTML; `path` is relative to the manuals' folder."""

    path: str
    title: str
    category: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a page is dressed. `charset` "cp949?" is CP949 that the page does not declare; `access` None
    leaves the label out, which means public."""

    dress: str = "portal"
    charset: str = "utf-8"
    access: str | None = None
    valid_from: str = ""
    valid_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A finished page: `data` are the bytes of the file."""

    path: str
    data: bytes


def dressed(sheet: Sheet, style: Style, edition: str) -> Page:
    """The page as a file. What CP949 lacks becomes a character reference, as browsers and editors do."""
    html = DRESSES[style.dress](sheet, _head(sheet, style), edition)
    codec = "cp949" if style.charset.startswith("cp949") else "utf-8"
    return Page(path=sheet.path, data=html.encode(codec, errors="xmlcharrefreplace"))


def link(sheet: Sheet, path: str) -> str:
    """`path` as seen from the sheet's folder."""
    return relpath(path, sheet.path.rpartition("/")[0] or ".")


def _head(sheet: Sheet, style: Style) -> str:
    metas = [("category", " > ".join(sheet.category))]
    if style.access is not None:
        metas.append(("access", style.access))
    if style.valid_from:
        metas.append(("valid-from", style.valid_from))
    if style.valid_until:
        metas.append(("valid-until", style.valid_until))
    charset = {"utf-8": '<meta charset="utf-8">\n', "cp949": '<meta charset="euc-kr">\n'}.get(
        style.charset, ""
    )
    lines = "".join(f'<meta name="{name}" content="{text(value)}">\n' for name, value in metas)
    look = "" if style.dress == "notebook" else LOOK
    return f"<head>\n{charset}<title>{text(sheet.title)}</title>\n{lines}{look}</head>"


def _portal(sheet: Sheet, head: str, edition: str) -> str:
    menu = "".join(f'<li><a href="{link(sheet, path)}">{text(name)}</a></li>' for name, path in MENU)
    crumbs = " &gt; ".join(text(part) for part in ("홈", *sheet.category))
    return f"""<!DOCTYPE html>
<html lang="ko">
{head}
<body>
<header><a href="#content">본문 바로가기</a> <strong>두루빛통신 상담 매뉴얼</strong>
<nav aria-label="주 메뉴"><ul>{menu}</ul></nav></header>
<nav aria-label="현재 위치">{crumbs}</nav>
<main id="content">
<h1>{text(sheet.title)}</h1>
{sheet.body}</main>
<aside hidden><p>임시 저장된 초안입니다. 게시 전 검토가 필요합니다.</p></aside>
<footer><p>{CONTACT}</p><p>최종 개정 {edition}</p>
<p>이 문서는 견본이며 회사와 상품은 모두 가상입니다.</p></footer>
<script>document.documentElement.dataset.ready = "1";</script>
</body>
</html>
"""


def _intranet(sheet: Sheet, head: str, edition: str) -> str:
    menu = " | ".join(f'<a href="{link(sheet, path)}">{text(name)}</a>' for name, path in MENU)
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="ko">
{head}
<body>
<div id="gnb" role="navigation">{menu}</div>
<div id="location" class="breadcrumb">{" &gt; ".join(text(part) for part in sheet.category)}</div>
<div id="content" role="main">
<h2 class="tit">{text(sheet.title)}</h2>
{sheet.body}
<div style="display:none">개정 이력: 1.0 최초 등록 / 1.1 오탈자 수정</div>
</div>
<div id="footer" role="contentinfo">{CONTACT}<br />개정일 {edition}<br /><a href="#gnb">맨 위로</a></div>
</body>
</html>
"""


def _notebook(sheet: Sheet, head: str, edition: str) -> str:
    side = "<br>".join(f'<a href="{link(sheet, path)}">{text(name)}</a>' for name, path in MENU)
    return f"""<html>
{head}
<body bgcolor="#ffffff">
<table width="960" border="0" role="presentation"><tr>
<td width="160" valign="top" class="menu"><b>업무 지식</b><br>{side}</td>
<td valign="top" class="contents">
<h1>{text(sheet.title)}</h1>
{sheet.body}
</td></tr></table>
<div class="footer"><hr><font size="2">{CONTACT} / 개정 {edition}</font></div>
</body>
</html>
"""


DRESSES: dict[str, Callable[[Sheet, str, str], str]] = {
    "portal": _portal,
    "intranet": _intranet,
    "notebook": _notebook,
}
