"""What is not content: hidden parts, navigation, menus, footers; each with the reason why.

What the page states (hidden, role, `<nav>`) counts everywhere. Names of classes count only outside of
`<main>`, and only for what also looks the part: a menu is mostly links, a footer is short.
"""

import re
from dataclasses import dataclass

from ragtune.manuals.markup import Attributes, Markup

HIDDEN, NAVIGATION, MENU, PATH, FOOTER, FRAME, OUTSIDE, CONTROL, NOSCRIPT, MARK, CAPTION, MORE = (
    "hidden", "navigation", "menu", "path", "footer", "page frame", "outside of the main part",
    "form control", "noscript", "heading mark", "caption that lists the headers", "more of the like",
)  # fmt: skip
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_ROLES = frozenset(
    ("navigation", "search", "menu", "menubar", "banner", "contentinfo", "alert", "dialog", "tablist")
)
_MENU = re.compile(
    r"(?:^|[\s_-])(?:gnb|lnb|snb|nav|navi|navbar|navigation|menu|topmenu|submenu|sidemenu|sidebar|side|breadcrumbs?|"
    r"location|locnavi|header|quick|family|related|paging|pagination|skip\w*|toc|util)(?:$|[\s_\d-])",
    re.IGNORECASE,
)
_FOOTER = re.compile(r"(?:^|[\s_-])(?:footer|foot|copyright|bottom)(?:$|[\s_\d-])", re.IGNORECASE)
_MOSTLY_LINKS = 0.5  # of the characters
_MAX_FOOTER = 600  # characters
_MAX_CRUMBS = 120  # characters of a path like 홈 > 상품 > 인터넷, which need not be links
_SECTIONS = frozenset(("article", "section", "main", "blockquote", "td"))
FRAMES = frozenset(("header", "footer", "aside"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a tag's attributes tell: `certain` is a reason, `suspected` one that its content must show."""

    certain: str = ""
    suspected: str = ""


CONTENT = Verdict()


def verdict(attributes: Attributes) -> Verdict:
    """What the attributes alone say about an element.

    >>> verdict({"hidden": ""}).certain, verdict({"class": "left-menu"}).suspected
    ('hidden', 'menu')
    """
    if attributes.get("hidden", "until-found") != "until-found" or attributes.get("aria-hidden") == "true":
        return Verdict(certain=HIDDEN)
    style = attributes.get("style")
    if style and _HIDING.search(style):
        return Verdict(certain=HIDDEN)
    if attributes.get("role") in _ROLES:
        return Verdict(certain=NAVIGATION)
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    if names == " ":
        return CONTENT
    if _MENU.search(names):
        return Verdict(suspected=MENU)
    return Verdict(suspected=FOOTER) if _FOOTER.search(names) else CONTENT


def confirmed(markup: Markup, at: int, suspected: str) -> str:
    """The reason to leave out what class or id make suspect, if the content looks the part too; else ""."""
    letters = markup.letters(at)
    if suspected == MENU:
        if letters <= 2 * _MAX_CRUMBS:
            text = "".join(markup.text(at).split())
            if len(text) <= _MAX_CRUMBS and len(re.findall("[>›»]", text)) >= 2:
                return PATH
        return MENU if markup.linked(at) >= _MOSTLY_LINKS * letters else ""
    holds_content = markup.holds(at, "h1", "h2", "h3", "h4", "table")
    return "" if holds_content or letters > _MAX_FOOTER else FOOTER


def is_frame(markup: Markup, at: int, sectioned: dict[int, bool]) -> bool:
    """A `<header>`, `<footer>` or `<aside>` of the page, not of one of its articles; titles are content.

    `sectioned` remembers which elements stand in an article, so that many frames take no more time than one.
    """
    path, above = [], markup.parents[at]
    while above >= 0 and above not in sectioned and markup.tags[above][0] not in _SECTIONS:
        path.append(above)
        above = markup.parents[above]
    inside = above >= 0 and sectioned.get(above, True)
    sectioned.update(dict.fromkeys(path, inside))
    return not inside and not (markup.tags[at][0] == "header" and markup.holds(at, "h1", "h2"))
