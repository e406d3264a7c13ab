"""Pages to start from: our own samples, and the tree-construction inputs of html5lib-tests where given.

The latter are in html5lib's source distribution and are never stored here: `make fuzz` fetches it.
"""

import re
import tarfile
from pathlib import Path

SAMPLES = Path(__file__).parents[4] / "samples" / "manuals"
_PARTS = (
    "<table><thead><tr><th rowspan=2>상품<th colspan=2>요금<tr><th>월<th>설치</thead>"
    "<tbody><tr><td>가<td>1<td>2</table>",
    "<dl><dt>약정<dd>3년<dt>위약금<dd><table><tr><td>1<td>2</table></dl>",
    "<ol><li>하나<ul><li>둘</ul><li>셋</ol><pre>a\n b</pre>",
    "<h2>○</h2><p>신청 자격: 만 19세</p><h2>A-1-가</h2><ul><li>대응 순서</ul>",
    "<div class=gnb><a href=a>메뉴</a></div><main><h1>제목</h1><p>글<b>굵게<i>겹침</b>풀림</i></main>",
)


def seeds(archive: Path | None = None) -> list[bytes]:
    """Our pages of at most 20 KB and parts of them, then what the archive of html5lib holds."""
    pages = [path.read_bytes() for path in sorted(SAMPLES.rglob("*.html"))]
    found = [page for page in pages if len(page) <= 20_000] + [part.encode() for part in _PARTS]
    return found + (_tree_construction(archive) if archive else [])


def _tree_construction(archive: Path) -> list[bytes]:
    found = []
    with tarfile.open(archive) as files:
        for member in files:
            if re.search(r"tree-construction/.*\.dat$", member.name) and (file := files.extractfile(member)):
                found += re.findall(rb"(?:^|\n)#data\n(.*?)\n#errors", file.read(), re.DOTALL)
    return found
