"""What is not content: hidden parts, navigation, menus, footers.

What the page states (hidden, role, `<nav>`) counts everywhere. Names of classes count only outside of
`<main>`, and only for what also looks the part: a menu is mostly links, a footer is short.
"""

import re

from selectolax.lexbor import LexborNode

Attributes = dict[str, str | None]
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


def is_hidden(attributes: Attributes) -> bool:
    """What a reader never sees, or what the page states to lead elsewhere."""
    if attributes.get("hidden", "until-found") != "until-found" or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    if style and _HIDING.search(style):
        return True
    return (attributes.get("role") or "") in _ROLES


def is_navigation(node: LexborNode, attributes: Attributes) -> bool:
    """A menu, a path to the page, or a footer, by the class or id of `node` and what is in it."""
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if names == " ":
        return False
    if _MENU.search(names):
        text = "".join(node.text().split())
        linked = "".join("".join(link.text().split()) for link in node.css("a"))
        crumbs = len(text) <= _MAX_CRUMBS and len(re.findall("[>›»]", text)) >= 2
        return crumbs or len(linked) >= _MOSTLY_LINKS * len(text)
    if _FOOTER.search(names):
        return node.css_first("h1, h2, h3, h4, table") is None and len(node.text()) <= _MAX_FOOTER
    return False


def is_frame(node: LexborNode) -> bool:
    """A `<header>`, `<footer>` or `<aside>` of the page, not of one of its articles; titles are content."""
    above = node.parent
    while above is not None and above.tag not in ("article", "section", "main", "blockquote", "td"):
        above = above.parent
    return above is None and not (node.tag == "header" and node.css_first("h1, h2") is not None)
