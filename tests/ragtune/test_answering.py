"""From a question to a cited answer over a real index, with model servers that work, die and hang."""

import time
from collections.abc import Generator
from pathlib import Path

import pytest

from ragtune.answering import MODEL_AWAY, NOT_KOREAN, NOTHING_FITS, NOTHING_SAID, UNSUPPORTED
from ragtune.answers import Answer, Request
from ragtune.chunking import chunks
from ragtune.errors import BadInput
from ragtune.ports import Entry
from ragtune.presets import FOLDER
from ragtune.prompts import NOT_FOUND
from tests.ragtune.deployment import (
    PATIENCE_S,
    TIMEOUT_S,
    Deployment,
    Script,
    deployment,
    document,
    scripted_server,
    token_lines,
)

FEE = "빛길라이트의 월 요금은 22,000원입니다."
QUESTION = "빛길라이트의 월 요금은 얼마인가요?"


def ask(folder: Path, script: Script, timeout_s: float = PATIENCE_S, **request: object) -> Answer:
    with (
        scripted_server(script) as url,
        deployment(folder, model_url=url, timeout_s=timeout_s) as running,
    ):
        return running.answering.answer(Request(question=QUESTION, generator="tuned", **request))  # type: ignore[arg-type]


def extractive(folder: Path, question: str, *labels: str, min_support: float = 0.0) -> Answer:
    with deployment(folder, min_support=min_support) as running:
        seen = frozenset(labels or ("public",))
        return running.answering.answer(Request(question=question, labels=seen, day="2026-11-22"))


def test_the_extractive_answer_quotes_and_cites(tmp_path: Path) -> None:
    answer = extractive(tmp_path, QUESTION)
    assert answer.state == "answered"
    assert FEE in answer.text
    assert answer.citations[0].title == "빛길라이트 안내"
    assert answer.citations[0].quote == FEE
    assert answer.versions["generator"] == "extractive"
    assert answer.versions[f"document {answer.citations[0].document_id}"] == "1700000000000"
    assert {"retrieval", "support", "generation", "citations"} <= set(answer.seconds)


def test_the_tuned_answer_is_streamed_checked_and_versioned(tmp_path: Path) -> None:
    script = Script(parts=[token_lines(f"{FEE} [1][9]### 명령어:")])
    with scripted_server(script) as url, deployment(tmp_path, model_url=url) as running:
        parts = list(running.answering.ask(Request(question=QUESTION, generator="tuned")))
    answer = parts[-1].answer
    assert answer is not None
    assert "".join(part.text for part in parts) == f"{FEE} [1][9]"
    assert answer.text == f"{FEE} [1]"
    assert [citation.passage for citation in answer.citations] == [1]
    assert [file.name for file in answer.attachments] == [
        file.name for file in answer.citations[0].attachments
    ]
    assert answer.versions["adapter"] == "a1"
    assert answer.versions["preset"].startswith("kullm ")
    assert answer.trace.prompt == script.asked[0]["inputs"]
    assert answer.trace.korean_share == 1.0
    assert answer.trace.unsupported == ()


@pytest.mark.parametrize(
    "script",
    [
        Script(parts=token_lines(FEE).splitlines(keepends=True)[:3]),
        Script(parts=token_lines(FEE).splitlines(keepends=True), pause_s=TIMEOUT_S * 5, at_once=2),
        Script(parts=[b"garbage\n"]),
        Script(status=424, parts=[b'{"error": "out of memory"}']),
    ],
    ids=["dies", "hangs", "garbage", "refuses"],
)
def test_when_the_model_fails_the_documents_are_quoted_and_it_says_so(tmp_path: Path, script: Script) -> None:
    start = time.monotonic()
    answer = ask(tmp_path, script, TIMEOUT_S)
    assert time.monotonic() - start < 20
    assert answer.state == "fallback"
    assert answer.text.startswith(MODEL_AWAY)
    assert FEE in answer.text
    assert answer.citations[0].quote == FEE
    assert answer.versions["generator"] == "extractive"
    assert any("model server 'tuned'" in note for note in answer.trace.notes)


def test_the_fallback_replaces_what_was_streamed(tmp_path: Path) -> None:
    script = Script(parts=token_lines("거짓 요금은 1원", size=2).splitlines(keepends=True)[:3])
    with scripted_server(script) as url, deployment(tmp_path, model_url=url) as running:
        parts = list(running.answering.ask(Request(question=QUESTION, generator="tuned")))
    assert [part.text for part in parts[:3]] == ["거짓", " 요", "금은"]
    assert parts[3].replaces
    assert parts[4].answer is not None
    assert "거짓" not in parts[4].answer.text


def test_a_reader_who_leaves_ends_the_models_work(tmp_path: Path) -> None:
    lines = token_lines("가" * 4000, size=1).splitlines(keepends=True)
    script = Script(parts=lines, pause_s=0.001)
    with scripted_server(script) as url, deployment(tmp_path, model_url=url) as running:
        parts = running.answering.ask(Request(question=QUESTION, generator="tuned"))
        next(parts)
        assert isinstance(parts, Generator)
        parts.close()
        assert script.left.wait(5)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", NOTHING_SAID),
        ("  \n", NOTHING_SAID),
        ("The monthly fee is 22,000 won, thank you.", NOT_KOREAN),
        ("빛길라이트의 월 요금은 99,000원입니다. [1]", UNSUPPORTED),
    ],
)
def test_an_answer_that_is_none_gives_way_to_a_quotation(tmp_path: Path, said: str, reason: str) -> None:
    answer = ask(tmp_path, Script(parts=[token_lines(said)]))
    assert answer.state == "fallback"
    assert answer.text.startswith(reason)


def test_an_evaluation_gets_the_models_own_words_all_the_same(tmp_path: Path) -> None:
    said = "빛길라이트의 월 요금은 99,000원입니다."
    answer = ask(tmp_path, Script(parts=[token_lines(said)]), own_words=True)
    assert (answer.state, answer.text, answer.citations) == ("answered", said, ())


def test_a_sentence_that_no_passage_holds_is_named_beside_those_that_one_does(tmp_path: Path) -> None:
    false = "위약금은 99,000원입니다."
    answer = ask(tmp_path, Script(parts=[token_lines(f"{FEE} {false} [1]")]))
    assert answer.text == f"{FEE} {false}"
    assert [citation.quote for citation in answer.citations] == [FEE]
    assert answer.trace.unsupported == (false,)


def test_the_model_may_say_that_the_documents_do_not_hold_it(tmp_path: Path) -> None:
    answer = ask(tmp_path, Script(parts=[token_lines(f"{NOT_FOUND}.")]))
    assert (answer.state, answer.citations) == ("abstained", ())


def test_without_retrieval_nothing_is_cited_and_the_trace_says_so(tmp_path: Path) -> None:
    script = Script(parts=[token_lines(f"{FEE} [1]")])
    answer = ask(tmp_path, script, retrieval=False)
    assert (answer.state, answer.citations, answer.text) == ("answered", (), FEE)
    assert not answer.trace.retrieval
    assert "retrieval is off" in answer.trace.notes[0]
    assert "### 입력" not in script.asked[0]["inputs"]
    assert "retrieval" not in answer.seconds


def test_without_retrieval_a_dead_model_still_leads_to_the_documents(tmp_path: Path) -> None:
    answer = ask(tmp_path, Script(status=500), retrieval=False)
    assert answer.state == "fallback"
    assert answer.citations[0].quote == FEE


def test_below_the_support_threshold_the_model_is_not_called(tmp_path: Path) -> None:
    script = Script(parts=[token_lines(FEE)])
    with scripted_server(script) as url, deployment(tmp_path, model_url=url, min_support=0.9) as running:
        answer = running.answering.answer(Request(question="화성 탐사선의 발사 일정은?", generator="tuned"))
    assert (answer.state, answer.text, answer.citations) == ("abstained", f"{NOT_FOUND}.", ())
    assert script.asked == []
    assert "0.9 is needed" in answer.trace.notes[0]


def test_access_labels_and_validity_hold(tmp_path: Path) -> None:
    hidden = extractive(tmp_path, "해지 방어 보상 한도는 얼마인가요?")
    assert "77,000" not in hidden.text + hidden.trace.prompt
    shown = extractive(tmp_path, "해지 방어 보상 한도는 얼마인가요?", "manager")
    assert "77,000" in shown.text
    assert "5,500" not in extractive(tmp_path, "여름 행사 할인액은 얼마인가요?").text


def test_passages_too_long_for_the_model_are_quoted_instead(tmp_path: Path) -> None:
    preset = tmp_path / "tight.toml"
    text = (FOLDER / "kullm.toml").read_text(encoding="utf-8")
    preset.write_text(text.replace("= 2048", "= 266").replace("max_new_tokens = 256", "max_new_tokens = 120"))
    script = Script(parts=[token_lines(FEE)])
    with scripted_server(script) as url, deployment(tmp_path, model_url=url, preset=str(preset)) as running:
        answer = running.answering.answer(Request(question=QUESTION, generator="tuned"))
    assert answer.text.startswith(NOTHING_FITS)
    assert script.asked == []


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"question": ""}, "question: empty"),
        ({"question": " \n"}, "question: empty"),
        ({"question": "가" * 100_000}, "question: 100000 characters; at most 2000"),
        ({"question": "요금?", "generator": "gpt"}, "generator: 'gpt' is none of extractive, tuned"),
        ({"question": "요금?", "retrieval": False}, "can only quote what is retrieved"),
        ({"question": "요금?", "day": "내일"}, "day: '내일' is not a date"),
    ],
)
def test_a_wrong_request_is_refused_at_once(tmp_path: Path, request_: dict[str, object], reason: str) -> None:
    with deployment(tmp_path) as running, pytest.raises(BadInput) as caught:
        running.answering.ask(Request(**request_))  # type: ignore[arg-type]
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "question", ["?", "ㅋㅋㅋ", "\u200b", "' OR 1=1 --", "AND OR NOT", '"', "(*)", "가 " * 900]
)
def test_odd_questions_are_answered(tmp_path: Path, question: str) -> None:
    answer = extractive(tmp_path, question)
    assert answer.state in ("answered", "abstained")
    assert answer.text


def test_generators_can_be_listed(tmp_path: Path) -> None:
    with deployment(tmp_path) as running:
        assert isinstance(running, Deployment)
        assert running.answering.generators == ("extractive", "tuned")
        assert running.answering.default_generator == "extractive"


@pytest.mark.parametrize("section_chars", [0, 2_000])
def test_a_hit_brings_its_section_where_the_settings_say_so(tmp_path: Path, section_chars: int) -> None:
    terms = " ".join(f"제{n}조는 빛길라이트의 {n}번 약속을 말합니다." for n in range(1, 40))
    page = document("file:///manuals/terms.html", "이용 약관", {"약속": terms})
    script = Script(parts=[token_lines("제20조는 빛길라이트의 20번 약속을 말합니다. [1]")])
    with (
        scripted_server(script) as url,
        deployment(tmp_path, model_url=url, section_chars=section_chars) as running,
    ):
        list(running.index.put([Entry(document=page, chunks=chunks(page, max_chars=100))]))
        answer = running.answering.answer(Request(question="제20조의 약속은 무엇인가요?", generator="tuned"))
    assert answer.state == "answered"
    assert "제20조는" in answer.citations[0].quote
    assert answer.trace.passages[0].dropped is False
    assert len(answer.trace.prompt) < 2_048
    assert (answer.trace.prompt.count("조는") > 25) is bool(section_chars)


def test_a_model_gets_what_is_left_of_the_questions_time(tmp_path: Path) -> None:
    slow = Script(parts=token_lines(FEE, size=1).splitlines(keepends=True), pause_s=0.4)
    answer = ask(tmp_path, slow, within_s=2.0)
    assert answer.state == "fallback"
    assert "within" in " ".join(answer.trace.notes)
    assert FEE in answer.text
    assert sum(answer.seconds.values()) < 6


def test_without_any_time_left_the_model_is_not_asked(tmp_path: Path) -> None:
    script = Script(parts=[token_lines(FEE)])
    answer = ask(tmp_path, script, within_s=0.5)
    assert answer.state == "fallback"
    assert script.asked == []
