"""Small pieces of HTML, escaped, and the Korean particles that prose around a fact needs.

>>> statement("빛길라이트", "월 요금", "22,000원")
'빛길라이트의 월 요금은 22,000원입니다.'
>>> row(th("상품명"), td("빛길라이트", rows=2))
'<tr><th scope="col">상품명</th><td rowspan="2">빛길라이트</td></tr>'
"""

from collections.abc import Iterable
from html import escape as text

FIRST_SYLLABLE, LAST_SYLLABLE, FINALS = 0xAC00, 0xD7A3, 28  # Hangul syllables, 28 possible final consonants


def ends_in_consonant(word: str) -> bool:
    """Whether the last Hangul syllable has a final consonant, which chooses the particle after it."""
    code = ord(word[-1])
    return FIRST_SYLLABLE <= code <= LAST_SYLLABLE and (code - FIRST_SYLLABLE) % FINALS != 0


def topic(word: str) -> str:
    """With 은 or 는."""
    return word + ("은" if ends_in_consonant(word) else "는")


def subject(word: str) -> str:
    """With 이 or 가."""
    return word + ("이" if ends_in_consonant(word) else "가")


def target(word: str) -> str:
    """With 을 or 를."""
    return word + ("을" if ends_in_consonant(word) else "를")


def statement(product: str, attribute: str, value: str) -> str:
    """The plain sentence that states a fact."""
    return f"{product}의 {topic(attribute)} {value}입니다."


def th(content: str, *, scope: str = "col", rows: int = 1, columns: int = 1) -> str:
    return _cell("th", content, f' scope="{scope}"' if scope else "", rows, columns)


def td(content: str, *, rows: int = 1, columns: int = 1, style: str = "") -> str:
    return _cell("td", content, f' class="{style}"' if style else "", rows, columns)


def row(*cells: str) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def table(caption: str, head: Iterable[str], body: Iterable[str]) -> str:
    """A proper table: caption, thead, tbody. `head` and `body` are rows."""
    title = f"<caption>{text(caption)}</caption>\n" if caption else ""
    groups = f"<thead>\n{_lines(head)}</thead>\n<tbody>\n{_lines(body)}</tbody>\n"
    return f'<table class="tbl">\n{title}{groups}</table>\n'


def bare_table(body: Iterable[str], caption: str = "") -> str:
    """A table as an old editor left it: no thead, no tbody."""
    title = f"<caption>{text(caption)}</caption>\n" if caption else ""
    return f'<table border="1" cellspacing="0" cellpadding="4">\n{title}{_lines(body)}</table>\n'


def heading(level: int, content: str, anchor: str = "") -> str:
    mark = f' id="{anchor}"' if anchor else ""
    return f"<h{level}{mark}>{text(content)}</h{level}>\n"


def paragraph(*sentences: str, style: str = "") -> str:
    mark = f' class="{style}"' if style else ""
    return f"<p{mark}>{' '.join(text(sentence) for sentence in sentences)}</p>\n"


def bullets(items: Iterable[str], *, ordered: bool = False) -> str:
    """A list; items are plain texts."""
    name = "ol" if ordered else "ul"
    return f"<{name}>\n" + "".join(f"<li>{text(item)}</li>\n" for item in items) + f"</{name}>\n"


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    inner = "".join(f"<dt>{text(name)}</dt>\n<dd>{text(value)}</dd>\n" for name, value in pairs)
    return f"<dl>\n{inner}</dl>\n"


def figure(path: str, caption: str) -> str:
    return (
        f'<figure><img src="{text(path)}" alt="{text(caption)}" width="320" height="180">'
        f"<figcaption>{text(caption)}</figcaption></figure>\n"
    )


def download(path: str, name: str) -> str:
    return f'<p class="file">첨부: <a href="{text(path)}" download>{text(name)}</a></p>\n'


def _cell(tag: str, content: str, mark: str, rows: int, columns: int) -> str:
    span = (f' rowspan="{rows}"' if rows > 1 else "") + (f' colspan="{columns}"' if columns > 1 else "")
    return f"<{tag}{mark}{span}>{text(content)}</{tag}>"


def _lines(rows: Iterable[str]) -> str:
    return "".join(f"{one}\n" for one in rows)
