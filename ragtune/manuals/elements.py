"""What a single element says: its lines of text, the anchor of a heading, the caption of an image."""

from selectolax.lexbor import LexborNode

from ragtune.manuals.charset import INVISIBLE

BREAK = "\x1e"  # a line break in gathered text: those of the source are only white space


def lines(text: str) -> str:
    """White space collapsed, lines kept where BREAK stood, what character references brought in cleaned."""
    text = INVISIBLE.sub("", text)
    if BREAK not in text:
        return " ".join(text.split())
    return "\n".join(line for part in text.split(BREAK) if (line := " ".join(part.split())))


def anchor(heading: LexborNode) -> str:
    """The id of the section that a heading opens, or of an anchor inside the heading."""
    parent = heading.parent
    if parent is not None and parent.tag in ("section", "div", "article", "li"):
        identifier = parent.attributes.get("id")
        first = parent.child
        while first is not None and (first.tag or "-")[0] == "-":
            first = first.next
        if identifier and first is not None and first.mem_id == heading.mem_id:
            return identifier
    inner = heading.css_first("[id], a[name]")
    return (inner.attributes.get("id") or inner.attributes.get("name") or "") if inner else ""


def figure_caption(image: LexborNode) -> str:
    """The words of the `<figcaption>` of the figure around an image; "" where there is none."""
    node = image.parent
    while node is not None and node.tag in ("a", "p", "div", "span", "picture"):
        node = node.parent
    if node is None or node.tag != "figure":
        return ""
    caption = node.css_first("figcaption")
    return " ".join(caption.text().split()) if caption else ""
