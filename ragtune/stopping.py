"""Ends a stream of text at a stop string, also one that is cut over two pieces."""

from collections.abc import Iterator, Sequence

_MAX_ANSWER_CHARS = 20_000


def until(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """`pieces` up to the first stop string, which servers may or may not have cut themselves.

    >>> "".join(until(iter(["33,000원", "입니다.#", "## 응답"]), ["###"]))
    '33,000원입니다.'
    """
    held, sent = "", 0
    for piece in pieces:
        held += piece
        cut = min((place for place in (held.find(mark) for mark in stop) if place >= 0), default=-1)
        if cut >= 0 or sent + len(held) > _MAX_ANSWER_CHARS:
            yield held[: cut if cut >= 0 else _MAX_ANSWER_CHARS - sent]
            return
        ready = len(held) - _begun(held, stop)
        if ready:
            yield held[:ready]
            held, sent = held[ready:], sent + ready
    if held:
        yield held


def _begun(text: str, stop: Sequence[str]) -> int:
    """How many characters at the end of `text` may be the beginning of a stop string."""
    sizes = (size for mark in stop for size in range(1, len(mark)) if text.endswith(mark[:size]))
    return max(sizes, default=0)
