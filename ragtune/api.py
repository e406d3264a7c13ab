"""The routes as pure functions: one call in, one reply out. The console's server and a Lambda are its shells.

    POST /ask                      {"question":"…","generator":"tuned","retrieval":true,"stream":true}
      → JSON lines                 {"text":"기가라이트의 "} … {"answer":{"text":"…","state":"answered",…}}
    GET  /documents/{id}           the page as the index holds it, if the caller may see it
    GET  /documents/{id}/files/{n} an attachment or image of that page
    GET  /documents/{id}/reading   the page read anew: what is understood, what is left out and why
    GET  /options                  generators to choose from
    GET  /health

Who calls comes from the shell, which verified it; nothing in a body widens what a caller may see.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import chain
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote

from ragtune.answering import Answering
from ragtune.answers import Answer, Part, Request
from ragtune.documents import Citation, Document, Resource
from ragtune.errors import BadInput, RagtuneError, UnreadablePage
from ragtune.ports import Index
from ragtune.records import decode, encode

JSON = "application/json; charset=utf-8"
JSON_LINES = "application/x-ndjson; charset=utf-8"
MAX_BODY_BYTES = 64_000
_DOCUMENT = re.compile(r"/documents/(d_[0-9a-f]{16})")
_READING = re.compile(r"/documents/(d_[0-9a-f]{16})/reading")
_FILE = re.compile(r"/documents/(d_[0-9a-f]{16})/files/([0-9a-f]{16})")
_UNSEEN = "문서를 찾을 수 없습니다. 바뀌었거나 볼 수 있는 권한이 없습니다."
_SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})  # no svg: it holds scripts


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who calls, as the shell verified it, and the labels of what they may see."""

    name: str
    labels: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`path` without query; header names in lower case."""

    method: str
    path: str
    identity: Identity
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`body` may be sent part by part; whoever sends it closes it."""

    status: int
    body: Iterable[bytes]
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON})


class Files(Protocol):
    """What may be handed out of the files that pages refer to."""

    def read(self, uri: str) -> bytes:
        """Its bytes. Raises BadInput when it is not there, too large, or not among the ingested files."""


@runtime_checkable
class Originals(Files, Protocol):
    """Files whose pages can be read anew: at a reader's own machine; a Lambda parses no HTML."""

    def explain(self, document: Document) -> tuple[Document, dict[str, Any]]:
        """The Document that the source gives now, and all about it as plain JSON. Raises as `read` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The body of POST /ask."""

    question: str
    generator: str = ""
    retrieval: bool = True
    stream: bool = True


class _Refused(Exception):
    """A reply in place of an answer: status, and one sentence in Korean for the person who asks."""

    def __init__(self, status: int, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.detail = status, message, detail


class Api:
    """The routes over one deployment. `mask` takes personal numbers out of a question before it is used."""

    def __init__(
        self,
        *,
        answering: Answering,
        index: Index,
        files: Files,
        mask: Callable[[str], str],
        question_chars: int,
        today: Callable[[], str] = lambda: date.today().isoformat(),
    ) -> None:
        self._answering = answering
        self._index = index
        self._files = files
        self._mask = mask
        self._question_chars = question_chars
        self._today = today

    def handle(self, call: Call) -> Reply:
        """The reply to any call; errors are replies too."""
        try:
            return self._route(call)
        except _Refused as error:
            return _refusal(error.status, error.message, error.detail)
        except BadInput as error:
            return _refusal(400, "요청을 이해할 수 없습니다. 입력을 확인해 주세요.", str(error))
        except RagtuneError as error:
            return _refusal(503, "지금은 답할 수 없습니다. 잠시 뒤에 다시 시도해 주세요.", str(error))

    def _route(self, call: Call) -> Reply:
        if call.path == "/ask":
            return self._ask(_only("POST", call))
        _only("GET", call)
        if call.path == "/health":
            return _json({"status": "ok"})
        if call.path == "/options":
            generators = list(self._answering.generators)
            options = {"generators": generators, "default": self._answering.default_generator}
            return _json(options | {"question_chars": self._question_chars})
        if found := _FILE.fullmatch(call.path):
            return self._file(self._visible(found[1], call.identity), found[2])
        if found := _READING.fullmatch(call.path):
            return self._reading(self._visible(found[1], call.identity), call.identity)
        if found := _DOCUMENT.fullmatch(call.path):
            return _json(_page(self._visible(found[1], call.identity)))
        raise _Refused(404, "없는 주소입니다.", call.path[:200])

    def _ask(self, call: Call) -> Reply:
        body = _question(call)
        question = self._mask(body.question.strip())
        if not question:
            raise _Refused(400, "질문이 비어 있습니다. 궁금한 내용을 적어 주세요.")
        if len(question) > self._question_chars:
            limit = f"{self._question_chars:,}"
            raise _Refused(400, f"질문이 너무 깁니다. {limit}자 이내로 줄여 주세요.")
        if body.generator and body.generator not in self._answering.generators:
            raise _Refused(400, "고를 수 없는 답변 방식입니다.", body.generator[:100])
        request = Request(
            question=question,
            generator=body.generator,
            retrieval=body.retrieval,
            labels=call.identity.labels,
            day=self._today(),
        )
        masked = question != body.question.strip()
        if not body.stream:
            return _json(_answer(self._answering.answer(request), masked=masked))
        parts = self._answering.ask(request)
        first = next(parts)  # what is wrong with the request shows here, while a status can still say so
        lines = _lines(first, parts, masked)
        return Reply(
            status=200, body=lines, headers={"content-type": JSON_LINES, "cache-control": "no-store"}
        )

    def _visible(self, document_id: str, identity: Identity) -> Document:
        """Unknown, deleted, not yet valid and not for this caller are one and the same: not there."""
        document, day = self._index.document(document_id), self._today()
        if document is None or not identity.labels.intersection(document.labels) or not _valid(document, day):
            raise _Refused(404, _UNSEEN)
        return document

    def _reading(self, document: Document, identity: Identity) -> Reply:
        """The page as its source is now: whoever may not see that any more finds nothing."""
        if not isinstance(self._files, Originals):
            raise _Refused(404, "이 배포에서는 원본 문서를 다시 읽지 않습니다.")
        try:
            page, shown = self._files.explain(document)
        except (BadInput, UnreadablePage) as error:
            raise _Refused(404, "원본 문서를 열 수 없습니다.", str(error)) from None
        if not identity.labels.intersection(page.labels) or not _valid(page, self._today()):
            raise _Refused(404, _UNSEEN)
        return _json(shown)

    def _file(self, document: Document, key: str) -> Reply:
        resources = {file_key(each.uri): each for each in (*document.attachments, *document.images)}
        if key not in resources:
            raise _Refused(404, "첨부 파일을 찾을 수 없습니다.")
        resource = resources[key]
        try:
            content = self._files.read(resource.uri)
        except BadInput as error:
            raise _Refused(404, "첨부 파일을 열 수 없습니다.", str(error)) from None
        inline = resource.media_type in _SHOWN_INLINE
        name = quote(resource.uri.rsplit("/", 1)[-1].partition("?")[0], safe="%")
        headers = {
            "content-type": resource.media_type if inline else "application/octet-stream",
            "content-disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{name}",
            "cache-control": "no-store",
        }
        return Reply(status=200, body=(content,), headers=headers)


def file_key(uri: str) -> str:
    """The last part of a file's route: 16 hex digits from its URI."""
    return sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _question(call: Call) -> Question:
    if len(call.body) > MAX_BODY_BYTES:
        raise _Refused(413, "질문이 너무 깁니다. 줄여서 다시 보내 주세요.")
    if not call.headers.get("content-type", "").startswith("application/json"):
        # A page of another origin can send a form without being asked, but not JSON.
        raise _Refused(415, "JSON 형식으로 보내 주세요.", "content-type is not application/json")
    try:
        return decode(Question, json.loads(call.body))
    except (ValueError, RecursionError, BadInput) as error:
        raise _Refused(400, "요청 형식이 올바르지 않습니다.", str(error)) from None


def _only(method: str, call: Call) -> Call:
    if call.method != method:
        raise _Refused(405, "지원하지 않는 요청입니다.", f"{call.method} {call.path[:200]}")
    return call


def _valid(document: Document, day: str) -> bool:
    return document.valid_from <= day and (not document.valid_until or day <= document.valid_until)


def _lines(first: Part, rest: Iterator[Part], masked: bool) -> Iterator[bytes]:
    """A line a part. What fails once the first line is out is a line of its own."""
    try:
        for part in chain([first], rest):
            yield _line({"answer": _answer(part.answer, masked=masked)} if part.answer else _piece(part))
    except RagtuneError as error:
        yield _line(_error("답하는 도중에 문제가 생겼습니다. 다시 시도해 주세요.", str(error)))


def _piece(part: Part) -> dict[str, Any]:
    return {"text": part.text, "replaces": True} if part.replaces else {"text": part.text}


def _answer(answer: Answer, *, masked: bool) -> dict[str, Any]:
    """The answer with routes to its places and files; `masked`: the question held personal numbers."""
    shown: dict[str, Any] = encode(answer)
    shown["citations"] = [_cited(citation) for citation in answer.citations]
    files = {each["href"]: each for cited in shown["citations"] for each in cited["attachments"]}
    return shown | {"attachments": list(files.values()), "masked": masked}


def _cited(citation: Citation) -> dict[str, Any]:
    route = f"/documents/{citation.document_id}"
    files = [_attached(citation.document_id, each) for each in citation.attachments]
    return {**encode(citation), "href": route, "attachments": files}


def _page(document: Document) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": document.id, **encode(document)}
    for kind in ("attachments", "images"):
        shown[kind] = [_attached(document.id, each) for each in getattr(document, kind)]
    return shown


def _attached(document_id: str, resource: Resource) -> dict[str, Any]:
    return {**encode(resource), "href": f"/documents/{document_id}/files/{file_key(resource.uri)}"}


def _json(value: Any, status: int = 200) -> Reply:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Reply(status=status, body=(body,), headers={"content-type": JSON, "cache-control": "no-store"})


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _error(message: str, detail: str) -> dict[str, Any]:
    return {"error": {"message": message, "detail": detail}}


def _refusal(status: int, message: str, detail: str = "") -> Reply:
    return _json(_error(message, detail), status)
