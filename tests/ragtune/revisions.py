"""What only an older version of a page said can't be found once the current one is in: every leg, every word.

    python -m tests.ragtune.revisions DATA        # a folder with revisions.jsonl; skipped without one

A line of revisions.jsonl: {"doc_id": "a", "older": "old/a.html", "current": "html/a.html",
"only_in_older": ["350-3527", "종합안내"], …}; the paths are below DATA.
"""

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.folder import Folder
from ragtune.analysis import Bigrams
from ragtune.documents import document_id
from ragtune.ingestion import Preparation, ingest
from ragtune.manifest import Manifest
from ragtune.ports import Access, Index, Leg, Term

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_ACCESS = Access(labels=frozenset({"public"}), day="2025-12-15")
_PREPARATION = Preparation(max_chars=500, masks=False)


class Words:
    """Analyzer: words as they stand, so that a word is found or is not."""

    name = "word"
    version = "1"

    def tokens(self, text: str) -> list[str]:
        """Words of `text` in order."""
        return _WORD.findall(text)

    def terms(self, question: str) -> list[Term]:
        """Every word at full weight."""
        return [Term(text=word) for word in self.tokens(question)]


def words_of(index: Index, source: str) -> set[str]:
    """What the current version says."""
    chunks = index.entry_chunks(document_id(source))
    return {word for chunk in chunks for word in Words().tokens(chunk.searchable)}


def findable(index: Index, source: str, words: Iterable[str]) -> Iterator[str]:
    """Those of `words` for which a chunk of the page at `source` is found."""
    asked = list(words)
    for start in range(0, len(asked), 100):
        some = asked[start : start + 100]
        legs = [Leg(field="word", terms=(Term(text=word),)) for word in some]
        for word, hits in zip(some, index.search(legs, _ACCESS, 10_000), strict=True):
            if any(hit.chunk_id.startswith(document_id(source)) for hit in hits):
                yield word


def opened(folder: Path) -> EmbeddedIndex:
    """An index in which single words can be looked for."""
    return EmbeddedIndex(folder, [Words(), Bigrams()], Manifest())


def read(root: Path, index: Index, *, whole: bool = True) -> None:
    """Bring the index up to the folder; everything has to be readable."""
    report = ingest(Folder(root, name="manuals"), index, _PREPARATION, whole=whole)
    assert report.set_aside == ()


def main(arguments: list[str]) -> int:
    """Put every older page in, then the current one; 1 when a word of an older one alone is found."""
    data = Path(arguments[0]) if arguments else None
    if data is None or not (data / "revisions.jsonl").exists():
        sys.stdout.write(f"skipped: no revisions.jsonl at {data}; name its folder\n")
        return 0
    lines = (data / "revisions.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as name, closing(opened(Path(name) / "index")) as index:
        root = Path(name) / "pages"
        root.mkdir()
        for version in ("older", "current"):
            for number, pair in enumerate(pairs):
                shutil.copyfile(data / pair[version], root / f"{number}.html")
            read(root, index)
        looked, wrong = 0, []
        for number, pair in enumerate(pairs):
            said = words_of(index, _uri(number))  # words are cut here as they may not be in the list
            words = [
                word for word in pair["only_in_older"] if Words().tokens(word) == [word] and word not in said
            ]
            looked += len(words)
            wrong += [f"{pair['doc_id']}: {word}" for word in findable(index, _uri(number), words)]
    told = f"{len(pairs)} pages, {looked} words that only older versions hold"
    sys.stdout.write(f"{told}: {len(wrong)} found {' '.join(wrong[:9])}\n")
    return int(bool(wrong))


def _uri(number: int) -> str:
    return f"file:///manuals/{number}.html"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
