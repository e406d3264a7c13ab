"""The routes as pure functions: one call in, one reply out. The console's server and a Lambda are its shells.

    POST /ask                      {"question":"…","generator":"tuned","retrieval":true,"stream":true}
      → JSON lines                 {"text":"기가라이트의 "} … {"answer":{"text":"…","state":"answered",…}}
    POST /feedback                 {"question":"…","answer":"…","verdict":"wrong"}: see ragtune.feedback
    GET  /documents/{id}           the page as the index holds it, if the caller may see it
    GET  /documents/{id}/files/{n} an attachment or image of that page
    GET  /documents/{id}/reading   the page read anew: what is understood, what is left out and why
    GET  /options                  generators to choose from
    GET  /health, /version          what answers: index, parser, analysis, prompt

Who calls comes from the shell, which verified it; nothing in a body widens what a caller may see.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable
from urllib.parse import quote

from ragtune.answering import Answering
from ragtune.answers import Answer, Part, Request
from ragtune.documents import Document
from ragtune.errors import BadInput, Busy, RagtuneError, UnreadablePage
from ragtune.feedback import Sent, take
from ragtune.ports import Index
from ragtune.records import decode
from ragtune.replies import JSON_LINES, Refused, Reply, answered, as_json, file_key, lines, page, refusal

if TYPE_CHECKING:  # `audit` knows who calls from here
    from ragtune.audit import Store

T = TypeVar("T")
MAX_BODY_BYTES = 64_000
_DOCUMENT = re.compile(r"/documents/(d_[0-9a-f]{16})")
_READING = re.compile(r"/documents/(d_[0-9a-f]{16})/reading")
_FILE = re.compile(r"/documents/(d_[0-9a-f]{16})/files/([0-9a-f]{16})")
_TOLD = ("/health", "/version", "/options")
_UNSEEN = "문서를 찾을 수 없습니다. 바뀌었거나 볼 수 있는 권한이 없습니다."
_SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})  # no svg: it holds scripts


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who calls, as the shell verified it, and the labels of what they may see."""

    name: str
    labels: frozenset[str]
    user: str = ""  # whom an app asks for, by its own word: for the audit alone


Audit = Callable[[Identity, Request, Answer], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`path` without query; header names in lower case."""

    method: str
    path: str
    identity: Identity
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How questions are taken. `mask` takes personal numbers out of one before it is used.

    `audit` keeps a record of each answer before it is given; what it raises is told in place of the answer.
    `feedback` is where feedback is kept; None: nowhere.
    """

    mask: Callable[[str], str]
    question_chars: int
    within_s: float = 0.0  # that a question has in all; 0: no limit
    audit: Audit | None = None
    feedback: "Store | None" = None
    versions: Mapping[str, str] = field(default_factory=dict)  # what /version tells
    today: Callable[[], str] = lambda: date.today().isoformat()


class Api:
    """The routes over one deployment."""

    def __init__(self, *, answering: Answering, index: Index, files: Files, terms: Terms) -> None:
        self._answering = answering
        self._index = index
        self._files = files
        self._terms = terms

    def handle(self, call: Call) -> Reply:
        """The reply to any call; errors are replies too."""
        try:
            return self._route(call)
        except Refused as error:
            return refusal(error.status, error.message, error.detail)
        except BadInput as error:
            return refusal(400, "요청을 이해할 수 없습니다. 입력을 확인해 주세요.", str(error))
        except RagtuneError as error:
            return refusal(503, "지금은 답할 수 없습니다. 잠시 뒤에 다시 시도해 주세요.", str(error))

    def _route(self, call: Call) -> Reply:
        if call.path == "/ask":
            return self._ask(_only("POST", call))
        if call.path == "/feedback":
            return self._feedback(_only("POST", call))
        _only("GET", call)
        if call.path in _TOLD:
            return as_json(self._told(call.path))
        if found := _FILE.fullmatch(call.path):
            return self._file(self._visible(found[1], call.identity), found[2])
        if found := _READING.fullmatch(call.path):
            return self._reading(self._visible(found[1], call.identity), call.identity)
        if found := _DOCUMENT.fullmatch(call.path):
            return as_json(page(self._visible(found[1], call.identity)))
        raise Refused(404, "없는 주소입니다.", call.path[:200])

    def _told(self, path: str) -> Mapping[str, Any]:
        if path == "/options":
            answering = self._answering
            names = {"generators": list(answering.generators), "default": answering.default_generator}
            return names | {"question_chars": self._terms.question_chars}
        return self._terms.versions if path == "/version" else {"status": "ok"}

    def _ask(self, call: Call) -> Reply:
        body = _body(Question, call)
        question = self._terms.mask(body.question.strip())
        if not question:
            raise Refused(400, "질문이 비어 있습니다. 궁금한 내용을 적어 주세요.")
        if len(question) > self._terms.question_chars:
            limit = f"{self._terms.question_chars:,}"
            raise Refused(400, f"질문이 너무 깁니다. {limit}자 이내로 줄여 주세요.")
        if body.generator and body.generator not in self._answering.generators:
            raise Refused(400, "고를 수 없는 답변 방식입니다.", body.generator[:100])
        request = Request(
            question=question,
            generator=body.generator,
            retrieval=body.retrieval,
            labels=call.identity.labels,
            day=self._terms.today(),
            within_s=self._terms.within_s,
        )
        parts = self._parts(request, call.identity)
        masked = question != body.question.strip()
        if not body.stream:
            *_, last = (part.answer for part in parts if part.answer)
            return as_json(answered(last, masked=masked))
        first = next(parts)  # what is wrong with the request shows here, while a status can still say so
        headers = {"content-type": JSON_LINES, "cache-control": "no-store"}
        return Reply(status=200, body=lines(first, parts, masked), headers=headers)

    def _parts(self, request: Request, identity: Identity) -> Iterator[Part]:
        for part in self._answering.ask(request):
            if part.answer and self._terms.audit:
                self._terms.audit(identity, request, part.answer)
            yield part

    def _feedback(self, call: Call) -> Reply:
        store = self._terms.feedback
        if store is None:
            raise Refused(404, "이 배포에서는 의견을 받지 않습니다.")
        identity = call.identity
        taken = take(
            _body(Sent, call),
            identity,
            self._terms,
            sees=lambda cited: self._seen(cited, identity) is not None,
        )
        try:
            store.put(taken.key, taken.data)
        except Busy as error:
            message = "지금은 의견을 남길 수 없습니다. 잠시 뒤에 다시 시도해 주세요."
            raise Refused(503, message, str(error)) from None
        return as_json({"kept": taken.id, "masked": taken.masked})

    def _seen(self, document_id: str, identity: Identity) -> Document | None:
        """Unknown, deleted, not yet valid and not for this caller are one and the same: None."""
        document, day = self._index.document(document_id), self._terms.today()
        if document is None or not identity.labels.intersection(document.labels) or not _valid(document, day):
            return None
        return document

    def _visible(self, document_id: str, identity: Identity) -> Document:
        document = self._seen(document_id, identity)
        if document is None:
            raise Refused(404, _UNSEEN)
        return document

    def _reading(self, document: Document, identity: Identity) -> Reply:
        """The page as its source is now: whoever may not see that any more finds nothing."""
        if not isinstance(self._files, Originals):
            raise Refused(404, "이 배포에서는 원본 문서를 다시 읽지 않습니다.")
        try:
            now, shown = self._files.explain(document)
        except (BadInput, UnreadablePage) as error:
            raise Refused(404, "원본 문서를 열 수 없습니다.", str(error)) from None
        if not identity.labels.intersection(now.labels) or not _valid(now, self._terms.today()):
            raise Refused(404, _UNSEEN)
        routed = page(now)
        return as_json(shown | {kind: routed[kind] for kind in ("attachments", "images")})

    def _file(self, document: Document, key: str) -> Reply:
        resources = {file_key(each.uri): each for each in (*document.attachments, *document.images)}
        if key not in resources:
            raise Refused(404, "첨부 파일을 찾을 수 없습니다.")
        resource = resources[key]
        try:
            content = self._files.read(resource.uri)
        except BadInput as error:
            raise Refused(404, "첨부 파일을 열 수 없습니다.", str(error)) from None
        inline = resource.media_type in _SHOWN_INLINE
        name = quote(resource.uri.rsplit("/", 1)[-1].partition("?")[0], safe="%")
        headers = {
            "content-type": resource.media_type if inline else "application/octet-stream",
            "content-disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{name}",
            "cache-control": "no-store",
        }
        return Reply(status=200, body=(content,), headers=headers)


def _body(kind: type[T], call: Call) -> T:
    if len(call.body) > MAX_BODY_BYTES:
        what = "질문이" if kind is Question else "의견이"
        raise Refused(413, f"{what} 너무 깁니다. 줄여서 다시 보내 주세요.")
    if not call.headers.get("content-type", "").startswith("application/json"):
        # A page of another origin can send a form without being asked, but not JSON.
        raise Refused(415, "JSON 형식으로 보내 주세요.", "content-type is not application/json")
    try:
        return decode(kind, json.loads(call.body))
    except (ValueError, RecursionError, BadInput) as error:
        raise Refused(400, "요청 형식이 올바르지 않습니다.", str(error)) from None


def _only(method: str, call: Call) -> Call:
    if call.method != method:
        raise Refused(405, "지원하지 않는 요청입니다.", f"{call.method} {call.path[:200]}")
    return call


def _valid(document: Document, day: str) -> bool:
    return document.valid_from <= day and (not document.valid_until or day <= document.valid_until)
