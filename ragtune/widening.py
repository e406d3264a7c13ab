"""A small hit brings its section: passages grown by the chunks around them, as far as there is room.

    siblings = index.chunks(around(passages))
    widen(passages, siblings, room=prompts.room(question, preset), most_chars=1_500)

Small chunks are found more exactly, whole sections are read better. A passage grows within its section
(`Chunk.section`), the best one first; a hit whose text a better one has taken in is not given twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ragtune.documents import Chunk, Passage
from ragtune.ports import Room

_AROUND = 8  # chunks looked at on either side of a hit: a section may have thousands


def around(passages: Sequence[Passage]) -> list[str]:
    """Ids of the chunks that `widen` may take in, each once."""
    ids: dict[str, None] = {}
    for chunk in (passage.chunk for passage in passages):
        first, end = chunk.section
        near = range(max(first, chunk.ordinal - _AROUND), min(end, chunk.ordinal + _AROUND + 1))
        ids |= dict.fromkeys(f"{chunk.document_id}:{place}" for place in near if place != chunk.ordinal)
    return list(ids)


def widen(
    passages: Sequence[Passage], siblings: Sequence[Chunk], *, room: Room, most_chars: int
) -> list[Passage]:
    """`passages` in their order, grown by `siblings` to at most `most_chars` each, all of them within `room`.

    Every hit keeps its own text and id whatever the room: dropping what does not fit is the prompt's affair.
    """
    hits = {passage.chunk.id: passage.chunk for passage in passages}
    left = room.limit - sum(room.count(chunk.searchable) for chunk in hits.values())
    at_hand = {chunk.id: chunk for chunk in siblings} | hits
    taken: set[str] = set()
    given = []

    def pays(chunk: Chunk) -> bool:
        nonlocal left
        # A hit's own text is paid for already, and its breadcrumb is not said again.
        costs = -room.count(chunk.breadcrumb) if chunk.id in hits else room.count(chunk.text)
        if chunk.id in taken or costs > left:
            return False
        taken.add(chunk.id)
        left -= costs
        return True

    for passage in passages:
        if passage.chunk.id not in taken:
            taken.add(passage.chunk.id)
            text = _grown(passage.chunk, at_hand, most_chars, pays)
            given.append(replace(passage, chunk=replace(passage.chunk, text=text)))
    return given


def _grown(hit: Chunk, at_hand: Mapping[str, Chunk], most_chars: int, pays: Callable[[Chunk], bool]) -> str:
    """The hit's text with what follows and precedes it, in turns, until either side can't go on."""
    text, ends, sides = hit.text, {1: hit.ordinal, -1: hit.ordinal}, [1, -1]
    while sides:
        side = sides.pop(0)
        place = ends[side] + side
        sibling = at_hand.get(f"{hit.document_id}:{place}")
        if sibling is None or (sibling.version, sibling.section) != (hit.version, hit.section):
            continue
        longer = joined(text, sibling.text) if side > 0 else joined(sibling.text, text)
        if len(longer) <= most_chars and pays(sibling):
            text, ends[side] = longer, place
            sides.append(side)
    return text


def joined(text: str, following: str) -> str:
    """Two chunks that follow each other as one text; a heading that the second repeats is said once.

    >>> joined("요금표 (단위: 원)\\n가는 1원입니다.", "요금표 (단위: 원)\\n나는 2원입니다.")
    '요금표 (단위: 원)\\n가는 1원입니다.\\n나는 2원입니다.'
    """
    first, _, rest = following.partition("\n")
    repeated = rest and first in text.split("\n")
    return f"{text}\n{rest if repeated else following}"
