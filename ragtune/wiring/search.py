"""The index of the settings, its views and models, and who finds in it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ragtune.errors import SettingsError
from ragtune.manifest import Manifest, made_with
from ragtune.ports import Analyzer, Embedder, Generations, Index, Reranker
from ragtune.settings import Settings
from ragtune.wiring.pages import prepared_with

if TYPE_CHECKING:
    from ragtune.adapters.embedded import EmbeddedGenerations
    from ragtune.lexicon import Lexicon
    from ragtune.retrieval import Aids, Retriever

SQLITE = "sqlite:///"
OPENSEARCH = "opensearch+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """An open index and what finds in it."""

    index: Index
    analyzers: tuple[Analyzer, ...]
    retriever: "Retriever"


@contextmanager
def open_search(
    settings: Settings, wanted: Manifest | None = None, *, lexicon: "Lexicon | None" = None
) -> Iterator[Search]:
    """The index of the settings with its retriever; closed when the block ends. Without a `lexicon`, with
    the one that lies beside it.

    Raises ManifestMismatch when the index was made by other settings: those of `wanted`, by default all that
    this machine would prepare pages with.
    """
    from ragtune.retrieval import Retriever

    analyzers = tuple(analyzer(settings, view) for view in settings.index.views)
    index = _index(settings, analyzers, prepared_with(settings) if wanted is None else wanted)
    try:
        retriever = Retriever(index, analyzers, settings.retrieval, open_aids(settings, lexicon))
        yield Search(index=index, analyzers=analyzers, retriever=retriever)
    finally:
        index.close()


def open_aids(settings: Settings, lexicon: "Lexicon | None" = None) -> "Aids":
    """Other words for the same, and the models that the settings name."""
    from ragtune.lexicon import load
    from ragtune.retrieval import Aids

    return Aids(
        lexicon=lexicon or load(lexicon_file(settings), settings.retrieval.dictionary),
        embedder=open_embedder(settings),
        reranker=open_reranker(settings),
        candidates=settings.reranker.candidates,
    )


def lexicon_file(settings: Settings) -> Path:
    """Where what documents say about words is kept; `lexicon.refresh` brings it up to the index."""
    return settings.state / "lexicon.jsonl"


def open_embedder(settings: Settings) -> Embedder | None:
    """Who makes vectors, if the settings name anyone."""
    if not settings.embedder.url:
        return None
    from ragtune.adapters.embedders import LocalEmbedder, ServedEmbedder

    local = settings.embedder.url.startswith("file://")
    return LocalEmbedder(settings.embedder) if local else ServedEmbedder(settings.embedder)


def open_reranker(settings: Settings) -> Reranker | None:
    """Who looks at question and passage together, if the settings name anyone."""
    if not settings.reranker.url:
        return None
    from ragtune.adapters.rerankers import ServedReranker

    return ServedReranker(settings.reranker)


def analyzer(settings: Settings, view: str) -> Analyzer:
    """The lexical view of that name."""
    weight = settings.retrieval.question_word_weight
    if view == "bigram":
        from ragtune.analysis import Bigrams

        return Bigrams(weight)
    if view == "kiwi":
        from ragtune.adapters.kiwi import Kiwi

        return Kiwi(dictionary_of(settings), weight)
    if view in ("nori", "cjk") and settings.index.url.startswith(OPENSEARCH):
        from ragtune.adapters.opensearch import Cjk, Nori

        return Nori(dictionary_of(settings), weight) if view == "nori" else Cjk(weight)
    offered = "kiwi, bigram, and on OpenSearch nori, cjk"
    raise SettingsError(f"index.views: {view!r} is none of {offered}")


def dictionary_of(settings: Settings) -> tuple[str, ...]:
    """The words that a morpheme analyser leaves whole: those of the settings and of their file."""
    from ragtune.lexicon import read_words

    file = settings.index.words_file
    return (*settings.index.words, *(read_words(file) if file else ()))


def index_versions(index: Index) -> dict[str, str]:
    """What the index was made with: parser, chunker, analysis."""
    return made_with(index.info())


def open_generations(settings: Settings) -> Generations:
    """The indexes under the settings' name, to build another one by these settings, and to switch to it."""
    analyzers = tuple(analyzer(settings, view) for view in settings.index.views)
    if settings.index.url.startswith(OPENSEARCH):
        from ragtune.adapters.opensearch import OpenSearchGenerations, cluster_at

        place, wanted = cluster_at(settings.index.url), prepared_with(settings)
        return OpenSearchGenerations(*place, analyzers, wanted, embedder=open_embedder(settings))
    return _embedded(settings, analyzers, prepared_with(settings))


def set_up_search(
    settings: Settings,
    callers: Mapping[str, Sequence[str]],
    wanted: Manifest | None = None,
    *,
    snapshots: Mapping[str, str] | None = None,
) -> Mapping[str, object]:
    """Make the settings' search cluster ready, as its administrator: roles, who has them, index and aliases.

    `callers`: reader, writer, operator -> ARNs of IAM roles; `snapshots`: bucket, region and role_arn. Says
    which `index` stands, whether it has `nori`, how it `differs` from the settings, or from `wanted`, and why
    there can be `no_snapshots`.
    """
    from ragtune.adapters.opensearch import cluster_at, register, s3, set_up

    views = tuple(analyzer(settings, view) for view in settings.index.views)
    manifest = prepared_with(settings) if wanted is None else wanted
    cluster, name = cluster_at(settings.index.url)
    with closing(cluster):
        done = set_up(cluster, name, views, manifest, callers=callers, embedder=open_embedder(settings))
        unkept = register(cluster, name, s3(**snapshots)) if snapshots else ""
    return {"index": done.index, "nori": done.nori, "differs": done.differs, "no_snapshots": unkept}


def _index(settings: Settings, analyzers: tuple[Analyzer, ...], wanted: Manifest) -> Index:
    if settings.index.url.startswith(OPENSEARCH):
        from ragtune.adapters.opensearch import OpenSearchIndex, cluster_at

        place = cluster_at(settings.index.url)
        return OpenSearchIndex(*place, analyzers, wanted, embedder=open_embedder(settings))
    from ragtune.adapters.embedded import Serving

    return Serving(_embedded(settings, analyzers, wanted))


def _embedded(settings: Settings, analyzers: tuple[Analyzer, ...], wanted: Manifest) -> "EmbeddedGenerations":
    url = settings.index.url
    if not url.startswith(SQLITE):
        raise SettingsError(f"index.url: {url!r} does not start with {SQLITE} or {OPENSEARCH}")
    from ragtune.adapters.embedded import EmbeddedGenerations

    folder = Path(url.removeprefix(SQLITE))
    return EmbeddedGenerations(folder, analyzers, wanted, embedder=open_embedder(settings))
