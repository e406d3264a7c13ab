"""The function that brings pages in: events in any order, bad messages, files' pages, bulk loads, sweeps."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
from moto import mock_aws

from ragtune.adapters.page_records import PageRecords
from ragtune.documents import document_id
from ragtune.lexicon import LEXICON, unpacked
from ragtune.settings import settings_of
from ragtune.wiring import open_search
from tests.lambdas.loading import loaded
from tests.ragtune.attachments import files


class Time:
    """What is left of the function's time."""

    def __init__(self, seconds: float = 300) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self.seconds)


class World:
    """A bucket of documents, a function that reads them and the index that it writes."""

    def __init__(self, function: ModuleType, client: Any, settings: dict[str, Any]) -> None:
        self.function, self.client = function, client
        self._settings = settings_of(settings, "settings")
        self.records = PageRecords("s3://state", client=client)

    def put(self, key: str, data: str | bytes) -> None:
        body = data.encode() if isinstance(data, str) else data
        self.client.put_object(Bucket="docs", Key=key, Body=body)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket="docs", Key=key)

    def handle(self, event: dict[str, Any], seconds: float = 300) -> Any:
        try:
            return self.function.handler(event, Time(seconds))
        finally:
            self.function.close()

    def told(self, *keys: str, seconds: float = 300) -> list[str]:
        """Messages that fail, of one message a key."""
        event = {"Records": [message(key) for key in keys]}
        return [each["itemIdentifier"] for each in self.handle(event, seconds)["batchItemFailures"]]

    def text(self, key: str) -> str:
        with open_search(self._settings) as search:
            found = search.index.entry_chunks(document_id(f"s3://docs/{key}"))
        return " ".join(chunk.text for chunk in found)


def message(key: str, at: str = "2026-11-22T01:00:03.120Z") -> dict[str, str]:
    """Of the queue, with S3's event in it."""
    told = {"bucket": {"name": "docs"}, "object": {"key": quote_plus(key, safe="/")}}
    return {"messageId": f"m-{key}", "body": json.dumps({"Records": [{"eventTime": at, "s3": told}]})}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    settings = {
        "state": str(tmp_path / "state"),
        "index": {"url": f"sqlite:///{tmp_path}/index", "views": ["bigram"]},
        "retrieval": {"weights": {"bigram": 1.0}},
        "limits": {"page_bytes": 100_000},
    }
    told = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SETTINGS": json.dumps(settings),
        "DOCUMENTS": "s3://docs",
        "STATE": "s3://state",
        "METRICS": "ragtune-dev",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        for bucket in ("docs", "state"):
            client.create_bucket(Bucket=bucket)
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        with loaded("ingest", monkeypatch) as module:
            yield World(module, client, settings)


def test_a_page_is_found_changed_and_gone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.put("상품/giga lite.html", "<p>옛 요금</p>")
    assert world.told("상품/giga lite.html") == []
    assert world.text("상품/giga%20lite.html") == "옛 요금"
    world.put("상품/giga lite.html", "<p>새 요금</p>")
    assert world.told("상품/giga lite.html", "상품/giga lite.html") == []  # twice, and one of them late
    assert world.text("상품/giga%20lite.html") == "새 요금"
    world.delete("상품/giga lite.html")
    assert world.told("상품/giga lite.html") == []
    assert world.text("상품/giga%20lite.html") == ""
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["PagesRead"] for each in told] == [1, 1, 0, 0]
    assert told[-1]["PagesDeleted"] == 1
    assert told[0]["IngestionLag"] >= 0
    assert "giga" not in str(told)


def test_a_message_that_can_t_be_read_holds_up_no_other(world: World) -> None:
    world.put("a.html", "<p>가</p>")
    bad = {"messageId": "bad", "body": "no JSON"}
    event = {"Records": [bad, message("a.html")]}
    assert world.handle(event) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert world.text("a.html") == "가"


def test_the_message_that_s3_tries_the_queue_with_is_taken(world: World) -> None:
    test = {"messageId": "t", "body": json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})}
    assert world.handle({"Records": [test]}) == {"batchItemFailures": []}


def test_without_time_nothing_is_begun(world: World) -> None:
    world.put("a.html", "<p>가</p>")
    assert world.told("a.html", seconds=10) == ["m-a.html"]
    assert world.text("a.html") == ""


def test_an_unreadable_page_is_set_aside_until_it_can_be_read(world: World) -> None:
    world.put("a.html", "<p>가</p>")
    world.told("a.html")
    world.put("a.html", b"%PDF-1.7")
    assert world.told("a.html") == []  # another try would end the same way
    assert world.text("a.html") == "가"
    assert "PDF" in world.records.troubles()["s3://docs/a.html"].reason
    world.put("a.html", "<p>나</p>")
    world.told("a.html")
    assert world.records.troubles() == {}
    assert world.text("a.html") == "나"


def test_a_file_s_event_leads_to_its_pages(world: World) -> None:
    world.put("terms.pdf", files.pdf("약정 기간은 36개월입니다."))
    world.put("a.html", '<p>아래를 보세요.</p><a href="terms.pdf">약관</a>')
    world.told("a.html")
    assert "36개월" in world.text("a.html")
    world.put("terms.pdf", files.pdf("약정 기간은 24개월입니다."))
    assert world.told("terms.pdf", "unknown.pdf") == []
    assert "24개월" in world.text("a.html")


def test_a_bulk_load_reads_pages_and_says_what_it_did(world: World) -> None:
    world.put("a.html", "<p>가</p>")
    world.put("b.html", b"")
    items = {"Items": [{"Key": key, "Size": 1} for key in ("a.html", "b.html", ".hidden/c.html", "d.pdf")]}
    first, second = world.handle(items), world.handle(items)
    assert (first["read"], first["unchanged"], first["deleted"]) == (1, 0, [])
    assert [each["uri"] for each in first["set_aside"]] == ["s3://docs/b.html"]
    assert (second["read"], second["unchanged"]) == (0, 1)


def test_keys_of_an_inventory_are_encoded(world: World) -> None:
    world.put("상품/a+b c.html", "<p>가</p>")
    items = [{"Bucket": "docs", "Key": quote_plus("상품/a+b c.html", safe="/")}]
    asked = {"BatchInput": {"inventory": True}, "Items": items}
    assert world.handle(asked)["read"] == 1
    assert world.handle(asked)["unchanged"] == 1


def test_words_are_learnt_of_what_changed_and_published(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def published() -> list[str]:
        kept = world.client.get_object(Bucket="state", Key=LEXICON)["Body"].read()
        return [one.text for one in unpacked(kept).variants("stb 반납 또는 그만두기")]

    world.put("a.html", "<p>셋톱박스(STB)를 반납하세요.</p>")
    world.put("b.html", "<p>요금</p>")
    world.told("a.html", "b.html")
    assert world.handle({"words": True}) == {"read": 2}
    assert published() == ["셋톱박스"]
    dictionary = '[[means]]\nsaid = "그만두기"\nwords = ["해지"]\n'
    world.client.put_object(Bucket="state", Key="words/dictionary.toml", Body=dictionary.encode())
    assert world.handle({"words": True}) == {"read": 0}
    assert published() == ["해지", "셋톱박스"]
    world.client.put_object(Bucket="state", Key="words/dictionary.toml", Body=b"[[means]")
    world.delete("a.html")
    world.told("a.html")
    assert world.handle({"words": True}) == {"read": 0}
    assert published() == []
    assert "dictionary.toml" in capsys.readouterr().err


def test_a_sweep_finds_what_no_event_told(world: World) -> None:
    for name in ("a", "b"):
        world.put(f"{name}.html", f"<p>{name}</p>")
    world.told("a.html", "b.html")
    world.delete("a.html")
    assert world.handle({"sweep": True})["deleted"] == ["s3://docs/a.html"]
    assert (world.text("a.html"), world.text("b.html")) == ("", "b")
    assert world.handle({"sweep": True})["deleted"] == []


def test_why_a_message_failed_is_noted_until_it_is_dealt_with(world: World) -> None:
    broken = {"messageId": "m1", "body": "{no json", "attributes": {"ApproximateReceiveCount": "1"}}
    assert world.handle({"Records": [broken]}) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert world.records.failures()["m1"].startswith("JSONDecodeError: Expecting property name")
    world.put("a.html", "<p>요금</p>")
    mended = {**message("a.html"), "messageId": "m1", "attributes": {"ApproximateReceiveCount": "2"}}
    assert world.handle({"Records": [mended]}) == {"batchItemFailures": []}
    assert world.records.failures() == {}
