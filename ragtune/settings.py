"""One TOML file per deployment holds every value; each is checked when it is loaded.

>>> load_settings(Path("config/local.toml")).chunking.max_chars
500
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ragtune.records import decode_toml, toml_values


def within(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError, quoting the value, unless low <= value <= high."""
    if not low <= value <= high:
        raise ValueError(f"{name}: {value!r} is not between {low} and {high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    url: str  # sqlite:///folder
    views: tuple[str, ...]
    words: tuple[str, ...] = ()  # product names for the morpheme analyser's user dictionary
    words_file: Path | None = None  # more of them, one a line: `ragtune words --dictionary` writes it

    def __post_init__(self) -> None:
        if not self.views:
            raise ValueError("views: empty; name at least one of kiwi, bigram")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """Who tells tables: a model of `models`, checked so that nothing is lost; "" for the rules."""

    verbalizer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySettings:
    """Whether personal numbers of pages are masked before they are stored; those of questions always are."""

    documents: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkingSettings:
    """The bounds of a chunk's text. `tokens_of` says who counts `max_tokens`: a preset (an upper bound), or
    a folder with a tokenizer.json (exactly)."""

    max_chars: int = 500
    max_tokens: int = 0  # 0: no bound
    tokens_of: str = ""

    def __post_init__(self) -> None:
        within("max_chars", self.max_chars, 100, 4000)
        if self.max_tokens or self.tokens_of:
            within("max_tokens", self.max_tokens, 32, 8_000)
        if self.max_tokens and not self.tokens_of:
            raise ValueError(f"max_tokens: {self.max_tokens}, but tokens_of names no preset or folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSettings:
    weights: dict[str, float]  # leg -> weight; legs that are not named have none
    hits: int = 50
    passages: int = 5
    question_word_weight: float = 0.25
    section_chars: int = 0  # a hit brings its section, up to so many characters; 0: the hit alone
    dictionary: Path | None = None  # the operator's words for the same: a TOML file, see `lexicon.files`

    def __post_init__(self) -> None:
        within("hits", self.hits, 1, 1000)
        within("passages", self.passages, 1, 50)
        within("section_chars", self.section_chars, 0, 20_000)
        within("question_word_weight", self.question_word_weight, 0, 1)
        for leg, weight in self.weights.items():
            within(f"weights.{leg}", weight, 0, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderSettings:
    """Who makes vectors of texts. "" for no one: then there is no dense leg."""

    url: str = (
        ""  # http://host:port of an OpenAI-compatible server, sagemaker://endpoint?region=…, file:///folder
    )
    model: str = ""  # as the server calls it; part of the index manifest
    dimension: int = 0  # numbers in a vector
    question_prefix: str = ""  # what the model wants in front: "query: "
    text_prefix: str = ""
    batch: int = 32  # texts a call
    timeout_s: float = 10.0
    key_in: str = ""  # the environment variable that holds the server's bearer token

    def __post_init__(self) -> None:
        if self.url:
            within("dimension", self.dimension, 1, 4_096)
            if not self.model:
                raise ValueError("model: '' names no model; the index has to say which one made its vectors")
        within("batch", self.batch, 1, 256)
        within("timeout_s", self.timeout_s, 0.1, 600)

    @property
    def name(self) -> str:
        """Model and what its vectors hang on: for the index manifest."""
        prefix = f", {self.text_prefix!r}" if self.text_prefix else ""
        return f"{self.model}/{self.dimension}{prefix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankerSettings:
    """Who looks at question and passage together. "" for no one."""

    url: str = (
        ""  # http://host:port/rerank (text-embeddings-inference), …/v1/rerank, sagemaker://endpoint?region=…
    )
    model: str = ""
    candidates: int = 20  # of the best chunks that it looks at
    batch: int = 32
    timeout_s: float = 10.0
    key_in: str = ""

    def __post_init__(self) -> None:
        within("candidates", self.candidates, 2, 200)
        within("batch", self.batch, 1, 256)
        within("timeout_s", self.timeout_s, 0.1, 600)

    @property
    def name(self) -> str:
        return self.model or "reranker"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweringSettings:
    min_support: float = 0.0
    generator: str = "extractive"

    def __post_init__(self) -> None:
        within("min_support", self.min_support, 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """A model that answers at `url`. With a `folder`, `ragtune serve` starts it here when it is not up."""

    url: str  # http://host:port, sagemaker://endpoint?region=…[&component=…]
    preset: str
    licence: str = ""  # who decided that it may be used, where its licence forbids commercial use
    folder: Path | None = None  # weights of the base model
    adapter: Path | None = None  # LoRA adapter on top of them


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    page_bytes: int = 20_000_000
    attachment_bytes: int = 50_000_000
    attachment_s: float = 30.0
    question_chars: int = 2_000
    model_timeout_s: float = 30.0

    def __post_init__(self) -> None:
        within("page_bytes", self.page_bytes, 1_000, 1_000_000_000)
        within("attachment_bytes", self.attachment_bytes, 0, 1_000_000_000)
        within("attachment_s", self.attachment_s, 0.1, 600)
        within("question_chars", self.question_chars, 10, 20_000)
        within("model_timeout_s", self.model_timeout_s, 0.1, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """`labels` are what whoever sits at this machine may see; the console asks nobody who they are."""

    host: str = "127.0.0.1"
    port: int = 8800
    labels: tuple[str, ...] = ("public",)

    def __post_init__(self) -> None:
        within("port", self.port, 1, 65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every value of a deployment."""

    state: Path
    index: IndexSettings
    retrieval: RetrievalSettings
    embedder: EmbedderSettings = field(default_factory=EmbedderSettings)
    reranker: RerankerSettings = field(default_factory=RerankerSettings)
    chunking: ChunkingSettings = field(default_factory=ChunkingSettings)
    tables: TableSettings = field(default_factory=TableSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    answering: AnsweringSettings = field(default_factory=AnsweringSettings)
    models: dict[str, ModelSettings] = field(default_factory=dict)
    limits: LimitSettings = field(default_factory=LimitSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    aws: dict[str, Any] = field(default_factory=dict)  # checked where it is used: see deployment

    def __post_init__(self) -> None:
        known = ("extractive", *self.models)
        if self.answering.generator not in known:
            named = repr(self.answering.generator)
            raise ValueError(f"answering.generator: {named} is none of {', '.join(known)}")
        if self.tables.verbalizer and self.tables.verbalizer not in self.models:
            named = repr(self.tables.verbalizer)
            raise ValueError(f"tables.verbalizer: {named} is none of {', '.join(self.models) or 'no model'}")


def load_settings(path: Path) -> Settings:
    """Settings of the deployment file at `path`. Raises SettingsError that quotes file, key and value."""
    return settings_of(toml_values(path, "file of config/"), str(path))


def settings_of(values: Mapping[str, Any], where: str) -> Settings:
    """Settings of a file's values; `where` they stand. Raises SettingsError."""
    return decode_toml(Settings, values, where)
