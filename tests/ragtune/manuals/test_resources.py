import pytest

from ragtune.manuals.resources import kind_of, resolve
from tests.ragtune.manuals.reading import read

PAGE = """<h1>기가라이트</h1><p>소개 <img src="../images/giga.png" alt="구성도"></p>
<h2>자료</h2><p><a href="files/요금표.pdf">요금표</a> <a href="down.do?f=terms.hwp">약관</a>
<a href="../cancel.html#fee">해지</a> <a href="javascript:x()">x</a> <a href="#top">위로</a></p>
<figure><a href="big.jpg"><img src="small.jpg" alt=""></a><figcaption>설치 모습</figcaption></figure>
<table><tr><th>양식<td><a href="/files/form.xlsx">신청서</a></table>"""


def test_images_attachments_and_links_know_their_section() -> None:
    found = read(PAGE)
    assert [(a.name, a.uri, a.section, a.media_type) for a in found.attachments] == [
        ("요금표", "file:///manuals/상품/files/요금표.pdf", 2, "application/pdf"),
        ("약관", "file:///manuals/상품/down.do?f=terms.hwp", 2, "application/x-hwp"),
        ("신청서", "file:///manuals/files/form.xlsx", 2, kind_of("a.xlsx")),
    ]
    assert [(i.name, i.uri, i.section, i.caption) for i in found.images] == [
        ("구성도", "file:///manuals/images/giga.png", 1, ""),
        ("big.jpg", "file:///manuals/상품/big.jpg", 2, ""),
        ("small.jpg", "file:///manuals/상품/small.jpg", 2, "설치 모습"),
    ]
    assert found.links == ("file:///manuals/cancel.html#fee",)


def test_files_below_headings_written_as_paragraphs_stand_in_those_sections() -> None:
    found = read(
        "<h1>기가라이트</h1><h2>상품</h2><p>글 <a href=a.pdf>하나</a></p><p>■ 요금</p><p>월 1원</p>"
        "<p><a href=b.pdf>둘</a></p><p>■ 해지</p><p>위약금 <a href=c.pdf>셋</a></p>"
        "<h2>끝</h2><a href=d.pdf>넷</a>"
    )
    paths = {file.name: found.sections[file.section].path for file in found.attachments}
    assert paths == {"하나": ("상품",), "둘": ("상품", "요금"), "셋": ("상품", "해지"), "넷": ("끝",)}


def test_inlined_images_are_registered_by_digest() -> None:
    found = read('<p>글<img src="data:image/png;base64,AAAA"></p>').images[0]
    assert found.media_type == "image/png"
    assert len(found.digest) == 64
    assert found.uri == f"data:image/png#{found.digest[:16]}"


@pytest.mark.parametrize(
    ("base", "reference", "expected"),
    [
        ("s3://manuals/a/b.html", "../c/d.pdf", "s3://manuals/c/d.pdf"),
        ("s3://manuals/a/b.html", "https://x.example/y", "https://x.example/y"),
        ("file:///manuals/a/b.html", "/root.pdf", "file:///manuals/root.pdf"),
        ("file:///manuals/a/b.html", "http://[bad", ""),
        ("file:///manuals/a/b.html", " ", ""),
        ("file:///manuals/a/b.html", "x" * 3000, ""),
    ],
)
def test_references_resolve(base: str, reference: str, expected: str) -> None:
    assert resolve(base, reference) == expected


def test_a_stated_base_counts() -> None:
    found = read('<head><base href="https://x.example/m/"></head><p>글 <a href="a.pdf">파일</a></p>')
    assert found.attachments[0].uri == "https://x.example/m/a.pdf"


@pytest.mark.parametrize("alt", ["요금표 그림", ""])
def test_an_image_in_a_link_to_nowhere_is_registered(alt: str) -> None:
    found = read(f'<p>글</p><a href="#none" onclick="zoom()"><img src="fee.png" alt="{alt}"></a>')
    assert [image.uri for image in found.images] == ["file:///manuals/상품/fee.png"]
    assert not found.links
