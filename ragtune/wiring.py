"""Which implementation stands behind each port: chosen here and nowhere else, from the settings' URLs.

Adapters and whatever reads pages are imported lazily, so that a process loads only what it uses: the function
that answers questions gets by with the standard library.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ragtune import __version__
from ragtune.answering import Answering, Model
from ragtune.answers import Answer, Request
from ragtune.api import Api, Audit, Identity, Terms
from ragtune.audit import AuditLog
from ragtune.chunking import CHUNKER_VERSION
from ragtune.errors import SettingsError
from ragtune.extractive import Extractive
from ragtune.lexicon import load, read_words
from ragtune.manifest import Manifest, made_with
from ragtune.ports import Analyzer, Embedder, Generations, Index, Reranker, Room, Source
from ragtune.presets import load_preset
from ragtune.retrieval import Aids, Retriever
from ragtune.settings import ModelSettings, Settings
from ragtune.weights import weights_digest

if TYPE_CHECKING:
    from ragtune.adapters.bulk_load import BulkLoad
    from ragtune.adapters.embedded import EmbeddedGenerations
    from ragtune.adapters.page_records import PageRecords
    from ragtune.adapters.pipeline_runs import PipelineRuns
    from ragtune.adapters.preflight import Preflight
    from ragtune.adapters.s3 import Bucket
    from ragtune.adapters.set_aside import SetAsideList
    from ragtune.adapters.source_folders import SourceFolders
    from ragtune.deployment import AwsSettings, Deployment
    from ragtune.ingestion import Preparation
    from ragtune.staging import Store

SQLITE = "sqlite:///"
OPENSEARCH = "opensearch+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """An open index and what finds in it."""

    index: Index
    analyzers: tuple[Analyzer, ...]
    retriever: Retriever


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPlace:
    """Where a function that answers stands. `within_s`: an API of AWS waits 29 s for it."""

    region: str
    documents: str  # s3://bucket
    audit: str  # s3://bucket
    audit_bodies: bool = False
    within_s: float = 25.0


@contextmanager
def open_search(settings: Settings, wanted: Manifest | None = None) -> Iterator[Search]:
    """The index of the settings with its retriever; closed when the block ends.

    Raises ManifestMismatch when the index was made by other settings: those of `wanted`, by default all that
    this machine would prepare pages with.
    """
    analyzers = tuple(analyzer(settings, view) for view in settings.index.views)
    index = _index(settings, analyzers, prepared_with(settings) if wanted is None else wanted)
    try:
        retriever = Retriever(index, analyzers, settings.retrieval, open_aids(settings))
        yield Search(index=index, analyzers=analyzers, retriever=retriever)
    finally:
        index.close()


def open_aids(settings: Settings) -> Aids:
    """Other words for the same, and the models that the settings name."""
    return Aids(
        lexicon=load(lexicon_file(settings), settings.retrieval.dictionary),
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
    file = settings.index.words_file
    return (*settings.index.words, *(read_words(file) if file else ()))


def _index(settings: Settings, analyzers: tuple[Analyzer, ...], wanted: Manifest) -> Index:
    if settings.index.url.startswith(OPENSEARCH):
        from ragtune.adapters.opensearch import OpenSearchIndex, cluster_at

        place = cluster_at(settings.index.url)
        return OpenSearchIndex(*place, analyzers, wanted, embedder=open_embedder(settings))
    from ragtune.adapters.embedded import Serving

    return Serving(_embedded(settings, analyzers, wanted))


def set_up_search(
    settings: Settings, callers: Mapping[str, Sequence[str]], wanted: Manifest | None = None
) -> Mapping[str, object]:
    """Make the settings' search cluster ready, as its administrator: roles, who has them, index and aliases.

    `callers`: reader, writer, operator -> ARNs of IAM roles. Says which `index` stands, whether it has `nori`
    and how it `differs` from the settings, or from `wanted`.
    """
    from ragtune.adapters.opensearch import cluster_at, set_up

    views = tuple(analyzer(settings, view) for view in settings.index.views)
    manifest = prepared_with(settings) if wanted is None else wanted
    done = set_up(*cluster_at(settings.index.url), views, manifest, callers=callers)
    return {"index": done.index, "nori": done.nori, "differs": done.differs}


def open_generations(settings: Settings) -> Generations:
    """The indexes under the settings' name, to build another one by these settings, and to switch to it."""
    analyzers = tuple(analyzer(settings, view) for view in settings.index.views)
    if settings.index.url.startswith(OPENSEARCH):
        from ragtune.adapters.opensearch import OpenSearchGenerations, cluster_at

        return OpenSearchGenerations(*cluster_at(settings.index.url), analyzers, prepared_with(settings))
    return _embedded(settings, analyzers, prepared_with(settings))


def _embedded(settings: Settings, analyzers: tuple[Analyzer, ...], wanted: Manifest) -> "EmbeddedGenerations":
    url = settings.index.url
    if not url.startswith(SQLITE):
        raise SettingsError(f"index.url: {url!r} does not start with {SQLITE} or {OPENSEARCH}")
    from ragtune.adapters.embedded import EmbeddedGenerations

    folder = Path(url.removeprefix(SQLITE))
    return EmbeddedGenerations(folder, analyzers, wanted, embedder=open_embedder(settings))


def prepared_with(settings: Settings) -> Manifest:
    """Parser and chunker as the settings have them."""
    from ragtune.attachments import READER_VERSION
    from ragtune.manuals import PARSER_VERSION
    from ragtune.verbalizing import VERBALIZER_VERSION

    _, tokens = chunk_tokens(settings)
    chunker = f"{CHUNKER_VERSION}/{settings.chunking.max_chars}" + (f", {tokens}" if tokens else "")
    parser = f"{PARSER_VERSION}, attachments {READER_VERSION}"
    if settings.tables.verbalizer:
        parser += f", tables told by {settings.tables.verbalizer} {VERBALIZER_VERSION}"
    if not settings.privacy.documents:
        parser += ", unmasked"
    return Manifest(parser=parser, chunker=chunker)


def chunk_tokens(settings: Settings) -> tuple[Room | None, str]:
    """The bound in tokens of a chunk and, for the manifest, what it is; (None, "") where there is none."""
    most, name = settings.chunking.max_tokens, settings.chunking.tokens_of
    if not most:
        return None, ""
    if "/" in name and not name.endswith(".toml"):
        from ragtune.adapters.tokenizer import Tokenizer

        tokenizer = Tokenizer(Path(name))
        return Room(limit=most, count=tokenizer.count), f"{most} tokens of {tokenizer.digest}"
    preset = load_preset(name, accept_non_commercial=True)  # its way of counting only
    bound = f"{most} tokens, {preset.tokens_per_char} a syllable"
    return Room(limit=most, count=preset.tokens), bound


def open_source(place: Path | str, settings: Settings, *, name: str = "") -> Source:
    """The pages of a folder, or of s3://bucket/folder; `name` is the first part of a folder's URIs."""
    if isinstance(place, str) and place.startswith("s3://"):
        return open_bucket(place, settings)
    from ragtune.adapters.folder import Folder

    return Folder(Path(place), name=name, max_bytes=settings.limits.page_bytes)


@contextmanager
def open_preparation(settings: Settings) -> Iterator["Preparation"]:
    """How pages become entries: with their attachments' text, tables told by whom the settings name."""
    from ragtune.attachments import AttachmentReader, Bounds
    from ragtune.ingestion import Preparation
    from ragtune.verbalizing import ModelVerbalizer

    limits, teller = settings.limits, settings.tables.verbalizer
    bounds = Bounds(file_bytes=limits.attachment_bytes, seconds=limits.attachment_s)
    model = open_model(teller, settings.models[teller], settings) if teller else None
    with AttachmentReader(bounds) as reader:
        yield Preparation(
            max_chars=settings.chunking.max_chars,
            tokens=chunk_tokens(settings)[0],
            attachments=reader,
            verbalizer=ModelVerbalizer(model.generator, model.preset) if model else None,
            masks=settings.privacy.documents,
        )


def set_aside_list(settings: Settings) -> "SetAsideList":
    """Which pages could not be read, and which of their files are not searched."""
    from ragtune.adapters.set_aside import SetAsideList

    return SetAsideList(settings.state / "set-aside.json")


def source_folders(settings: Settings) -> "SourceFolders":
    """Where the pages that were read lie on this machine."""
    from ragtune.adapters.source_folders import SourceFolders

    return SourceFolders(settings.state / "sources.json")


def source_of(settings: Settings) -> Callable[[str], Source | None]:
    """Which of the folders that were ingested holds a page, if one of them still does."""
    folders, opened = source_folders(settings), dict[tuple[Path, str], Source]()

    def find(uri: str) -> Source | None:
        place = folders.folder(uri)
        if place and place not in opened:
            opened[place] = open_source(place[0], settings, name=place[1])
        return opened[place] if place else None

    return find


def open_model(name: str, model: ModelSettings, settings: Settings) -> Model:
    """A served model's generator with the preset that its prompts are rendered for."""
    from ragtune.adapters.model_server import ModelServer
    from ragtune.adapters.sagemaker_endpoint import SageMakerEndpoint

    kind = SageMakerEndpoint if model.url.startswith("sagemaker://") else ModelServer
    timeout_s = settings.limits.model_timeout_s
    generator = kind(model.url, name=name, timeout_s=timeout_s, versions=weights_of(model))
    preset = load_preset(model.preset, accept_non_commercial=bool(model.licence))
    return Model(generator=generator, preset=preset)


def open_extractive(search: Search) -> Extractive:
    """The generator without a model. On the last view, bigrams, its support score was measured best."""
    return Extractive(search.index, search.analyzers[-1])


def open_answering(settings: Settings, search: Search) -> Answering:
    """Answers over `search` with every model of the settings."""
    return Answering(
        retriever=search.retriever,
        models={name: open_model(name, model, settings) for name, model in settings.models.items()},
        extractive=open_extractive(search),
        settings=settings,
        versions=index_versions(search.index) | search.retriever.versions(),
    )


@contextmanager
def open_api(settings: Settings) -> Iterator[Api]:
    """The routes over the settings' index and models; closed when the block ends."""
    from ragtune.privacy import mask

    with open_search(settings) as search:
        index = search.index
        yield Api(
            answering=open_answering(settings, search),
            index=index,
            files=source_folders(settings),
            terms=Terms(
                mask=mask,
                question_chars=settings.limits.question_chars,
                versions=index_versions(index) | search.retriever.versions() | {"ragtune": __version__},
            ),
        )


@contextmanager
def open_function_api(settings: Settings, place: FunctionPlace, measure: Audit) -> Iterator[Api]:
    """The routes for a function that answers questions in the cloud, with the standard library alone."""
    from ragtune.adapters.objects import Objects
    from ragtune.privacy import mask

    kept = Objects(place.audit, region=place.region)
    files = Objects(place.documents, region=place.region)
    log = AuditLog(store=kept, bodies=place.audit_bodies)

    def audit(identity: Identity, request: Request, answer: Answer) -> None:
        log(identity, request, answer)
        measure(identity, request, answer)

    # What prepared the pages plays no role here.
    with closing(kept), closing(files), open_search(settings, Manifest()) as search:
        yield Api(
            answering=open_answering(settings, search),
            index=search.index,
            files=files,
            terms=Terms(
                mask=mask,
                question_chars=settings.limits.question_chars,
                within_s=place.within_s,
                audit=audit,
                versions=index_versions(search.index)
                | search.retriever.versions()
                | {"ragtune": __version__},
            ),
        )


def open_bucket(url: str, settings: Settings) -> "Bucket":
    """The pages of s3://bucket/folder."""
    from ragtune.adapters.s3 import Bucket

    return Bucket(url, max_bytes=settings.limits.page_bytes)


def preflight(deployment: "Deployment") -> "Preflight":
    """What an account lacks for a deployment, and whether a deployed one works."""
    from ragtune.adapters.preflight import Preflight

    return Preflight(deployment)


def bulk_load(aws: "AwsSettings") -> "BulkLoad":
    """The bulk load of a deployment in the cloud, with the credentials at hand."""
    from ragtune.adapters.bulk_load import BulkLoad

    return BulkLoad(aws)


def page_records(url: str) -> "PageRecords":
    """What the ingestion in the cloud remembers in s3://bucket."""
    from ragtune.adapters.page_records import PageRecords

    return PageRecords(url)


def pipeline_runs(aws: "AwsSettings", kind: str) -> "PipelineRuns":
    """The executions of the deployment's data or model pipeline."""
    from ragtune.adapters.pipeline_runs import PipelineRuns

    return PipelineRuns(f"{aws.name}-{kind}", region=aws.region)


def open_staging(url: str) -> "Store":
    """Where base models, wheels and code are brought: s3://bucket/folder."""
    from ragtune.adapters.staging import StagingBucket

    return StagingBucket(url)


def index_versions(index: Index) -> dict[str, str]:
    """What the index was made with: parser, chunker, analysis."""
    return made_with(index.info())


def weights_of(model: ModelSettings) -> dict[str, str]:
    """Digests of the weights that the settings name, as the model's server gives them at `/ping`."""
    parts = {"base_model": model.folder, "adapter": model.adapter}
    return {part: weights_digest(folder) for part, folder in parts.items() if folder}
