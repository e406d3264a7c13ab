"""Models, answers over an index, and the routes over them: for this machine and for a function."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragtune import __version__
from ragtune.errors import BadInput
from ragtune.manifest import Manifest
from ragtune.settings import ModelSettings, Settings
from ragtune.wiring.pages import source_folders
from ragtune.wiring.search import Search, index_versions, open_search

if TYPE_CHECKING:
    from ragtune.answering import Answering, Model
    from ragtune.answers import Answer, Request
    from ragtune.api import Api, Audit, Identity
    from ragtune.extractive import Extractive
    from ragtune.lexicon import Lexicon


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPlace:
    """Where a function that answers stands. `within_s`: an API of AWS waits 29 s for it."""

    region: str
    documents: str  # s3://bucket
    audit: str  # s3://bucket
    state: str  # s3://bucket with what documents say about words; feedback is kept there
    audit_bodies: bool = False
    within_s: float = 25.0


def open_model(name: str, model: ModelSettings, settings: Settings) -> "Model":
    """A served model's generator with the preset that its prompts are rendered for."""
    from ragtune.adapters.model_server import ModelServer
    from ragtune.adapters.sagemaker_endpoint import SageMakerEndpoint
    from ragtune.answering import Model
    from ragtune.presets import load_preset

    kind = SageMakerEndpoint if model.url.startswith("sagemaker://") else ModelServer
    timeout_s = settings.limits.model_timeout_s
    generator = kind(model.url, name=name, timeout_s=timeout_s, versions=weights_of(model))
    preset = load_preset(model.preset, accept_non_commercial=bool(model.licence))
    return Model(generator=generator, preset=preset)


def open_extractive(search: Search) -> "Extractive":
    """The generator without a model. On the last view, bigrams, its support score was measured best."""
    from ragtune.extractive import Extractive

    return Extractive(search.index, search.analyzers[-1])


def open_answering(settings: Settings, search: Search) -> "Answering":
    """Answers over `search` with every model of the settings."""
    from ragtune.answering import Answering

    return Answering(
        retriever=search.retriever,
        models={name: open_model(name, model, settings) for name, model in settings.models.items()},
        extractive=open_extractive(search),
        settings=settings,
        versions=index_versions(search.index) | search.retriever.versions(),
    )


@contextmanager
def open_api(settings: Settings) -> Iterator["Api"]:
    """The routes over the settings' index and models; closed when the block ends.

    Feedback is kept in the state's folder `feedback`.
    """
    from ragtune.adapters.kept_files import KeptFiles
    from ragtune.api import Api, Terms
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
                feedback=KeptFiles(settings.state),
                versions=index_versions(index) | search.retriever.versions() | {"ragtune": __version__},
            ),
        )


@contextmanager
def open_function_api(settings: Settings, place: FunctionPlace, measure: "Audit") -> Iterator["Api"]:
    """The routes for a function that answers questions in the cloud, with the standard library alone."""
    from ragtune.adapters.objects import Objects
    from ragtune.api import Api, Terms
    from ragtune.audit import AuditLog
    from ragtune.privacy import mask

    lexicon = _published(place)
    kept = Objects(place.audit, region=place.region)
    files = Objects(place.documents, region=place.region)
    state = Objects(place.state, region=place.region)
    log = AuditLog(store=kept, bodies=place.audit_bodies)

    def audit(identity: "Identity", request: "Request", answer: "Answer") -> None:
        log(identity, request, answer)
        measure(identity, request, answer)

    # What prepared the pages plays no role here.
    with (
        closing(kept), closing(files), closing(state),
        open_search(settings, Manifest(), lexicon=lexicon) as search,
    ):  # fmt: skip
        yield Api(
            answering=open_answering(settings, search),
            index=search.index,
            files=files,
            terms=Terms(
                mask=mask,
                question_chars=settings.limits.question_chars,
                within_s=place.within_s,
                audit=audit,
                feedback=state,
                versions=index_versions(search.index)
                | search.retriever.versions()
                | {"ragtune": __version__},
            ),
        )


def _published(place: FunctionPlace) -> "Lexicon":
    """What documents say about words; nothing where nobody has written that yet."""
    from ragtune.adapters.objects import Objects
    from ragtune.lexicon import LEXICON, NOTHING, unpacked

    with closing(Objects(place.state, region=place.region)) as state:
        try:
            return unpacked(state.read(f"{place.state}/{LEXICON}"))
        except BadInput as error:
            sys.stderr.write(f"{error}\n")
            return NOTHING


def weights_of(model: ModelSettings) -> dict[str, str]:
    """Digests of the weights that the settings name, as the model's server gives them at `/ping`."""
    from ragtune.weights import weights_digest

    parts = {"base_model": model.folder, "adapter": model.adapter}
    return {part: weights_digest(folder) for part, folder in parts.items() if folder}
