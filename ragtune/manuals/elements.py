"""What a single element says: its lines of text, the anchor of a heading, the caption of an image."""

from ragtune.manuals.markup import Markup, plain

BREAK = "\x1e"  # a line break in gathered text: those of the source are only white space
_OPENERS = frozenset(("section", "div", "article", "li"))
_WRAPPERS = frozenset(("a", "p", "div", "span", "picture"))
_NEAR = 8  # elements between an image and its figure, or the link around it
_MAX_CAPTION = 300  # characters
MAX_WORDS = 300  # characters of a link's name


def lines(written: str) -> str:
    """Text as written to text: escapes undone, white space collapsed, lines kept where BREAK stood."""
    text = plain(written) if "&" in written else written
    if BREAK not in text:
        return " ".join(text.split())
    return "\n".join(line for part in text.split(BREAK) if (line := " ".join(part.split())))


def anchor(markup: Markup, at: int) -> str:
    """The id of the section that the heading at `at` opens, or of an anchor inside the heading."""
    above, before = markup.parents[at], at - 1
    while before >= 0 and not markup.tags[before][0]:
        before -= 1  # a comment
    if above >= 0 and before == above and markup.tags[above][0] in _OPENERS:
        identifier = markup.attributes(markup.tags[above][1]).get("id")
        if identifier:
            return identifier
    for name, raw, _, _, _ in markup.tags[at + 1 : markup.ends[at]]:
        if raw:
            attributes = markup.attributes(raw)
            found = attributes.get("id") or (attributes.get("name") if name == "a" else "")
            if found:
                return found
    return ""


def figure_caption(markup: Markup, at: int) -> str:
    """The words of the `<figcaption>` of the figure around an image, up to 300 characters; else ""."""
    above = markup.parents[at]
    for _ in range(_NEAR):
        if above < 0 or markup.tags[above][0] not in _WRAPPERS:
            break
        above = markup.parents[above]
    if above < 0 or markup.tags[above][0] != "figure":
        return ""
    caption = markup.first_below(above, "figcaption")
    return markup.opening(caption, _MAX_CAPTION) if caption >= 0 else ""


def picture_words(markup: Markup, at: int) -> str | None:
    """What the image says that a link holds instead of words; None where it holds none."""
    for name, raw, _, _, _ in markup.tags[at + 1 : min(markup.ends[at], at + _NEAR)]:
        if name == "img":
            return " ".join(markup.attributes(raw).get("alt", "")[:MAX_WORDS].split())
    return None
