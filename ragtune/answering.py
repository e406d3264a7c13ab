"""A question to a cited answer: retrieve, render, generate, check; quote the documents when a model fails.

answering = Answering(retriever=…, models={"tuned": Model(generator=…, preset=…)}, extractive=…, …)
for part in answering.ask(Request(question="기가라이트 요금은?", labels=frozenset({"public"}))):
    print(part.text, end="")        # the last part carries `answer`
"""

import time
from collections.abc import Generator as Pieces
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from ragtune.answers import Answer, Found, Part, Request, State, Trace
from ragtune.citations import Checked, abstains, check
from ragtune.documents import Citation, Passage
from ragtune.errors import BadInput, ModelUnavailable
from ragtune.language import is_korean, korean_share
from ragtune.ports import Access, Generator, Prompt, Room
from ragtune.presets import Preset
from ragtune.prompts import NOT_FOUND, PROMPT_VERSION, quoting, render, room
from ragtune.settings import Settings
from ragtune.stopping import until

EXTRACTIVE = "extractive"
MODEL_AWAY = "모델 서버가 응답하지 않아, 문서에서 찾은 문장을 그대로 보여 드립니다."
NOT_KOREAN = "모델이 한국어로 답하지 않아, 문서에서 찾은 문장을 그대로 보여 드립니다."
NOTHING_SAID = "모델이 답을 만들지 못해, 문서에서 찾은 문장을 그대로 보여 드립니다."
UNSUPPORTED = "모델의 답을 뒷받침하는 문장이 문서에 없어, 문서에서 찾은 문장을 그대로 보여 드립니다."
NOTHING_FITS = "찾은 문단이 모델이 읽을 수 있는 길이를 넘어, 문서의 문장을 그대로 보여 드립니다."
_QUOTING_S = 1.0  # kept of a request's time, to quote the documents where a model takes too long
_BOUNDLESS = Room(limit=10**9, count=len)  # quoting has no prompt to fill


class Retrieval(Protocol):
    """What finds passages; `ragtune.retrieval.Retriever` is one."""

    def passages(self, question: str, access: Access, limit: int) -> list[Passage]:
        """Up to `limit`, best first, only what `access` may see."""

    def widened(self, passages: Sequence[Passage], access: Access, room: Room) -> list[Passage]:
        """`passages` with what stands around them, where the settings say so, within `room`."""


class Quoting(Generator, Protocol):
    """The generator without a model, which also knows how well passages bear a question."""

    def support(self, question: str, passages: Sequence[Passage]) -> float:
        """0 (not at all) to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A generator with the preset its prompts are rendered for."""

    generator: Generator
    preset: Preset


@dataclass(slots=True, kw_only=True)
class _Course:
    """What is known so far about one question."""

    request: Request
    passages: list[Passage] = field(default_factory=list)
    support: float = 0.0
    prompt: Prompt | None = None
    generator: Generator
    objection: str = ""
    checked: Checked | None = None
    fell_back: bool = False
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - start, 6)


class Answering:
    """Answers over one index. `versions` are those of the index and its analysis."""

    def __init__(
        self,
        *,
        retriever: Retrieval,
        models: Mapping[str, Model],
        extractive: Quoting,
        settings: Settings,
        versions: Mapping[str, str],
    ) -> None:
        self._retriever = retriever
        self._models = dict(models)
        self._extractive = extractive
        self._settings = settings
        self._versions = dict(versions)

    @property
    def generators(self) -> tuple[str, ...]:
        """Names a request may choose from."""
        return (EXTRACTIVE, *self._models)

    @property
    def default_generator(self) -> str:
        return self._settings.answering.generator

    def ask(self, request: Request) -> Iterator[Part]:
        """The answer in parts. Raises BadInput at once when the request is wrong."""
        question = request.question.strip()
        limit = self._settings.limits.question_chars
        if not question:
            raise BadInput("question: empty; ask in words")
        if len(question) > limit:
            raise BadInput(f"question: {len(question)} characters; at most {limit} are allowed")
        name = request.generator or self.default_generator
        if name not in self.generators:
            raise BadInput(f"generator: {name!r} is none of {', '.join(self.generators)}")
        if name == EXTRACTIVE and not request.retrieval:
            raise BadInput("retrieval: off, but the extractive generator can only quote what is retrieved")
        generator = self._models[name].generator if name in self._models else self._extractive
        return self._parts(_Course(request=request, generator=generator), question, name)

    def answer(self, request: Request) -> Answer:
        """The whole answer at once."""
        answers = [part.answer for part in self.ask(request) if part.answer]
        return answers[-1]

    def _parts(self, course: _Course, question: str, name: str) -> Iterator[Part]:
        if course.request.retrieval:
            self._retrieve(course, question)
            if self._unsupported(course):
                yield from self._abstention(course)
                return
        else:
            course.notes.append("retrieval is off: the model answers from its weights, nothing is cited")
        text = yield from self._generation(course, question, name)
        reason = self._objection(course, text)
        if reason:
            text = yield from self._fallback(course, question, reason)
        yield Part(answer=self._finished(course, text))

    def _generation(self, course: _Course, question: str, name: str) -> Pieces[Part, None, str]:
        """The generator's own words. Returns them; what stops them is kept in the course."""
        text = ""
        with course.stage("prompt"):
            course.prompt = self._prompt(course, question, name)
        if course.request.retrieval and not course.prompt.passages:
            course.objection = NOTHING_FITS
            return text
        try:
            with course.stage("generation"):
                pieces = course.generator.generate(replace(course.prompt, within_s=_left_s(course)))
                for piece in until(pieces, course.prompt.stop):
                    text += piece
                    yield Part(text=piece)
                    _left_s(course)
        except ModelUnavailable as error:
            course.notes.append(str(error))
            course.objection = MODEL_AWAY
        return text

    def _objection(self, course: _Course, text: str) -> str:
        """Why the text can't be given as the answer, in a sentence for the reader; "" if it can."""
        if course.objection or course.request.own_words:
            return course.objection
        if not text.strip():
            return NOTHING_SAID
        if not is_korean(text, known=_known(course)):
            return NOT_KOREAN
        return UNSUPPORTED if self._ungrounded(course, text) else ""

    def _ungrounded(self, course: _Course, text: str) -> bool:
        """Whether no passage that the model was shown bears a word of what it claims."""
        shown = course.prompt.passages if course.prompt else ()
        if not course.request.retrieval or abstains(text):
            return False
        with course.stage("citations"):
            checked = check(text, shown)
        course.checked = checked
        if not checked.citations:
            course.notes += [f"unsupported: {sentence}" for sentence in checked.unsupported]
        return not checked.citations

    def _retrieve(self, course: _Course, question: str) -> None:
        access = Access(labels=course.request.labels, day=course.request.day)
        with course.stage("retrieval"):
            limit = self._settings.retrieval.passages
            course.passages = self._retriever.passages(question, access, limit)
        with course.stage("support"):
            course.support = self._extractive.support(question, course.passages)

    def _unsupported(self, course: _Course) -> bool:
        least = self._settings.answering.min_support
        if course.passages and course.support >= least:
            return False
        course.notes.append(
            f"support {course.support:.3f} of {len(course.passages)} passages; {least} is needed"
        )
        return True

    def _abstention(self, course: _Course) -> Iterator[Part]:
        text = f"{NOT_FOUND}."
        yield Part(text=text)
        yield Part(answer=self._finished(course, text))

    def _prompt(self, course: _Course, question: str, name: str) -> Prompt:
        access = Access(labels=course.request.labels, day=course.request.day)
        model = self._models.get(name)
        free = _BOUNDLESS if model is None else room(question, model.preset)
        course.passages = self._retriever.widened(course.passages, access, free)
        if model is None:
            return quoting(question, course.passages)
        return render(question, course.passages, model.preset)

    def _fallback(self, course: _Course, question: str, reason: str) -> Pieces[Part, None, str]:
        """Quote the documents instead, and say so. Returns the text."""
        if not course.request.retrieval:
            self._retrieve(course, question)
        course.fell_back = True
        course.generator = self._extractive
        course.prompt = quoting(question, course.passages)
        with course.stage("fallback"):
            found = not self._unsupported(course)
            quoted = "".join(self._extractive.generate(course.prompt)).strip() if found else f"{NOT_FOUND}."
        text = f"{reason}\n{quoted}"
        yield Part(text=text, replaces=True)
        return text

    def _finished(self, course: _Course, text: str) -> Answer:
        """The answer with what the passages of its prompt bear."""
        shown = course.prompt.passages if course.prompt else ()
        notice, _, body = text.partition("\n") if course.fell_back else ("", "", text)
        with course.stage("citations"):
            checked = course.checked if course.checked and not course.fell_back else check(body, shown)
        state: State = "fallback" if course.fell_back else "answered"
        if state == "answered" and not checked.citations and abstains(checked.text):
            state = "abstained"
        attachments = {file.uri: file for citation in checked.citations for file in citation.attachments}
        return Answer(
            text=f"{notice}\n{checked.text}" if notice else checked.text,
            state=state,
            citations=checked.citations,
            attachments=tuple(attachments.values()),
            versions=self._used(course, checked.citations),
            seconds=dict(course.seconds),
            trace=_trace(course, checked.text, checked.unsupported if shown else ()),
        )

    def _used(self, course: _Course, citations: Sequence[Citation]) -> dict[str, str]:
        documents = {f"document {c.document_id}": str(c.version) for c in citations}
        own = {"generator": course.generator.name, "prompt": PROMPT_VERSION}
        for model in self._models.values():
            if model.generator is course.generator:
                own |= {"preset": f"{model.preset.name} {model.preset.digest}"}
        return {**self._versions, **own, **course.generator.versions(), **documents}


def _left_s(course: _Course) -> float:
    """Seconds that a generator has, 0 for no limit. Raises ModelUnavailable when none are left."""
    if not course.request.within_s:
        return 0.0
    left = course.request.within_s - _QUOTING_S - (time.monotonic() - course.started)
    if left <= 0:
        raise ModelUnavailable(f"no answer within the {course.request.within_s:g} s that a question has")
    return left


def _known(course: _Course) -> str:
    """Where the names stand that an answer may use as they are."""
    return " ".join((course.request.question, *(passage.chunk.searchable for passage in course.passages)))


def _trace(course: _Course, text: str, unsupported: tuple[str, ...]) -> Trace:
    fitted = len(course.prompt.passages) if course.prompt else len(course.passages)
    return Trace(
        retrieval=course.request.retrieval,
        prompt=course.prompt.text if course.prompt else "",
        passages=tuple(
            Found(
                number=number,
                chunk_id=passage.chunk.id,
                version=passage.chunk.version,
                score=passage.score,
                legs=dict(passage.legs),
                dropped=number > fitted,
            )
            for number, passage in enumerate(course.passages, 1)
        ),
        support=course.support,
        korean_share=korean_share(text, known=_known(course)),
        unsupported=unsupported,
        notes=tuple(course.notes),
    )
