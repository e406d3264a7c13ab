"""What brings pages in: sources, how they are prepared, and what is remembered beside the index."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ragtune.manifest import Manifest
from ragtune.ports import Room, Source
from ragtune.settings import Settings

if TYPE_CHECKING:
    from ragtune.adapters.page_records import PageRecords
    from ragtune.adapters.published_words import PublishedWords
    from ragtune.adapters.s3 import Bucket
    from ragtune.adapters.set_aside import SetAsideList
    from ragtune.adapters.source_folders import SourceFolders
    from ragtune.ingestion import Preparation


def prepared_with(settings: Settings) -> Manifest:
    """Parser and chunker as the settings have them."""
    from ragtune.attachments import READER_VERSION
    from ragtune.chunking import CHUNKER_VERSION
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
    from ragtune.presets import load_preset

    preset = load_preset(name, accept_non_commercial=True)  # its way of counting only
    bound = f"{most} tokens, {preset.tokens_per_char} a syllable"
    return Room(limit=most, count=preset.tokens), bound


def open_source(place: Path | str, settings: Settings, *, name: str = "") -> Source:
    """The pages of a folder, or of s3://bucket/folder; `name` is the first part of a folder's URIs."""
    if isinstance(place, str) and place.startswith("s3://"):
        return open_bucket(place, settings)
    from ragtune.adapters.folder import Folder

    return Folder(Path(place), name=name, max_bytes=settings.limits.page_bytes)


def open_bucket(url: str, settings: Settings) -> "Bucket":
    """The pages of s3://bucket/folder."""
    from ragtune.adapters.s3 import Bucket

    return Bucket(url, max_bytes=settings.limits.page_bytes)


@contextmanager
def open_preparation(settings: Settings) -> Iterator["Preparation"]:
    """How pages become entries: with their attachments' text, tables told by whom the settings name."""
    from ragtune.attachments import AttachmentReader, Bounds
    from ragtune.ingestion import Preparation
    from ragtune.verbalizing import ModelVerbalizer
    from ragtune.wiring.answers import open_model

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


def page_records(url: str) -> "PageRecords":
    """What the ingestion in the cloud remembers in s3://bucket."""
    from ragtune.adapters.page_records import PageRecords

    return PageRecords(url)


def published_words(url: str) -> "PublishedWords":
    """What documents say about words, in s3://bucket, for functions that answer."""
    from ragtune.adapters.published_words import PublishedWords

    return PublishedWords(url)
