"""Retrieval as a LangChain retriever (the `langchain` extra).

    with open_search(load_settings(Path("config/local.toml"))) as search:
        finder = PassageRetriever(search=search.retriever, labels=frozenset({"public"}), k=5)
        finder.invoke("위약금은 얼마인가요?")[0].metadata["link"]     # 'file:///manuals/terms.html#cancel'

A document's `page_content` is the passage with its breadcrumb; `metadata` says title, path, source, link,
attachments, version, score and legs; `id` is the chunk's. Who asks is fixed by whoever makes the retriever,
never by the question; the day is today's unless it is given.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from ragtune.documents import Passage
from ragtune.ports import Access


class Search(Protocol):
    """What `ragtune.retrieval.Retriever` offers."""

    def passages(self, question: str, access: Access, limit: int) -> list[Passage]: ...


class PassageRetriever(BaseRetriever):
    """`k` passages (1-50) that callers with `labels` may see, best first."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    search: Any  # a Search: pydantic can't check protocols of methods
    labels: frozenset[str]
    k: int = Field(default=5, ge=1, le=50)
    day: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")  # ISO; "" for today

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  LangChain hands it in by name
        k: int | None = None,
    ) -> list[Document]:
        access = Access(labels=self.labels, day=self.day or date.today().isoformat())
        search: Search = self.search
        limit = self.k if k is None else min(max(k, 1), 50)
        return as_documents(search.passages(query, access, limit))


def as_documents(passages: Sequence[Passage]) -> list[Document]:
    """LangChain's form of `passages`, in their order."""
    return [
        Document(
            id=passage.chunk.id,
            page_content=passage.chunk.searchable,
            metadata={
                "title": passage.chunk.title,
                "path": list(passage.chunk.path),
                "source": passage.chunk.source,
                "link": passage.chunk.link,
                "attachments": [
                    {"name": one.name, "uri": one.uri, "media_type": one.media_type}
                    for one in passage.chunk.attachments
                ],
                "version": passage.chunk.version,
                "score": passage.score,
                "legs": dict(passage.legs),
            },
        )
        for passage in passages
    ]
