"""The client against real HTTP servers that are busy, broken, full, closed, or ask for a signature."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ragtune.adapters.opensearch.cluster import Cluster, Refused, as_json
from ragtune.adapters.signing import Credentials, Signer
from ragtune.errors import BadInput, IndexUnavailable, NotAllowed, OutOfSpace
from tests.contracts.tampering import Answer, tampered

NOWHERE = "http://127.0.0.1:9"


class Scripted:
    """Gives its answers one after the other, the last one for ever; None breaks the connection."""

    def __init__(self, *answers: Answer | None) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, str, bytes]]()

    def __call__(self, method: str, path: str, body: bytes, _: Callable[[bytes], Answer]) -> Answer:
        self.asked.append((method, path, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise ConnectionResetError
        return answer


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def cluster(stack: ExitStack, script: Scripted, *, patience_s: float = 3.0) -> Cluster:
    made = Cluster(stack.enter_context(tampered(NOWHERE, script)), patience_s=patience_s)
    stack.callback(made.close)
    return made


def error(kind: str, reason: str) -> bytes:
    return json.dumps({"error": {"type": kind, "reason": reason}, "status": 0}).encode()


def test_an_answer_is_decoded_and_the_connection_kept(stack: ExitStack) -> None:
    script = Scripted((200, b'{"status":"green"}'))
    asking = cluster(stack, script)
    for _ in range(3):
        assert asking.ask("POST", "/_search", {"질문": "요금"}) == {"status": "green"}
    assert script.asked[0] == ("POST", "/_search", '{"질문":"요금"}'.encode())
    assert asking._idle.qsize() == 1


@pytest.mark.parametrize(
    "trouble",
    [
        None,
        (429, error("rejected_execution_exception", "queue")),
        (502, b"<html>"),
        (503, error("no_shard_available_action_exception", "")),
        (504, b""),
        (200, b"not JSON"),
    ],
)
def test_passing_trouble_is_tried_again(stack: ExitStack, trouble: Answer | None) -> None:
    script = Scripted(trouble, trouble, (200, b"{}"))
    assert cluster(stack, script).ask("GET", "/") == {}
    assert len(script.asked) == 3


@pytest.mark.parametrize("trouble", [None, (503, error("unavailable", "the master is away"))])
def test_trouble_that_stays_is_one_sentence(stack: ExitStack, trouble: Answer | None) -> None:
    asking = cluster(stack, Scripted(trouble), patience_s=0.2)
    with pytest.raises(IndexUnavailable, match="see whether the search cluster is up"):
        asking.ask("GET", "/ragtune/_search?q=x")


def test_a_kept_connection_that_was_closed_meanwhile_is_not_used(stack: ExitStack) -> None:
    asking = cluster(stack, Scripted((200, b"{}")))
    asking.ask("GET", "/")
    kept = asking._idle.get_nowait()
    assert kept.sock is not None
    kept.sock.shutdown(2)
    asking._idle.put_nowait(kept)
    assert asking.ask("GET", "/") == {}


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_is_told_at_once(stack: ExitStack, status: int) -> None:
    script = Scripted((status, error("security_exception", "no permissions for [indices:data/write/bulk]")))
    with pytest.raises(NotAllowed, match=r"POST /x/_bulk is not allowed.*no permissions.*map their role"):
        cluster(stack, script).ask("POST", "/x/_bulk?refresh=true", b"{}\n")
    assert len(script.asked) == 1


def test_full_disks_are_told_as_such(stack: ExitStack) -> None:
    reason = "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]"
    script = Scripted((429, error("cluster_block_exception", reason)))
    with pytest.raises(OutOfSpace, match="disks are full"):
        cluster(stack, script).ask("POST", "/x/_doc", {})


def test_errors_of_ours_are_not_tried_again(stack: ExitStack) -> None:
    script = Scripted((404, error("index_not_found_exception", "no such index [x]")))
    with pytest.raises(Refused, match="404 index_not_found_exception"):
        cluster(stack, script).ask("GET", "/x")
    assert len(script.asked) == 1


def test_shards_that_are_being_opened_are_waited_for(stack: ExitStack) -> None:
    opening = {"docs": [{"_id": "a", "error": {"type": "no_shard_available_action_exception", "reason": ""}}]}
    there = {"docs": [{"_id": "a", "found": True, "_source": {"n": 1}}, {"_id": "b", "found": False}]}
    script = Scripted((200, as_json(opening)), (200, as_json(there)))
    assert cluster(stack, script).mget("x", ["a", "b"]) == {"a": {"n": 1}}
    busy = {"responses": [{"status": 503, "error": {"type": "search_phase_execution_exception"}}]}
    script = Scripted((200, as_json(busy)), (200, as_json({"responses": [{"hits": {"hits": []}}]})))
    assert cluster(stack, script).msearch("x", [{}]) == [{"hits": {"hits": []}}]


def test_a_search_that_is_wrong_is_refused(stack: ExitStack) -> None:
    wrong = {"responses": [{"status": 400, "error": {"type": "query_shard_exception", "reason": "no field"}}]}
    with pytest.raises(Refused, match="no field"):
        cluster(stack, Scripted((200, as_json(wrong)))).msearch("x", [{}])


def test_lone_surrogates_become_question_marks() -> None:
    assert as_json({"text": "a\ud800b"}) == b'{"text":"a?b"}'


def test_calls_are_signed_each_time_anew(stack: ExitStack) -> None:
    headers: list[str] = []

    class Recording(Signer):
        def signed(self, *arguments: object, **options: object) -> dict[str, str]:
            signed = super().signed(*arguments, **options)  # type: ignore[arg-type]
            headers.append(signed["authorization"])
            return signed

    script = Scripted((503, b"{}"), (200, b"{}"))
    signer = Recording(service="es", region="ap-northeast-2", by=Credentials(key_id="AKID", key="secret"))
    asking = Cluster(stack.enter_context(tampered(NOWHERE, script)), signer=signer, patience_s=3)
    asking.ask("POST", "/_search", {"q": 1})
    asking.close()
    assert len(headers) == 2
    assert all(one.startswith("AWS4-HMAC-SHA256 Credential=AKID/") and "/es/" in one for one in headers)


@pytest.mark.parametrize("url", ["", "ftp://host", "https://", "127.0.0.1:9200"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="not the address of a cluster"):
        Cluster(url)
