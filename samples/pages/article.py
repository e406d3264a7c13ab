"""Articles of the handbook, in five layouts: the same part looks different from one manual to the next.

plain     headings, lists, proper tables
symbols   headings that are symbols only (B-2-가, ○); steps as ①②③, items as ▶
steps     steps as a table (단계, 업무, 처리 내용); lists numbered
grid      one bare table for the whole page, a part a row, lists inside its cells
faq       questions and answers (Q., A.)
"""

from collections.abc import Callable, Iterator
from html import escape as text

from samples.facts import Facts
from samples.handbook import Article, Grid, Part, Selection
from samples.pages.markup import (
    bullets,
    definitions,
    download,
    figure,
    heading,
    paragraph,
    row,
    table,
    td,
    th,
)
from samples.pages.sheet import Sheet

LETTERS = "가나다라마바사"
CIRCLED = "①②③④⑤⑥⑦⑧⑨"


def sheets(facts: Facts, articles: tuple[Article, ...]) -> Iterator[Sheet]:
    for article in articles:
        yield Sheet(
            path=article.path,
            title=article.title,
            category=article.category,
            body=LAYOUTS[article.layout](article, facts),
        )


def merged(grid: Grid) -> str:
    """A table with its continuation marks turned into spans."""
    cells = grid.head + grid.rows
    lines = []
    for y, line in enumerate(cells):
        lines.append(row(*(_spanned(grid, y, x) for x in range(len(line)) if line[x] not in ("^", "<"))))
    body = table(grid.caption, lines[: len(grid.head)], lines[len(grid.head) :])
    return body + "".join(paragraph(note, style="footnote") for note in grid.notes)


def _spanned(grid: Grid, y: int, x: int) -> str:
    cells = grid.head + grid.rows
    rows = 1
    while y + rows < len(cells) and cells[y + rows][x] == "^":
        rows += 1
    columns = 1
    while x + columns < len(cells[y]) and cells[y][x + columns] == "<":
        columns += 1
    if y < len(grid.head):
        return th(cells[y][x], rows=rows, columns=columns, scope="colgroup" if columns > 1 else "col")
    if x < grid.header_columns:
        return th(cells[y][x], rows=rows, columns=columns, scope="rowgroup" if rows > 1 else "row")
    return td(cells[y][x], rows=rows, columns=columns)


def selected(selection: Selection, facts: Facts) -> str:
    """The products of a line with some of their attributes."""
    head = [row(th("상품명"), *(th(name) for name in selection.attributes))]
    body = [
        row(th(product.name, scope="row"), *(td(product.values[name]) for name in selection.attributes))
        for product in facts.products(selection.line)
    ]
    return table(selection.caption, head, body)


def _extras(part: Part, facts: Facts) -> str:
    """What every layout shows alike: tables, images and files."""
    found = merged(part.table) if part.table else ""
    found += selected(part.facts, facts) if part.facts else ""
    found += figure(f"../images/{part.image[0]}", part.image[1]) if part.image else ""
    return found + (download(f"../files/{part.file[0]}", part.file[1]) if part.file else "")


def _ordered(part: Part) -> str:
    if not part.steps:
        return ""
    items = "".join(
        f"<li><strong>{text(name)}</strong><br>{text(detail)}</li>\n" for name, detail in part.steps
    )
    return f"<ol>\n{items}</ol>\n"


def _plain(article: Article, facts: Facts) -> str:
    body = paragraph(*article.intro)
    for place, part in enumerate(article.part):
        body += heading(2, part.title, f"s{place + 1}")
        body += "".join(paragraph(sentence) for sentence in part.text) + _ordered(part)
        body += bullets(part.items) if part.items else ""
        body += definitions(part.pairs) if part.pairs else ""
        body += _extras(part, facts)
    return body


def _symbols(article: Article, facts: Facts) -> str:
    body = paragraph(*article.intro)
    for place, part in enumerate(article.part):
        body += heading(3, f"B-{place + 1}-{LETTERS[place]}") + paragraph(f"○ {part.title}")
        body += "".join(paragraph(f"- {sentence}") for sentence in part.text)
        body += "".join(
            paragraph(f"{mark} {name} : {detail}")
            for mark, (name, detail) in zip(CIRCLED, part.steps, strict=False)
        )
        body += "".join(paragraph(f"▶ {item}") for item in part.items)
        body += "".join(paragraph(f"▷ {name} : {value}") for name, value in part.pairs)
        body += _extras(part, facts)
    return body


def _stepped(article: Article, facts: Facts) -> str:
    body = paragraph(*article.intro)
    for part in article.part:
        body += heading(2, f"■ {part.title}") + "".join(paragraph(sentence) for sentence in part.text)
        if part.steps:
            rows = [
                row(th(f"{place}단계", scope="row"), td(name), td(detail))
                for place, (name, detail) in enumerate(part.steps, start=1)
            ]
            body += table(part.title, [row(th("단계"), th("업무"), th("처리 내용"))], rows)
        body += bullets(part.items, ordered=True) if part.items else ""
        pairs = [row(th(name, scope="row"), td(value)) for name, value in part.pairs]
        body += table(part.title, [row(th("구분"), th("내용"))], pairs) if pairs else ""
        body += _extras(part, facts)
    return body


def _grid(article: Article, facts: Facts) -> str:
    rows = []
    extras = ""
    for part in article.part:
        cell = "<br>".join(text(sentence) for sentence in part.text) + _ordered(part)
        cell += bullets(part.items) if part.items else ""
        cell += "<br>".join(f"{text(name)}: {text(value)}" for name, value in part.pairs)
        if cell:
            rows.append(f"<tr><th>{text(part.title)}</th><td>{cell}</td></tr>")
        extra = _extras(part, facts)
        extras += heading(3, part.title) + extra if extra else ""
    lines = "\n".join(rows)
    return f'{paragraph(*article.intro)}<table border="1" width="100%">\n{lines}\n</table>\n{extras}'


def _faq(article: Article, facts: Facts) -> str:
    body = paragraph(*article.intro)
    for part in article.part:
        body += f'<h4 class="q">Q. {text(part.title)}</h4>\n'
        body += '<div class="a">' + paragraph(
            f"A. {' '.join(part.text)}" if part.text else "A. 아래와 같습니다."
        )
        body += (definitions(part.pairs) if part.pairs else "") + _extras(part, facts) + "</div>\n"
    return body


LAYOUTS: dict[str, Callable[[Article, Facts], str]] = {
    "plain": _plain,
    "symbols": _symbols,
    "steps": _stepped,
    "grid": _grid,
    "faq": _faq,
}
