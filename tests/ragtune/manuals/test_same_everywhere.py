"""The same bytes give the same Document on any machine: pinned with the version that gives it."""

import os
import subprocess
import sys

from ragtune.manuals import PARSER_VERSION, read_page
from ragtune.records import digest, encode

PAGES = (
    "<h2>○</h2><p>신청 자격: 만 19세</p><h2>A-1-가</h2><ul><li>대응<ol start=3><li>순서</ol></ul>"
    "<pre>a\n b</pre>",
    "<table><caption>요금 (단위: 원)</caption><thead><tr><th rowspan=2>상품<th colspan=2>요금"
    "<tr><th>월<th>설치</thead><tr><td>가<td>1<td>2</table><p>※ 부가세 별도</p>"
    "<a href=a.pdf>약관</a><img src=b.png alt=그림>",
    "<nav>홈 상품</nav><dl><dt>약정<dd>3년<dt>위약금<dd><table><tr><td>1<td>2</table></dl><p hidden>숨김</p>",
)
DOCUMENTS = {"3": "a2e0fdba42e2373b"}  # raise PARSER_VERSION where the same bytes give other Documents


def documents() -> str:
    """A digest of all Documents, in UTF-8 and in undeclared CP949."""
    pages = [page.encode(charset) for page in PAGES for charset in ("utf-8", "cp949")]
    return digest([encode(read_page(page, source="file:///m/상품/a.html", version=1)) for page in pages])


def test_a_version_of_the_parser_reads_as_it_always_did() -> None:
    assert {PARSER_VERSION: documents()} == DOCUMENTS


def test_neither_locale_nor_hashes_nor_time_zone_change_it() -> None:
    command = "from tests.ragtune.manuals.test_same_everywhere import documents; print(documents())"
    elsewhere = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Seoul", "LC_ALL": "C"}
    said = subprocess.check_output([sys.executable, "-c", command], env=elsewhere)  # noqa: S603
    assert said.decode().strip() == DOCUMENTS[PARSER_VERSION]
