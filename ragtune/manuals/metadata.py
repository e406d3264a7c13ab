"""What a page says about itself: title, category, access labels, validity, language.

<meta name="category" content="상품 > 인터넷">      absent: the folder path of its source
<meta name="access" content="public, partner">     absent: public; present but unreadable: page set aside
<meta name="valid-from" content="2026-01-01">      valid-until likewise
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote, urlsplit

from ragtune.documents import PUBLIC
from ragtune.errors import UnclearAccess
from ragtune.manuals.markup import Attributes, Markup

_LABEL = re.compile(r"^[\w가-힣][\w가-힣.:/-]{0,63}$")
_SITE = re.compile(r"\s+(?:[—–|·»]|::|-)\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    title: str  # of `<title>`, without the site's name; "" if there is none
    category: tuple[str, ...]
    labels: tuple[str, ...]
    valid_from: str  # ISO day or ""
    valid_until: str
    language: str  # "ko", or "" when nothing tells
    base: str  # of `<base href>`, else ""


def metadata(markup: Markup, source: str) -> Metadata:
    """Raises UnclearAccess when access labels or validity can't be understood: they fail closed."""
    named: dict[str, list[str]] = {}
    for attributes in _each(markup, "meta"):
        if "name" in attributes:
            name = attributes["name"].strip().lower()
            named.setdefault(name, []).append(attributes.get("content", "").strip())
    category = tuple(
        p.strip() for p in re.split(r"\s*[>›»/]\s*", "".join(named.get("category", [""])[:1])) if p.strip()
    )
    return Metadata(
        title=_title(markup),
        category=category or folders(source),
        labels=_labels(named.get("access")),
        valid_from=_day(named, "valid-from"),
        valid_until=_day(named, "valid-until"),
        language=markup.language.split("-")[0].lower(),
        base=next((a["href"] for a in _each(markup, "base") if "href" in a), ""),
    )


def _each(markup: Markup, name: str) -> Iterator[Attributes]:
    return (markup.attributes(markup.tags[at][1]) for at in markup.named(name))


def folders(source: str) -> tuple[str, ...]:
    """The folder path of a source URI. A file's first folder is the collection's name and left out.

    >>> folders("file:///manuals/상품/인터넷/giga.html")
    ('상품', '인터넷')
    """
    parts = urlsplit(source)
    names = [unquote(part) for part in parts.path.split("/")[:-1] if part]
    return tuple(names[1:] if parts.scheme == "file" else names)


def _title(markup: Markup) -> str:
    heads = [at for at in markup.named("title") if markup.tags[markup.parents[at]][0] == "head"]
    words = " ".join(markup.text(heads[0]).split()) if heads else ""
    return _SITE.split(words)[0] if words else ""


def _labels(contents: list[str] | None) -> tuple[str, ...]:
    if contents is None:
        return (PUBLIC,)
    labels = [label.strip() for label in contents[0].split(",")]
    if len(contents) > 1 or not all(_LABEL.match(label) for label in labels):
        shown = "; ".join(contents)[:80]
        raise UnclearAccess(
            f'has access labels that can\'t be read ({shown!r}); write one <meta name="access" '
            'content="public"> with labels separated by commas'
        )
    return tuple(dict.fromkeys(labels))


def _day(named: dict[str, list[str]], name: str) -> str:
    days = named.get(name)
    if days is None:
        return ""
    try:
        return (
            date.fromisoformat(days[0]).isoformat() if len(days) == 1 else _refuse_day(name, "; ".join(days))
        )
    except ValueError:
        return _refuse_day(name, days[0])


def _refuse_day(name: str, value: str) -> str:
    raise UnclearAccess(f"has {name} {value[:40]!r}; write one ISO day such as 2026-01-31")
