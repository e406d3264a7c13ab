"""The function that answers: who may see what, what is replied and recorded, and what it loads."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ragtune.chunking import chunks
from ragtune.documents import Resource
from ragtune.lexicon import Group, Lexicon, packed
from ragtune.manifest import Manifest
from ragtune.ports import Entry
from ragtune.settings import settings_of
from ragtune.wiring import open_search
from tests.lambdas.loading import LAMBDAS, loaded
from tests.ragtune.deployment import document
from tests.ragtune.object_store import Store, served

ACCOUNT = "123456789012"
FORM = "s3://docs/양식/해지 신청서.pdf".replace(" ", "%20")
SETTINGS: dict[str, Any] = {
    "state": "/tmp/ragtune",  # noqa: S108  the only folder that a Lambda may write
    "index": {"url": "", "views": ["bigram"]},
    "retrieval": {"weights": {"bigram": 0.8, "bigram_head": 0.2}},
    "limits": {"question_chars": 200},
}
CALLERS = {"app": ["public"], "desk": ["public", "internal"]}
Ask = Callable[..., dict[str, Any]]


def event(method: str, path: str, *, role: str = "desk", body: str = "", **headers: str) -> dict[str, Any]:
    """As API Gateway sends it."""
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session-1"
    return {
        "httpMethod": method,
        "path": path,
        "headers": {"Content-Type": "application/json", **headers},
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {"accountId": ACCOUNT, "identity": {"userArn": arn}},
    }


def question(text: str, **more: Any) -> str:
    return json.dumps({"question": text, "stream": False, **more}, ensure_ascii=False)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with served(monkeypatch) as found:
        found.kept["/docs/양식/해지 신청서.pdf"] = b"%PDF form"
        yield found


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Store) -> Iterator[ModuleType]:
    form = Resource(name="신청서", uri=FORM, media_type="application/pdf", section=0)
    pages = [
        document(
            "s3://docs/a.html", "별빛 인터넷", {"요금": "월 요금은 22,000원입니다."}, attachments=(form,)
        ),
        document("s3://docs/b.html", "달빛 보상", {"보상": "보상 한도는 5만원입니다."}, labels=("internal",)),
    ]
    settings = SETTINGS | {"index": {"url": f"sqlite:///{tmp_path}/index", "views": ["bigram"]}}
    with open_search(settings_of(settings, "test"), Manifest()) as search:
        list(search.index.put(Entry(document=page, chunks=chunks(page, max_chars=500)) for page in pages))
    told = {
        "AWS_REGION": "ap-northeast-2",
        "SETTINGS": json.dumps(settings),
        "CALLERS": json.dumps(CALLERS),
        "DOCUMENTS": "s3://docs",
        "AUDIT": "s3://audit",
        "STATE": "s3://state",
        "AUDIT_BODIES": "false",
        "METRICS": "ragtune-dev",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with loaded("answer", monkeypatch) as module:
        yield module
        module.close()


def read(reply: dict[str, Any]) -> Any:
    return json.loads(reply["body"])


def test_a_question_is_answered_measured_and_recorded(
    function: ModuleType, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = event("POST", "/ask", body=question("별빛 인터넷 월 요금은?"), **{"X-Ragtune-User": "kim"})
    reply = function.handler(asked, None)
    assert (reply["statusCode"], reply["isBase64Encoded"]) == (200, False)
    assert "22,000원" in read(reply)["text"]
    ((place, kept),) = [(place, kept) for place, kept in store.kept.items() if place.startswith("/audit/")]
    record = json.loads(kept)
    assert place.startswith("/audit/answers/")
    assert (record["caller"], record["user"]) == ("desk/session-1", "kim")
    assert "요금" not in kept.decode()
    told = json.loads(capsys.readouterr().out)
    assert (told["Answers"], told["Abstained"]) == (1, 0)
    assert "Stage.retrieval" in told
    assert "요금" not in str(told)


def test_the_same_parts_come_one_by_one(function: ModuleType) -> None:
    asked = event("POST", "/ask", body=json.dumps({"question": "별빛 인터넷 월 요금은?"}))
    prelude, *pieces = function.parts(asked)
    assert prelude.status == 200
    assert len(pieces) > 1
    assert "22,000원" in json.loads(pieces[-1])["answer"]["text"]


@pytest.mark.parametrize(
    ("role", "narrowed", "seen"),
    [
        ("desk", None, True),
        ("desk", "internal", True),
        ("desk", "public", False),
        ("app", None, False),
        ("app", "internal, public", False),  # a header never widens
    ],
)
def test_the_role_decides_what_is_seen(
    function: ModuleType, role: str, narrowed: str | None, seen: bool
) -> None:
    headers = {"x-ragtune-labels": narrowed} if narrowed else {}
    reply = function.handler(
        event("POST", "/ask", role=role, body=question("달빛 보상 한도는?"), **headers), None
    )
    assert reply["statusCode"] == 200
    assert ("5만원" in read(reply)["text"]) is seen


@pytest.mark.parametrize(
    "change",
    [
        {"userArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/stranger/s"},
        {"userArn": "arn:aws:sts::999999999999:assumed-role/desk/s"},
        {"userArn": f"arn:aws:iam::{ACCOUNT}:user/desk"},
        {"userArn": f"arn:aws:iam::{ACCOUNT}:root"},
        {"userArn": None},
        {},
    ],
    ids=str,
)
def test_who_is_not_in_the_table_sees_nothing(function: ModuleType, change: dict[str, str]) -> None:
    asked = event("GET", "/options")
    asked["requestContext"]["identity"] = change
    assert function.handler(asked, None)["statusCode"] == 403


def test_narrowed_to_nothing_is_refused(function: ModuleType) -> None:
    reply = function.handler(event("GET", "/options", role="app", **{"x-ragtune-labels": "internal"}), None)
    assert reply["statusCode"] == 403


def test_pages_and_their_files_are_handed_out(function: ModuleType) -> None:
    found = read(function.handler(event("POST", "/ask", body=question("별빛 인터넷 월 요금은?")), None))
    page = read(function.handler(event("GET", found["citations"][0]["href"]), None))
    file = function.handler(event("GET", page["attachments"][0]["href"]), None)
    assert file["isBase64Encoded"] is True
    assert base64.b64decode(file["body"]) == b"%PDF form"
    assert file["headers"]["content-disposition"].startswith("attachment")


def test_a_body_in_base64_is_read(function: ModuleType) -> None:
    asked = event("POST", "/ask", body=base64.b64encode(question("별빛 요금은?").encode()).decode())
    assert function.handler(asked | {"isBase64Encoded": True}, None)["statusCode"] == 200


def test_words_of_the_documents_widen_questions_and_are_taken_up_in_time(
    function: ModuleType, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "lexicon" not in read(function.handler(event("GET", "/version"), None))
    lexicon = Lexicon([Group(forms=("보상 한도", "캡"), certain=True)])
    store.kept["/state/words/lexicon.json.z"] = packed(lexicon)
    asked = event("POST", "/ask", body=question("달빛 캡은?"))
    assert "lexicon" not in read(function.handler(event("GET", "/version"), None))  # still the one it opened
    later = time.monotonic() + 301
    monkeypatch.setattr(function.time, "monotonic", lambda: later)
    assert read(function.handler(event("GET", "/version"), None))["lexicon"] == lexicon.version
    assert "5만원" in read(function.handler(asked, None))["text"]


def test_without_its_record_no_answer_is_given(function: ModuleType, store: Store) -> None:
    function.handler(event("GET", "/health"), None)  # opens it
    store.faults = [403]
    reply = function.handler(event("POST", "/ask", body=question("별빛 인터넷 월 요금은?")), None)
    assert reply["statusCode"] == 503
    assert "22,000" not in reply["body"]


def test_feedback_is_kept_masked_in_the_state_once(function: ModuleType, store: Store) -> None:
    told = {"question": "010-1234-5678 요금은?", "answer": "모릅니다.", "verdict": "corrected"}
    body = json.dumps(told | {"correction": "22,000원입니다. 010-1234-5678"})
    for _ in range(2):
        reply = function.handler(event("POST", "/feedback", body=body, **{"X-Ragtune-User": "kim"}), None)
        assert (reply["statusCode"], read(reply)["masked"]) == (200, True)
    ((place, kept),) = [item for item in store.kept.items() if "/feedback/" in item[0]]
    assert place == f"/state/feedback/{read(reply)['kept']}.json"
    record = json.loads(kept)
    assert (record["caller"], record["user"], record["labels"]) == (
        "desk/session-1",
        "kim",
        ["internal", "public"],
    )
    assert "1234-5678" not in kept.decode()


def test_feedback_that_the_store_does_not_take_is_said(function: ModuleType, store: Store) -> None:
    function.handler(event("GET", "/health"), None)  # opens it
    store.faults = [403]
    body = json.dumps({"question": "요금은?", "answer": "모릅니다.", "verdict": "wrong"})
    reply = function.handler(event("POST", "/feedback", body=body), None)
    assert reply["statusCode"] == 503
    assert "의견을 남길 수 없습니다" in read(reply)["error"]["message"]


def test_health_and_version(function: ModuleType) -> None:
    assert read(function.handler(event("GET", "/health"), None)) == {"status": "ok"}
    version = read(function.handler(event("GET", "/version"), None))
    assert {"ragtune", "analysis"} <= set(version)


def test_an_index_that_is_away_is_said(function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SETTINGS | {"index": {"url": "nowhere://x", "views": ["bigram"]}}
    monkeypatch.setenv("SETTINGS", json.dumps(settings))
    reply = function.handler(event("GET", "/options"), None)
    assert reply["statusCode"] == 503
    assert "잠시 뒤에" in read(reply)["error"]["message"]


def test_a_reply_that_lambda_can_t_send_is_said(function: ModuleType) -> None:
    pieces = iter(
        [function.Prelude(status=200, headers={"content-type": "x; charset=utf-8"}), b"x" * 7_000_000]
    )
    reply = function.fitting(function.joined(pieces))
    assert reply["statusCode"] == 413


LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import handler
from ragtune.privacy import mask
from importlib.metadata import packages_distributions
names = {name.split(".")[0] for name in set(sys.modules) - before}
print(sorted(name for name in names if name in packages_distributions() and name != "ragtune"))
"""


def test_it_loads_the_standard_library_and_the_recogniser_of_phone_numbers() -> None:
    command = [sys.executable, "-c", LOADED, str(LAMBDAS / "answer")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    assert done.stdout.strip() == "['phonenumbers']"
