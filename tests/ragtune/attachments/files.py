"""Real small files of every kind: from the libraries that write them, HWP 5 and HWPX by specification."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import docx
import openpyxl
import pptx
from openpyxl.styles import Font
from pptx.util import Inches
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
HWPX, HWP = "application/hwp+zip", "application/x-hwp"
_HP = 'xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph"'


def pdf(*pages: str, password: str = "") -> bytes:
    """A page for each text, its lines below each other."""
    pdfmetrics.registerFont(UnicodeCIDFont("HYSMyeongJo-Medium"))
    made = io.BytesIO()
    canvas = Canvas(made, invariant=1, encrypt=password or None)
    for page in pages:
        canvas.setFont("HYSMyeongJo-Medium", 11)
        for number, line in enumerate(page.splitlines()):
            canvas.drawString(40, 800 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def old_korean_pdf(text: str) -> bytes:
    """A page as Korean programs wrote them before the 2000s: codes of CP949, no map to Unicode, no font."""
    shown = f"BT /F1 12 Tf 50 700 Td <{text.encode('cp949').hex()}> Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(shown)}>>stream\n{shown}\nendstream",
        "<</Type/Font/Subtype/Type0/BaseFont/HYSMyeongJo-Medium/Encoding/KSCms-UHC-H"
        "/DescendantFonts[6 0 R]>>",
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/HYSMyeongJo-Medium/DW 1000/FontDescriptor 7 0 R"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(Korea1)/Supplement 1>>>>",
        "<</Type/FontDescriptor/FontName/HYSMyeongJo-Medium/Flags 6/FontBBox[0 0 1000 1000]/ItalicAngle 0"
        "/Ascent 800/Descent -200/CapHeight 700/StemV 80>>",
    )
    made, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        f"{made}xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>\n"
        f"startxref\n{len(made)}\n%%EOF"
    ).encode()


def word() -> bytes:
    """A title, two headings, text, a list and a table with a cell merged over two columns."""
    document = docx.Document()
    document.add_paragraph("가입 안내", style="Title")
    document.add_heading("요금", 1)
    document.add_paragraph("부가세를 포함합니다.")
    table = document.add_table(3, 3)
    cells = (("상품", "요금", "요금"), ("라이트", "11,000원", "1,100원"), ("맥스", "22,000원", "2,200원"))
    for row, texts in zip(table.rows, cells, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(0, 2).text = ""
    table.cell(0, 1).merge(table.cell(0, 2))
    document.add_heading("서류", 2)
    document.add_paragraph("신분증", style="List Bullet")
    return _saved(document)


def workbook() -> bytes:
    """A sheet with a title line, a table and a second one below; a hidden sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "인터넷"
    sheet.append(["2026년 요금표 (단위: 원)"])
    sheet.merge_cells("A1:C1")
    for row in (["상품", "월 요금", "할인율"], ["라이트", 11000, 0.15], ["맥스", 22000, 0.2]):
        sheet.append(row)
    for place in ("B3", "B4"):
        sheet[place].number_format = "#,##0"
    for place in ("C3", "C4"):
        sheet[place].number_format = "0%"
    for place in ("A2", "B2", "C2"):
        sheet[place].font = Font(bold=True)
    sheet["A6"], sheet["B6"], sheet["A7"], sheet["B7"] = "설치비", "20,000원", "위약금", "54,000원"
    hidden = book.create_sheet("원가")
    hidden["A1"] = "비밀 원가"
    hidden.sheet_state = "hidden"
    return _saved(book)


def slides() -> bytes:
    """A slide with a title, a text, a table and notes; a hidden slide."""
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "상담 흐름"
    box = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(4), Inches(1))
    box.text_frame.text = "본인 확인부터 합니다."
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(3), Inches(4), Inches(1)).table
    for (y, x), text in {(0, 0): "단계", (0, 1): "시간", (1, 0): "확인", (1, 1): "3분"}.items():
        table.cell(y, x).text = text
    slide.notes_slide.notes_text_frame.text = "서두르지 않습니다."
    hidden = presentation.slides.add_slide(presentation.slide_layouts[5])
    hidden.shapes.title.text = "초안"
    hidden.element.set("show", "0")
    return _saved(presentation)


def hwpx(*, manifest: str = "") -> bytes:
    """A heading, a paragraph, and a table whose first cell spans two columns."""
    cells = (((0, 2, "요금표"),), ((0, 1, "라이트"), (1, 1, "11,000원")))
    rows = "".join(
        "<hp:tr>" + "".join(
            f"<hp:tc><hp:subList>{_p(text)}</hp:subList><hp:cellAddr colAddr='{x}' rowAddr='{y}'/>"
            f"<hp:cellSpan colSpan='{wide}' rowSpan='1'/></hp:tc>" for x, wide, text in row
        ) + "</hp:tr>" for y, row in enumerate(cells)
    )  # fmt: skip
    body = (
        _p("해지 절차", style="1")
        + "<hp:p><hp:run><hp:t>본인이<hp:tab/>신청합니다.</hp:t></hp:run>"
        + f"<hp:run><hp:tbl rowCnt='2' colCnt='2'>{rows}</hp:tbl></hp:run></hp:p>"
    )
    styles = (
        '<hh:head xmlns:hh="x"><hh:style id="0" name="바탕글"/><hh:style id="1" name="개요 1"/></hh:head>'
    )
    parts: dict[str, str | bytes] = {
        "mimetype": HWPX,
        "Contents/header.xml": styles,
        "Contents/section0.xml": f"<hs:sec xmlns:hs='s' {_HP}>{body}</hs:sec>",
    }
    return archive(parts | ({"META-INF/manifest.xml": manifest} if manifest else {}))


def _p(text: str, style: str = "0") -> str:
    return f"<hp:p styleIDRef='{style}'><hp:run><hp:t>{text}</hp:t></hp:run></hp:p>"


def unpacked(data: bytes) -> dict[str, bytes]:
    """The parts of a ZIP."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP of these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return made.getvalue()


def hwp(*, flags: int = 1) -> bytes:
    """A paragraph, and a table with a cell merged over two columns: HWP 5.0, as Hancom specified it."""
    cells = ((0, 0, 2, "요금표"), (1, 0, 1, "라이트"), (1, 1, 1, "11,000원"))
    table = _record(71, 1, b" lbt" + bytes(40)) + _record(77, 2, struct.pack("<IHH", 0, 2, 2))
    for y, x, wide, text in cells:
        table += _record(72, 2, struct.pack("<H6xHHHH", 1, x, y, wide, 1)) + _paragraph(text, 2)
    section = _paragraph("해지는 본인이 신청합니다.", 0) + _record(66, 0, bytes(22)) + table
    header = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05000300, flags)
    packer = zlib.compressobj(wbits=-15)
    return _compound(
        header.ljust(4096, b"\0"), (packer.compress(section) + packer.flush()).ljust(4096, b"\0")
    )


def _paragraph(text: str, level: int) -> bytes:
    return _record(66, level, bytes(22)) + _record(67, level + 1, (text + "\r").encode("utf-16-le"))


def _record(tag: int, level: int, payload: bytes) -> bytes:
    return struct.pack("<I", tag | level << 10 | len(payload) << 20) + payload


def _compound(header: bytes, section: bytes) -> bytes:
    """An OLE file with the streams FileHeader and BodyText/Section0, both of whole sectors (MS-CFB)."""
    end, free, none = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
    first, second = len(header) // 512, len(section) // 512
    chains = [0xFFFFFFFD, end]  # the FAT itself, the directory
    for start, size in ((2, first), (2 + first, second)):
        chains += [*range(start + 1, start + size), end]
    fat = struct.pack("<128I", *chains, *[free] * (128 - len(chains)))
    top = struct.pack(
        "<8s16x5H6x9I109I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 62, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, end, 0, end, 0, 0, *[free] * 108,
    )  # fmt: skip
    directory = (
        _entry("Root Entry", 5, none, none, 1, end, 0)
        + _entry("FileHeader", 2, 2, none, none, 2, len(header))
        + _entry("BodyText", 1, none, none, 3, 0, 0)
        + _entry("Section0", 2, none, none, none, 2 + first, len(section))
    )
    return top + fat + directory + header + section


def _entry(name: str, kind: int, *links: int) -> bytes:
    left, right, child, start, size = links
    coded = (name + "\0").encode("utf-16-le")
    return struct.pack("<64sHBB3I36xIQ", coded, len(coded), kind, 1, left, right, child, start, size)


def old_office(stream: str) -> bytes:
    """The beginning of an OLE file with a stream of that name."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + (stream + "\0").encode("utf-16-le") + bytes(512)


def samples() -> tuple[tuple[bytes, str], ...]:
    """A good file of each kind, with its media type."""
    return (
        (pdf("첫째 쪽\n요금 안내", "둘째 쪽"), PDF),
        (word(), DOCX),
        (workbook(), XLSX),
        (slides(), PPTX),
        (hwpx(), HWPX),
        (hwp(), HWP),
        ("상품,요금\n라이트,11000".encode("cp949"), "text/csv"),
        ("요금 안내\n월 11,000원".encode(), "text/plain"),
    )


def _saved(document: object) -> bytes:
    made = io.BytesIO()
    document.save(made)  # type: ignore[attr-defined]
    return made.getvalue()
