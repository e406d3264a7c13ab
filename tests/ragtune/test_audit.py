"""The record of an answer: complete, without bodies unless asked for, one file each."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ragtune.answers import Request
from ragtune.api import Identity
from ragtune.audit import AuditLog
from tests.ragtune.deployment import deployment

APP = Identity(name="ragtune-dev-counsellor", labels=frozenset({"public", "internal"}), user="kim")
QUESTION = "빛길라이트의 월 요금은 얼마인가요?"
AT = datetime(2026, 11, 22, 1, 0, 3, 120_000, tzinfo=UTC)


class Shelf:
    """A store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        self.kept[key] = data


@pytest.mark.parametrize("bodies", [False, True])
def test_a_record_says_who_got_what_from_where(tmp_path: Path, bodies: bool) -> None:
    shelf, request = Shelf(), Request(question=QUESTION)
    log = AuditLog(store=shelf, bodies=bodies, now=lambda: AT)
    with deployment(tmp_path) as running:
        answer = running.answering.answer(request)
    log(APP, request, answer)
    log(APP, request, answer)
    assert len(shelf.kept) == 2  # two answers are two records, however alike
    key, data = next(iter(shelf.kept.items()))
    told = json.loads(data)
    assert key.startswith("answers/2026/11/22/")
    assert (told["at"], told["caller"], told["user"]) == ("2026-11-22T01:00:03.120Z", APP.name, "kim")
    assert told["labels"] == ["internal", "public"]
    assert told["versions"] == answer.versions
    assert told["citations"] == [answer.citations[0].document_id]
    assert [each["chunk"] for each in told["passages"]] == [each.chunk_id for each in answer.trace.passages]
    assert (QUESTION in data.decode()) is bodies
    assert (answer.text in data.decode()) is bodies
