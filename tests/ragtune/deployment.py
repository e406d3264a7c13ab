"""A small real deployment for tests: a handful of documents in an embedded index, and a model server that
plays a script over real HTTP."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.model_server import ModelServer
from ragtune.analysis import Bigrams
from ragtune.answering import Answering, Model
from ragtune.chunking import chunks
from ragtune.documents import Chunk, Document, Passage, Resource, Section, Text
from ragtune.extractive import Extractive
from ragtune.manifest import Manifest
from ragtune.ports import Entry
from ragtune.presets import load_preset
from ragtune.retrieval import Retriever
from ragtune.settings import (
    AnsweringSettings,
    IndexSettings,
    LimitSettings,
    ModelSettings,
    RetrievalSettings,
    Settings,
)

PREFIX = "file:///manuals/"
TIMEOUT_S = 0.8  # where a test waits for it to pass
PATIENCE_S = 30.0  # where it must not, however busy the machine is


def passage(
    text: str, *, title: str = "빛길라이트", path: tuple[str, ...] = ("요금",), place: int = 0
) -> Passage:
    """A retrieved chunk with that text."""
    chunk = Chunk(
        document_id=f"d_{place:016x}",
        version=1,
        ordinal=place,
        title=title,
        path=path,
        text=text,
        source=f"file:///manuals/{place}.html",
    )
    return Passage(chunk=chunk, score=1.0 - place / 100)


def document(source: str, title: str, sections: dict[str, str], **more: Any) -> Document:
    """A page with one paragraph under each heading."""
    made = tuple(Section(path=(head,), blocks=(Text(text=text),)) for head, text in sections.items())
    return Document(source=source, version=1_700_000_000_000, title=title, sections=made, **more)


def manuals(folder: Path) -> list[Document]:
    """A public page with a file, a page for managers, and one that is not yet valid."""
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    (files / "요금표.pdf").write_bytes(b"%PDF-1.4 fictional")
    attached = Resource(
        name="요금표", uri=f"{PREFIX}files/요금표.pdf", media_type="application/pdf", section=0
    )
    outside = Resource(name="비밀", uri="file:///etc/passwd", media_type="text/plain", section=0)
    light = {
        "요금": "빛길라이트의 월 요금은 22,000원입니다.",
        "설치": "빛길라이트의 설치비는 20,000원입니다.",
    }
    return [
        document(f"{PREFIX}light.html", "빛길라이트 안내", light, attachments=(attached, outside)),
        document(
            f"{PREFIX}basic.html",
            "빛길베이직 안내",
            {"요금": "빛길베이직의 월 요금은 9,900원입니다."},
        ),
        document(
            f"{PREFIX}secret.html",
            "해지 방어 지침",
            {"보상": "해지 방어 보상 한도는 77,000원입니다."},
            labels=("manager",),
        ),
        document(
            f"{PREFIX}future.html",
            "여름 행사",
            {"기간": "여름 행사 할인액은 5,500원입니다."},
            valid_from="2999-01-01",
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    answering: Answering
    index: EmbeddedIndex
    documents: list[Document]
    settings: Settings


@contextmanager
def deployment(
    folder: Path,
    *,
    model_url: str = "http://127.0.0.1:9",
    preset: str = "kullm",
    min_support: float = 0.0,
    timeout_s: float = PATIENCE_S,
    section_chars: int = 0,
) -> Iterator[Deployment]:
    """Everything real; the model is whatever answers at `model_url` (port 9: nobody)."""
    settings = Settings(
        state=folder / "state",
        index=IndexSettings(url="sqlite:///unused", views=("bigram",)),
        retrieval=RetrievalSettings(weights={"bigram": 0.8, "bigram_head": 0.2}, section_chars=section_chars),
        answering=AnsweringSettings(min_support=min_support),
        models={"tuned": ModelSettings(url=model_url, preset=preset)},
        limits=LimitSettings(model_timeout_s=timeout_s),
    )
    view = Bigrams()
    index = EmbeddedIndex(folder / "index", [view], Manifest(parser="test", chunker="500"))
    pages = manuals(folder / "manuals")
    list(index.put(Entry(document=page, chunks=chunks(page, max_chars=500)) for page in pages))
    server = ModelServer(
        model_url, name="tuned", timeout_s=timeout_s, versions={"base_model": "b1", "adapter": "a1"}
    )
    answering = Answering(
        retriever=Retriever(index, [view], settings.retrieval),
        models={"tuned": Model(generator=server, preset=load_preset(preset))},
        extractive=Extractive(index, view),
        settings=settings,
        versions={"analysis": "bigram 1"},
    )
    try:
        yield Deployment(answering=answering, index=index, documents=pages, settings=settings)
    finally:
        index.close()


def token_lines(text: str, *, size: int = 3) -> bytes:
    """`text` as the container streams it: a JSON line a token, the last with the whole text."""
    pieces = [text[start : start + size] for start in range(0, len(text), size)] or [""]
    lines: list[dict[str, Any]] = [{"token": {"id": 1, "text": piece, "log_prob": -0.1}} for piece in pieces]
    lines[-1]["generated_text"] = text
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


@dataclass(kw_only=True)
class Script:
    """What the server does with every call: the parts it sends, and the silence before each (s) but the
    first `at_once`."""

    parts: Sequence[bytes] = ()
    pause_s: float = 0.0
    at_once: int = 0
    ping: bytes = b""
    left: threading.Event = field(default_factory=threading.Event)  # set when a client leaves too early
    status: int = 200
    length: int | None = None  # a Content-Length that need not be true
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)  # of each call, names in lower case


@contextmanager
def scripted_server(script: Script) -> Iterator[str]:
    """The URL of a real HTTP server on the loopback address that follows `script`."""
    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script, ended))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(script: Script, ended: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(script.ping)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            script.asked.append({"path": self.path, **json.loads(body)})
            script.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(script.status)
            if script.length is not None:
                self.send_header("Content-Length", str(script.length))
            self.end_headers()
            try:
                _play(script, ended, self.wfile)
            except OSError:
                script.left.set()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Silent."""

    return Handler


def _play(script: Script, ended: threading.Event, sent: BufferedIOBase) -> None:
    for place, part in enumerate(script.parts):
        if ended.wait(script.pause_s if place >= script.at_once else 0):
            return
        sent.write(part)
        sent.flush()
