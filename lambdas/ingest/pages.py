"""Keys of the documents bucket, brought up to date in the index: a page, the pages of a file, what vanished;
and what the documents say about words.

    arrivals().bring_up(["상품/giga.html"])   →   IngestReport(pages=1, read=1, …)

A key says where to look, never what to do: what is done follows from what lies there now.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from environment import environment

from ragtune.ingestion import IngestReport, ingest_pages
from ragtune.wiring import open_bucket, open_preparation, open_search, page_records, published_words

if TYPE_CHECKING:
    from ragtune.adapters.page_records import PageRecords
    from ragtune.adapters.published_words import PublishedWords
    from ragtune.adapters.s3 import Bucket
    from ragtune.ingestion import Preparation
    from ragtune.ports import Index

_KEPT = ExitStack()
_MOST_DERIVED = 5_000  # documents of which a call learns words: a few minutes; the next one goes on


class Arrivals:
    """What arrives in one bucket for one index."""

    def __init__(
        self,
        source: "Bucket",
        index: "Index",
        preparation: "Preparation",
        records: "PageRecords",
        words: "PublishedWords",
    ) -> None:
        self._source, self._index = source, index
        self._preparation, self._records, self._words = preparation, records, words

    def bring_up(self, keys: Sequence[str], *, files: bool = True) -> IngestReport:
        """The pages of these keys, or that refer to one, as they are now. Without `files`, pages alone.

        Raises Busy where the index or S3 does not answer: the same call again does what is left.
        """
        return self._brought_up(list(dict.fromkeys(self._pages(keys, files=files))))

    def sweep(self) -> IngestReport:
        """Look again at the pages that the index has and the bucket no longer lists: events may be lost."""
        listed = {file.uri for file in self._source.files()}
        heads = (head for head in self._index.heads() if head.source.startswith(self._source.prefix))
        return self._brought_up(
            [head.source for head in heads if not head.deleted and head.source not in listed]
        )

    def learn(self, folder: Path) -> int:
        """What the documents say about words, for whoever answers; from how many documents it came anew."""
        return self._words.bring_up(self._index, folder, most=_MOST_DERIVED)

    def _brought_up(self, uris: Collection[str]) -> IngestReport:
        report = ingest_pages(self._source, self._index, self._preparation, uris)
        self._records.update(report)
        return report

    def _pages(self, keys: Sequence[str], *, files: bool) -> Iterator[str]:
        for key in keys:
            if self._source.is_page(key):
                yield self._source.uri(key)
            elif files:
                yield from self._records.referring(self._source.uri(key))


@cache
def arrivals() -> Arrivals:
    """Opened at the first event and kept for the life of the process."""
    place = environment()
    search = _KEPT.enter_context(open_search(place.settings))
    preparation = _KEPT.enter_context(open_preparation(place.settings))
    source = open_bucket(place.documents, place.settings)
    return Arrivals(source, search.index, preparation, records(), published_words(place.state))


@cache
def records() -> "PageRecords":
    """What is remembered beside the index, also where the index can't be opened."""
    return page_records(environment().state)


def close() -> None:
    """Let go of what is open. Lambda never calls it; a process that goes on does."""
    _KEPT.close()
    arrivals.cache_clear()
    records.cache_clear()
