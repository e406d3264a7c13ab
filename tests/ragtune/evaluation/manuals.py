"""Long pages for the suites about long manuals: sections of prose, one of them with a table."""

from ragtune.documents import Document, Section, Table, Text

_THINGS = ("방화벽 포트 설정", "계정 암호 변경", "백업 일정 등록", "로그 보관 기간", "회선 연결 확인")


def manual(name: str, sections: int = 5) -> Document:
    """A page of about 900 characters a section; no sentence, cell or heading path is on another one."""
    made = []
    for number in range(sections):
        thing = _THINGS[number % len(_THINGS)]
        prose = [
            f"{name} 문서의 {thing} 단계 {step}에서는 담당 부서 {number}{step}호 창구가 접수 서류를 검토하고 "
            f"결과를 등록부에 적습니다."
            for step in range(1, 9)
        ]
        rows = [
            (f"{name} {thing} {step}급", f"{number * 10 + step}영업일", f"{name} 담당 {step}호")
            for step in range(1, 6)
        ]
        grid = (("등급", "처리 기한", "담당자"), *rows)
        blocks = (Text(text=" ".join(prose)), Table(grid=grid, header_rows=1, header_columns=1))
        made.append(Section(path=(f"{thing} 안내 {number}",), blocks=blocks))
    return Document(source=f"file:///m/{name}.html", version=1, title=f"{name} 안내서", sections=tuple(made))
