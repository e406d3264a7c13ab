"""Snapshots against a server that plays the cluster's part: taken, slow, broken, refused."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ragtune.adapters.opensearch.cluster import Cluster, as_json
from ragtune.adapters.opensearch.snapshots import register, s3, take
from ragtune.errors import BadInput
from tests.contracts.tampering import Answer, tampered
from tests.ragtune.adapters.opensearch.test_cluster import NOWHERE, Scripted

BEGUN: Answer = (200, as_json({"accepted": True}))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def cluster(stack: ExitStack, script: Scripted) -> Cluster:
    made = Cluster(stack.enter_context(tampered(NOWHERE, script)))
    stack.callback(made.close)
    return made


def state(word: str) -> Answer:
    return 200, as_json({"snapshots": [{"snapshot": "monday", "state": word}]})


def refusal(kind: str, reason: str) -> Answer:
    return 400, as_json({"status": 400, "error": {"type": kind, "reason": reason}})


def test_it_waits_until_the_snapshot_is_whole(stack: ExitStack) -> None:
    script = Scripted(BEGUN, state("IN_PROGRESS"), state("IN_PROGRESS"), state("SUCCESS"))
    told = take(cluster(stack, script), "ragtune", "monday", "ragtune-5f0c-0", poll_s=0.0)
    assert told.endswith("/_snapshot/ragtune/monday")
    method, path, body = script.asked[0]
    assert (method, path) == ("PUT", "/_snapshot/ragtune/monday")
    assert body == as_json({"indices": "ragtune-5f0c-0", "include_global_state": False})


@pytest.mark.parametrize("word", ["PARTIAL", "FAILED", "INCOMPATIBLE"])
def test_what_is_not_whole_is_no_snapshot(stack: ExitStack, word: str) -> None:
    with pytest.raises(BadInput, match=f"is {word}, not a whole index"):
        take(cluster(stack, Scripted(BEGUN, state(word))), "ragtune", "monday", "ragtune-5f0c-0")


def test_without_a_repository_it_says_what_to_do(stack: ExitStack) -> None:
    script = Scripted(refusal("repository_missing_exception", "[ragtune] missing"))
    with pytest.raises(BadInput, match="has no snapshot repository 'ragtune'; deploy"):
        take(cluster(stack, script), "ragtune", "monday", "ragtune-5f0c-0")


@pytest.mark.parametrize("name", ["", "Monday", "a/b", "../x", "a?b", "_all", "x" * 101])
def test_a_name_is_checked_before_it_is_a_path(name: str) -> None:
    with pytest.raises(BadInput, match="can't name a snapshot"):
        take(Cluster(NOWHERE), "ragtune", name, "ragtune-5f0c-0")


def test_a_cluster_that_can_t_keep_any_says_why(stack: ExitStack) -> None:
    body = s3("kept", region="ap-northeast-2", role_arn="arn:aws:iam::1:role/kept")
    refused = Scripted(refusal("repository_exception", "type [s3] does not exist"))
    assert "does not exist" in register(cluster(stack, refused), "ragtune", body)
    script = Scripted(BEGUN)
    assert register(cluster(stack, script), "ragtune", body) == ""
    assert script.asked == [("PUT", "/_snapshot/ragtune", as_json(body))]
