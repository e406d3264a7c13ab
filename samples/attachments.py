"""Attachments and images of the sample manuals: real, small files whose bytes are the same on any machine.

Nothing in them is deflated, because two builds of zlib may compress the same input to different bytes.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from openpyxl import Workbook
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from samples.facts import Facts
from samples.pages.sheet import Page

FONT = "HYSMyeongJo-Medium"  # one of the Korean fonts that every PDF reader brings along
EPOCH = (2026, 3, 2, 0, 0, 0)
WIDTH, HEIGHT = 320, 180  # pixels
PALETTE = ((255, 255, 255), (38, 70, 110), (210, 222, 236), (240, 150, 60))

FORMS = {
    "install-checklist.pdf": (
        "설치 점검표",
        ("□ 주소 확인", "□ 광 단자 확인", "□ 속도 측정 3회", "□ 고객 서명"),
    ),
    "bundle-consent.pdf": ("결합 동의서", ("결합 번호:", "명의자 성명:", "관계:", "동의 서명:")),
    "cancel-form.pdf": ("해지 신청서", ("신청인:", "상품명:", "해지 희망일:", "장비 반납 방법:", "서명:")),
}
COMPENSATION = (
    ("서비스", "2시간 이상", "24시간 이상"),
    ("인터넷", "시간당 요금의 6배", "하루 요금의 10배"),
    ("TV", "시간당 요금의 4배", "하루 요금의 6배"),
    ("인터넷전화", "시간당 요금의 6배", "하루 요금의 8배"),
    ("홈보안", "시간당 요금의 8배", "하루 요금의 12배"),
)


def files(facts: Facts) -> Iterator[Page]:
    """Every attachment and image, as paths relative to the manuals' folder."""
    for place, line in enumerate(facts.line):
        products = facts.products(line.id)
        terms = [f"{product.name}: 약정 기간 {product.values['약정 기간']}" for product in products]
        yield Page(path=f"files/{line.id}-terms.pdf", data=pdf(f"{line.name} 이용 약관 요약", terms))
        rows = [("상품명", *line.attributes)]
        rows += [(product.name, *product.values.values()) for product in products]
        yield Page(path=f"files/{line.id}-tariff.xlsx", data=spreadsheet(line.name, rows))
        yield Page(path=f"images/{line.id}.png", data=diagram(boxes=place + 2))
    for name, (title, lines) in FORMS.items():
        yield Page(path=f"files/{name}", data=pdf(title, lines))
    yield Page(path="files/compensation.xlsx", data=spreadsheet("손해배상", COMPENSATION))
    yield Page(path="images/complaint-flow.svg", data=flow(("접수", "분류", "배정", "조사", "회신")))


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """One A4 page with a title and lines of Korean text."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=0, invariant=1)
    canvas.setTitle(title)
    canvas.setFont(FONT, 18)
    canvas.drawString(72, 760, title)
    canvas.setFont(FONT, 11)
    for place, line in enumerate(lines):
        canvas.drawString(72, 720 - 24 * place, line)
    canvas.save()
    return buffer.getvalue()


def spreadsheet(title: str, rows: Sequence[Sequence[str]]) -> bytes:
    """An XLSX with one sheet. The archive is packed again, for openpyxl writes today's time into it."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    saved = BytesIO()
    book.save(saved)
    packed = BytesIO()
    with ZipFile(saved) as old, ZipFile(packed, "w", ZIP_STORED) as new:
        for name in old.namelist():
            data = _timeless() if name == "docProps/core.xml" else old.read(name)
            new.writestr(ZipInfo(name, EPOCH), data)
    return packed.getvalue()


def _timeless() -> bytes:
    spaces = (
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    return (
        f"<cp:coreProperties {spaces}><dc:creator>ragtune samples</dc:creator></cp:coreProperties>".encode()
    )


def diagram(boxes: int) -> bytes:
    """A PNG of `boxes` boxes (2–7) joined by a line: 320 × 180 pixels, 2 bits each."""
    pixels = [[0] * WIDTH for _ in range(HEIGHT)]
    step = WIDTH // boxes
    _fill(pixels, (step // 2, 88, WIDTH - step // 2, 92), 3)
    for place in range(boxes):
        left = place * step + 6
        _fill(pixels, (left, 60, left + step - 12, 120), 1)
        _fill(pixels, (left + 3, 63, left + step - 15, 117), 2)
    packed = b"".join(b"\0" + _packed(line) for line in pixels)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 2, 3, 0, 0, 0)
    colours = b"".join(bytes(colour) for colour in PALETTE)
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(packed, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(name, data) for name, data in chunks)


def _fill(pixels: list[list[int]], box: tuple[int, int, int, int], colour: int) -> None:
    left, top, right, bottom = box
    for line in pixels[top:bottom]:
        line[left:right] = [colour] * (right - left)


def _packed(line: list[int]) -> bytes:
    quads = zip(line[::4], line[1::4], line[2::4], line[3::4], strict=True)
    return bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in quads)


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def flow(labels: Sequence[str]) -> bytes:
    """An SVG of labelled boxes in a row."""
    shapes = "".join(
        f'<rect x="{10 + 100 * place}" y="30" width="80" height="40" fill="#d2deec" stroke="#26466e"/>'
        f'<text x="{50 + 100 * place}" y="55" text-anchor="middle" font-size="16">{label}</text>'
        for place, label in enumerate(labels)
    )
    width = 100 * len(labels)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 100">{shapes}</svg>\n'.encode()
