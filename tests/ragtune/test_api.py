"""The routes: what they answer, what they refuse, and that nobody sees more than they may."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ragtune.adapters.source_folders import SourceFolders
from ragtune.answers import Answer, Request
from ragtune.api import Api, Audit, Call, Identity, Terms
from ragtune.errors import Busy
from ragtune.privacy import mask
from ragtune.replies import Reply, file_key
from tests.ragtune.deployment import PREFIX, Deployment, deployment

COUNSELLOR = Identity(name="kim", labels=frozenset({"public"}))
MANAGER = Identity(name="lee", labels=frozenset({"public", "manager"}))
TERMS = Terms(mask=mask, question_chars=2000, today=lambda: "2026-11-22", versions={"parser": "2"})
WORDS = ("해지", "방어", "보상", "한도", "한도는", "77,000원", "manager", "public", "[1]")
FEE = "빛길라이트의 월 요금은 22,000원입니다."


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Deployment]:
    with deployment(tmp_path) as made:
        yield made


@pytest.fixture
def api(running: Deployment, tmp_path: Path) -> Api:
    folders = SourceFolders(tmp_path / "sources.json")
    folders.remember(PREFIX, tmp_path / "manuals")
    return Api(
        answering=running.answering,
        index=running.index,
        files=folders,
        terms=TERMS,
    )


def post(
    api: Api, body: object, *, identity: Identity = COUNSELLOR, media_type: str = "application/json"
) -> Reply:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": media_type}
    return api.handle(Call(method="POST", path="/ask", identity=COUNSELLOR, headers=headers, body=sent))


def get(api: Api, path: str, identity: Identity = COUNSELLOR) -> Reply:
    return api.handle(Call(method="GET", path=path, identity=identity))


def read(reply: Reply) -> Any:
    return json.loads(b"".join(reply.body))


def lines(reply: Reply) -> list[Any]:
    return [json.loads(line) for line in b"".join(reply.body).splitlines()]


def test_ask_streams_lines_that_end_with_the_answer(api: Api) -> None:
    reply = post(api, {"question": "빛길라이트의 월 요금은?"})
    assert (reply.status, reply.headers["content-type"]) == (200, "application/x-ndjson; charset=utf-8")
    *pieces, last = lines(reply)
    assert FEE in "".join(piece["text"] for piece in pieces)
    assert last["answer"]["state"] == "answered"
    assert not last["answer"]["masked"]


def test_ask_may_answer_at_once(api: Api) -> None:
    answer = read(post(api, {"question": "빛길라이트의 월 요금은?", "stream": False}))
    assert answer["citations"][0]["quote"] == FEE
    assert answer["citations"][0]["href"].startswith("/documents/d_")


def test_a_dead_model_is_told_in_the_stream(api: Api) -> None:
    first, last = lines(post(api, {"question": "빛길라이트의 월 요금은?", "generator": "tuned"}))
    assert first["replaces"]
    assert last["answer"]["state"] == "fallback"


def test_personal_numbers_are_gone_before_anything_is_done(api: Api) -> None:
    reply = post(api, {"question": "010-1234-5678 고객, 빛길라이트의 월 요금은?", "stream": False})
    sent = b"".join(reply.body).decode()
    assert "1234-5678" not in sent
    assert json.loads(sent)["masked"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"question": ""}, 400, "질문이 비어 있습니다"),
        ({"question": " \u200b\n"}, 200, ""),
        ({"question": "가" * 2_001}, 400, "2,000자 이내"),
        ({"question": "a" * 100_000}, 413, "질문이 너무 깁니다"),
        ({"question": "요금?", "generator": "gpt"}, 400, "고를 수 없는 답변 방식"),
        ({"question": "요금?", "retrieval": False}, 400, "요청을 이해할 수 없습니다"),
        ({"question": "요금?", "labels": ["manager"]}, 400, "요청 형식이 올바르지 않습니다"),
        ({"question": "요금?", "day": "2999-01-01"}, 400, "요청 형식이 올바르지 않습니다"),
        ({"question": 5}, 400, "요청 형식이 올바르지 않습니다"),
        ({}, 400, "요청 형식이 올바르지 않습니다"),
        ([], 400, "요청 형식이 올바르지 않습니다"),
        (b"", 400, "요청 형식이 올바르지 않습니다"),
        (b"\xff", 400, "요청 형식이 올바르지 않습니다"),
        (b"[" * 60_000, 400, "요청 형식이 올바르지 않습니다"),
    ],
)
def test_what_is_wrong_is_said_in_korean(api: Api, body: object, status: int, message: str) -> None:
    reply = post(api, body)
    assert reply.status == status
    if status != 200:
        assert message in read(reply)["error"]["message"]


def test_a_form_of_another_site_is_refused(api: Api) -> None:
    assert post(api, {"question": "요금?"}, media_type="text/plain").status == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/ask", 405),
        ("POST", "/options", 405),
        ("DELETE", "/documents/d_0000000000000000", 405),
        ("GET", "/none", 404),
        ("GET", "/documents/d_0000000000000000", 404),
        ("GET", "/documents/../../etc/passwd", 404),
        ("GET", "/health", 200),
    ],
)
def test_routes(api: Api, method: str, path: str, status: int) -> None:
    assert api.handle(Call(method=method, path=path, identity=COUNSELLOR)).status == status


def test_options_name_the_generators(api: Api) -> None:
    assert read(get(api, "/options")) == {
        "generators": ["extractive", "tuned"], "default": "extractive", "question_chars": 2000,
    }  # fmt: skip


def test_version_tells_what_answers(api: Api) -> None:
    assert read(get(api, "/version")) == {"parser": "2"}


def audited(running: Deployment, tmp_path: Path, audit: Audit) -> Api:
    files, terms = SourceFolders(tmp_path / "sources.json"), replace(TERMS, audit=audit)
    return Api(answering=running.answering, index=running.index, files=files, terms=terms)


@pytest.mark.parametrize("stream", [True, False])
def test_each_answer_is_audited_before_it_is_given(running: Deployment, tmp_path: Path, stream: bool) -> None:
    kept: list[tuple[Identity, Request, Answer]] = []
    api = audited(running, tmp_path, lambda *told: kept.append(told))
    reply = post(api, {"question": "빛길라이트의 월 요금은? 010-1234-5678", "stream": stream})
    given = lines(reply)[-1]["answer"] if stream else read(reply)
    ((identity, request, answer),) = kept
    assert (identity, answer.text) == (COUNSELLOR, given["text"])
    assert request.question.endswith("[전화번호]")


@pytest.mark.parametrize("stream", [True, False])
def test_without_its_record_no_answer_is_given(running: Deployment, tmp_path: Path, stream: bool) -> None:
    def full(*_: object) -> None:
        raise Busy("s3://records does not answer; try again")

    reply = post(audited(running, tmp_path, full), {"question": "빛길라이트의 월 요금은?", "stream": stream})
    told = lines(reply)[-1] if stream else read(reply)
    assert "answer" not in told
    assert told["error"]["detail"] == "s3://records does not answer; try again"


def test_a_page_is_shown_to_those_who_may_see_it(api: Api, running: Deployment) -> None:
    light, _, secret, future = (page.id for page in running.documents)
    page = read(get(api, f"/documents/{light}"))
    assert page["sections"][0]["blocks"][0]["text"] == FEE
    assert get(api, f"/documents/{secret}").status == 404
    assert get(api, f"/documents/{secret}", MANAGER).status == 200
    assert get(api, f"/documents/{future}", MANAGER).status == 404
    running.index.delete(running.documents[0].source, 1_800_000_000_000)
    assert get(api, f"/documents/{light}").status == 404


def test_an_attachment_is_a_download(api: Api, running: Deployment) -> None:
    page = read(get(api, f"/documents/{running.documents[0].id}"))
    reply = get(api, page["attachments"][0]["href"])
    assert b"".join(reply.body) == b"%PDF-1.4 fictional"
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%EC%9A%94%EA%B8%88%ED%91%9C.pdf"
    )


def test_a_page_cannot_hand_out_what_lies_outside_the_ingested_folder(api: Api, running: Deployment) -> None:
    route = f"/documents/{running.documents[0].id}/files/{file_key('file:///etc/passwd')}"
    reply = get(api, route)
    assert reply.status == 404
    assert b"root:" not in b"".join(reply.body)


def test_a_file_of_a_page_one_may_not_see_is_not_there(api: Api, running: Deployment) -> None:
    key = file_key(running.documents[0].attachments[0].uri)
    assert get(api, f"/documents/{running.documents[2].id}/files/{key}").status == 404
    assert get(api, f"/documents/{running.documents[0].id}/files/{'0' * 16}").status == 404


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["해지", "방어", "보상", "한도", "77,000원", "manager", "public", "[1]"]), min_size=1
    )
)
def test_no_question_reveals_a_page_to_those_who_may_not_see_it(api: Api, words: list[str]) -> None:
    asked = " ".join(words)
    shown = read(post(api, {"question": asked, "stream": False}))
    del shown["trace"]["prompt"]  # the question itself may hold the words
    assert "해지 방어 지침" not in json.dumps(shown, ensure_ascii=False)
    assert "한도는 77,000원" not in json.dumps(shown, ensure_ascii=False)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.sampled_from(["GET", "POST", "PUT", ""]), st.binary(max_size=60))
def test_any_call_gets_a_reply(api: Api, path: str, method: str, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    reply = api.handle(Call(method=method, path="/" + path, identity=COUNSELLOR, headers=headers, body=body))
    assert 200 <= reply.status < 500
    assert b"".join(reply.body)


def test_a_page_is_read_anew_with_what_is_left_out(api: Api, tmp_path: Path) -> None:
    href = read(post(api, {"question": "빛길라이트의 월 요금은?", "stream": False}))["citations"][0]["href"]
    html = f"<p>{FEE}</p><a href=fee.xlsx>요금표</a><nav>메뉴</nav>"
    (tmp_path / "manuals" / "light.html").write_text(html, encoding="utf-8")
    page = read(get(api, f"{href}/reading"))
    assert page["attachments"][0]["href"].startswith(f"{href}/files/")
    assert page["left_out"][0] == {"element": "nav", "reason": "navigation", "text": "메뉴", "times": 1}
    assert page["sections"][0]["blocks"][0]["text"] == FEE


def test_a_page_that_is_no_longer_for_the_caller_is_not_read_anew(api: Api, tmp_path: Path) -> None:
    """The index may not know yet that the page's labels have changed."""
    href = read(post(api, {"question": "빛길라이트의 월 요금은?", "stream": False}))["citations"][0]["href"]
    path = tmp_path / "manuals" / "light.html"
    path.write_text(f'<meta name="access" content="public"><p>{FEE}</p>', encoding="utf-8")
    assert get(api, f"{href}/reading").status == 200
    path.write_text(f'<meta name="access" content="manager"><p>{FEE}</p>', encoding="utf-8")
    assert get(api, f"{href}/reading").status == 404
    assert get(api, f"{href}/reading", MANAGER).status == 200
    path.unlink()
    assert "원본 문서를 열 수 없습니다" in read(get(api, f"{href}/reading"))["error"]["message"]


def test_reading_needs_files_that_can_be_read_anew(running: Deployment) -> None:
    class Nothing:
        def read(self, uri: str) -> bytes:
            raise AssertionError(uri)

    bare = Api(answering=running.answering, index=running.index, files=Nothing(), terms=TERMS)
    href = read(post(bare, {"question": "빛길라이트의 월 요금은?", "stream": False}))["citations"][0]["href"]
    assert "다시 읽지 않습니다" in read(get(bare, f"{href}/reading"))["error"]["message"]
