"""Pages for the suites of ports.Index: small, Korean, each with as many chunks as asked for."""

from collections.abc import Sequence

from ragtune.documents import PUBLIC, Chunk, Document
from ragtune.ports import Access, Analyzer, Entry, Leg, Term

EVERYONE = Access(labels=frozenset({PUBLIC}), day="2026-11-20")


def entry(
    name: str,
    texts: Sequence[str] = ("해지하면 위약금이 있습니다.",),
    *,
    version: int = 1,
    labels: tuple[str, ...] = (PUBLIC,),
    valid: tuple[str, str] = ("", ""),
) -> Entry:
    """A page titled `name` with one chunk a text."""
    source = f"file:///manuals/{name}.html"
    page = Document(
        source=source,
        version=version,
        title=name,
        digest=f"{version} {texts}",
        labels=labels,
        valid_from=valid[0],
        valid_until=valid[1],
    )
    made = tuple(
        Chunk(
            document_id=page.id,
            version=version,
            ordinal=ordinal,
            title=name,
            path=("안내",),
            text=text,
            source=source,
            section=(0, len(texts)),
            labels=labels,
            valid_from=valid[0],
            valid_until=valid[1],
        )
        for ordinal, text in enumerate(texts)
    )
    return Entry(document=page, chunks=made)


def leg(question: str, analyzer: Analyzer, field: str = "") -> Leg:
    """A leg of the analyzer's view, all terms at full weight unless it says otherwise."""
    return Leg(field=field or analyzer.name, terms=tuple(analyzer.terms(question)))


def word(text: str, weight: float = 1.0) -> Term:
    """One term."""
    return Term(text=text, weight=weight)
