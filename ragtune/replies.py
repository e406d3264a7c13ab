"""What the routes of `api` reply: answers and pages as JSON with links to places and files.

{"text": "…", "state": "answered", "citations": [{"href": "/documents/d_0123456789abcdef", …}], …}
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from typing import Any

from ragtune.answers import Answer, Part
from ragtune.documents import Citation, Document, Resource
from ragtune.errors import RagtuneError
from ragtune.records import encode

JSON = "application/json; charset=utf-8"
JSON_LINES = "application/x-ndjson; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`body` may be sent part by part; whoever sends it closes it."""

    status: int
    body: Iterable[bytes]
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON})


class Refused(Exception):
    """A reply in place of what was asked for: status, and one sentence in Korean for the person who asks."""

    def __init__(self, status: int, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.detail = status, message, detail


def file_key(uri: str) -> str:
    """The last part of a file's route: 16 hex digits from its URI."""
    return sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def lines(first: Part, rest: Iterator[Part], masked: bool) -> Iterator[bytes]:
    """A line a part. What fails once the first line is out is a line of its own."""
    try:
        for part in chain([first], rest):
            yield _line({"answer": answered(part.answer, masked=masked)} if part.answer else _piece(part))
    except RagtuneError as error:
        yield _line(_error("답하는 도중에 문제가 생겼습니다. 다시 시도해 주세요.", str(error)))


def _piece(part: Part) -> dict[str, Any]:
    return {"text": part.text, "replaces": True} if part.replaces else {"text": part.text}


def answered(answer: Answer, *, masked: bool) -> dict[str, Any]:
    """The answer with routes to its places and files; `masked`: the question held personal numbers."""
    shown: dict[str, Any] = encode(answer)
    shown["citations"] = [_cited(citation) for citation in answer.citations]
    files = {each["href"]: each for cited in shown["citations"] for each in cited["attachments"]}
    return shown | {"attachments": list(files.values()), "masked": masked}


def _cited(citation: Citation) -> dict[str, Any]:
    route = f"/documents/{citation.document_id}"
    files = [_attached(citation.document_id, each) for each in citation.attachments]
    return {**encode(citation), "href": route, "attachments": files}


def page(document: Document) -> dict[str, Any]:
    """A document as the index holds it, with routes to its files."""
    shown: dict[str, Any] = {"id": document.id, **encode(document)}
    for kind in ("attachments", "images"):
        shown[kind] = [_attached(document.id, each) for each in getattr(document, kind)]
    return shown


def _attached(document_id: str, resource: Resource) -> dict[str, Any]:
    return {**encode(resource), "href": f"/documents/{document_id}/files/{file_key(resource.uri)}"}


def as_json(value: Any, status: int = 200) -> Reply:
    """`value` as a whole."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Reply(status=status, body=(body,), headers={"content-type": JSON, "cache-control": "no-store"})


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _error(message: str, detail: str) -> dict[str, Any]:
    return {"error": {"message": message, "detail": detail}}


def refusal(status: int, message: str, detail: str = "") -> Reply:
    """One sentence in Korean for whoever asked, and what an engineer needs."""
    return as_json(_error(message, detail), status)
