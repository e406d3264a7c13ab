"""Feedback: what is kept of it and under which key, what is refused, and that no personal number survives."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ragtune.adapters.source_folders import SourceFolders
from ragtune.api import Api, Call, Identity, Terms
from ragtune.audit import Store
from ragtune.errors import Busy
from ragtune.feedback import Feedback, Sent, take
from ragtune.privacy import find, mask
from ragtune.records import from_json
from ragtune.replies import Reply
from tests.ragtune.deployment import Deployment, deployment
from tests.ragtune.test_audit import Shelf

KIM = Identity(name="desk/s1", labels=frozenset({"public"}), user="kim")
LEE = replace(KIM, user="lee")
MANAGER = Identity(name="boss/s1", labels=frozenset({"public", "manager"}))
TERMS = Terms(mask=mask, question_chars=50, today=lambda: "2026-11-22", versions={"parser": "2"})
WRONG = {"question": "빛길라이트 요금은?", "answer": "모릅니다.", "verdict": "wrong"}
CORRECTED = WRONG | {"verdict": "corrected", "correction": "월 요금은 22,000원입니다."}
PIECES = (
    "010-1234-5678", "02-345-6789", "345-6789", "계좌", "110-234-567890", "주민", "900101-1234567", "전화",
    "신한은행", "1234567890", "4111 1111 1111 1111", "공일공 일이삼사 오육칠팔", " ", "\n", "원",
    "[계좌번호]",
)  # fmt: skip


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Deployment]:
    with deployment(tmp_path) as made:
        yield made


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def routes(running: Deployment, store: Store | None) -> Api:
    files = SourceFolders(running.settings.state / "sources.json")
    terms = replace(TERMS, feedback=store)
    return Api(answering=running.answering, index=running.index, files=files, terms=terms)


@pytest.fixture
def api(running: Deployment, shelf: Shelf) -> Api:
    return routes(running, shelf)


def post(api: Api, body: object, identity: Identity = KIM, media_type: str = "application/json") -> Reply:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": media_type}
    return api.handle(Call(method="POST", path="/feedback", identity=identity, headers=headers, body=sent))


def read(reply: Reply) -> Any:
    return json.loads(b"".join(reply.body))


def test_a_correction_is_kept_with_who_gave_it_and_what_answered(
    api: Api, shelf: Shelf, running: Deployment
) -> None:
    light = running.documents[0].id
    reply = post(api, CORRECTED | {"citations": [light]})
    told = read(reply)
    assert (reply.status, told["masked"]) == (200, False)
    ((key, data),) = shelf.kept.items()
    assert key == f"feedback/{told['kept']}.json"
    kept = from_json(Feedback, data)
    assert datetime.fromisoformat(kept.at).tzinfo == UTC
    assert (kept.caller, kept.user, kept.labels) == ("desk/s1", "kim", ("public",))
    assert (kept.verdict, kept.correction) == ("corrected", CORRECTED["correction"])
    assert (kept.question, kept.answer) == (WRONG["question"], WRONG["answer"])
    assert (kept.citations, kept.versions) == ((light,), {"parser": "2"})


def test_the_same_twice_is_kept_once_and_another_s_apart(api: Api, shelf: Shelf) -> None:
    first, again = (read(post(api, WRONG))["kept"] for _ in range(2))
    assert (first, len(shelf.kept)) == (again, 1)
    others = [post(api, WRONG, LEE), post(api, WRONG, MANAGER), post(api, WRONG | {"verdict": "useful"})]
    assert len({first, *(read(reply)["kept"] for reply in others)}) == len(shelf.kept) == 4


def test_personal_numbers_are_masked_before_feedback_is_kept(api: Api, shelf: Shelf) -> None:
    number = "010-1234-5678"
    body = {name: f"{number}로 {text}" for name, text in CORRECTED.items() if name != "verdict"}
    reply = post(api, body | {"verdict": "corrected"}, replace(KIM, user=number))
    assert read(reply)["masked"] is True
    ((_, data),) = shelf.kept.items()
    assert "1234-5678" not in data.decode()
    assert data.decode().count("[전화번호]") == 4


def test_citations_that_the_caller_may_not_see_are_dropped_and_not_told(
    api: Api, shelf: Shelf, running: Deployment
) -> None:
    light, _, secret, future = (page.id for page in running.documents)
    body = WRONG | {"citations": [secret, light, "d_0000000000000000", future, light]}
    told = read(post(api, body))
    assert set(told) == {"kept", "masked"}
    assert from_json(Feedback, shelf.kept[f"feedback/{told['kept']}.json"]).citations == (light,)
    # One that is not seen leaves no trace in the key either.
    assert told["kept"] == read(post(api, WRONG | {"citations": [light]}))["kept"]
    seen = read(post(api, body, MANAGER))["kept"]
    assert from_json(Feedback, shelf.kept[f"feedback/{seen}.json"]).citations == (secret, light)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (WRONG | {"question": " "}, 400, "함께 있어야"),
        (WRONG | {"answer": ""}, 400, "함께 있어야"),
        (WRONG | {"question": "가" * 51}, 400, "질문이 너무 깁니다. 50자"),
        (WRONG | {"question": "가" * 50}, 200, ""),
        (WRONG | {"answer": "가" * 4_001}, 400, "답변이 너무 깁니다. 4,000자"),
        (WRONG | {"answer": "가" * 4_000}, 200, ""),
        (CORRECTED | {"correction": "가" * 4_001}, 400, "고친 답변이 너무 깁니다. 4,000자"),
        (CORRECTED | {"correction": " \n"}, 400, "고친 답변이 비어"),
        (CORRECTED | {"verdict": "useful"}, 400, "고쳐 쓰기"),
        (CORRECTED | {"verdict": "wrong"}, 400, "고쳐 쓰기"),
        (WRONG | {"correction": " "}, 200, ""),
        (WRONG | {"verdict": "bad"}, 400, "요청 형식"),
        (WRONG | {"verdict": None}, 400, "요청 형식"),
        (WRONG | {"citations": ["d_0123456789abcdef"] * 11}, 400, "요청 형식"),
        (WRONG | {"citations": ["../../etc/passwd"]}, 400, "요청 형식"),
        (WRONG | {"citations": ["d_0123456789abcdef\n"]}, 400, "요청 형식"),
        (WRONG | {"citations": "d_0123456789abcdef"}, 400, "요청 형식"),
        (WRONG | {"labels": ["manager"]}, 400, "요청 형식"),
        (WRONG | {"user": "lee"}, 400, "요청 형식"),
        ({"question": "요금?"}, 400, "요청 형식"),
        ([], 400, "요청 형식"),
        (b"", 400, "요청 형식"),
        (b"\xff", 400, "요청 형식"),
        (b"[" * 60_000, 400, "요청 형식"),
        (b"x" * 70_000, 413, "의견이 너무 깁니다"),
        (b'{"question":"\\ud800","answer":"\\udfff","verdict":"useful"}', 200, ""),
    ],
)
def test_what_is_wrong_is_said_in_korean_and_not_kept(
    api: Api, shelf: Shelf, body: object, status: int, message: str
) -> None:
    reply = post(api, body)
    assert reply.status == status
    assert len(shelf.kept) == (1 if status == 200 else 0)
    if status != 200:
        assert message in read(reply)["error"]["message"]


def test_a_form_of_another_site_is_refused(api: Api, shelf: Shelf) -> None:
    assert post(api, WRONG, media_type="text/plain").status == 415
    assert api.handle(Call(method="GET", path="/feedback", identity=KIM)).status == 405
    assert shelf.kept == {}


def test_where_nothing_keeps_feedback_it_is_said(running: Deployment) -> None:
    reply = post(routes(running, None), WRONG)
    assert (reply.status, read(reply)["error"]["message"]) == (404, "이 배포에서는 의견을 받지 않습니다.")


def test_a_store_that_is_away_is_said(running: Deployment) -> None:
    class Away:
        def put(self, key: str, data: bytes) -> None:
            raise Busy(f"s3://state/{key}: S3 does not take {len(data)} bytes; try again")

    reply = post(routes(running, Away()), WRONG)
    assert reply.status == 503
    assert "지금은 의견을 남길 수 없습니다" in read(reply)["error"]["message"]


@settings(max_examples=150, deadline=None)
@given(texts=st.tuples(*[st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=14)] * 4))
def test_no_personal_number_survives(texts: tuple[list[str], ...]) -> None:
    question, answer, correction, user = ("가" + "".join(pieces) for pieces in texts)
    sent = Sent(question=question, answer=answer, verdict="corrected", correction=correction)
    roomy = replace(TERMS, question_chars=4_000)
    taken = take(sent, replace(KIM, user=user), roomy, sees=lambda _: True)
    kept = from_json(Feedback, taken.data)
    told = (kept.question, kept.answer, kept.correction, kept.user)
    assert [find(text) for text in told] == [[], [], [], []]
    assert taken.masked is any(find(text) for text in (question, answer, correction))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.fixed_dictionaries(
        {},
        optional={
            "question": st.text(max_size=60),
            "answer": st.text(max_size=60) | st.none(),
            "verdict": st.sampled_from(["useful", "wrong", "corrected", "x"]),
            "correction": st.text(max_size=60) | st.integers(),
            "citations": st.lists(st.sampled_from(["d_0123456789abcdef", "x"]), max_size=12),
            "labels": st.just(["manager"]),
        },
    )
)
def test_any_body_is_kept_as_a_record_or_refused(api: Api, shelf: Shelf, body: dict[str, Any]) -> None:
    shelf.kept.clear()
    reply = post(api, body)
    assert reply.status in (200, 400)
    kept = [from_json(Feedback, data) for data in shelf.kept.values()]
    assert len(kept) == (1 if reply.status == 200 else 0)
