"""Documents in: by events and by the bulk load; changed, deleted, and such as can't be read."""

import json
import time
from pathlib import Path
from typing import Any

from emulator.cloud import ACCOUNT, ROOT
from emulator.flow import Step
from emulator.stage import Stage, require

SAMPLES = ROOT / "samples" / "manuals"
_BY_EVENT = 20
_PAGE = (
    '<html><head><meta charset="{charset}"><meta name="access" content="{label}">'
    "<title>{title}</title></head>"
    "<body><h1>{title}</h1><h2>요금</h2><p>{title}의 월 요금은 {fee}원입니다.</p></body></html>"
)


def page(title: str, fee: str, *, label: str = "public", charset: str = "utf-8") -> bytes:
    """A manual's page that says what `title` costs."""
    return _PAGE.format(title=title, fee=fee, label=label, charset=charset).encode(charset)


def fee_told(stage: Stage, title: str) -> str:
    """What the desk is told about the price of `title`."""
    text: str = stage.ask(f"{title}의 월 요금은 얼마인가요?", by=stage.desk).answer["text"]
    return text


def _samples() -> list[Path]:
    return sorted(path for path in SAMPLES.rglob("*") if path.is_file())


def _upload(stage: Stage, files: list[Path]) -> int:
    for path in files:
        stage.put(f"manuals/{path.relative_to(SAMPLES)}", path.read_bytes())
    return sum(path.suffix == ".html" for path in files)


def by_events(stage: Stage) -> str:
    """Some pages and all files, each by its own event."""
    files = _samples()
    chosen = [path for path in files if path.suffix == ".html"][:_BY_EVENT]
    start = time.monotonic()
    pages = _upload(stage, [path for path in files if path.suffix != ".html"] + chosen)
    stage.settled()
    require(stage.waiting("dead-letters") == 0, "no dead letter")
    took = time.monotonic() - start
    return f"{pages} pages and {len(files) - 115} files uploaded, all read {took:.1f} s later"


def by_bulk_load(stage: Stage) -> str:
    """The rest without events, as documents that were there before; then everything by one load."""
    with stage.quiet():
        _upload(stage, [path for path in _samples() if path.suffix == ".html"][_BY_EVENT:])
    states = stage.cloud.client("stepfunctions")
    machine = f"arn:aws:states:{stage.cloud.region}:{ACCOUNT}:stateMachine:{stage.name}-bulk"
    run = states.start_execution(stateMachineArn=machine)["executionArn"]
    start, found = time.monotonic(), dict[str, Any]()

    def ended() -> bool:
        found.update(states.describe_execution(executionArn=run))
        return str(found["status"]) != "RUNNING"

    stage.until(ended, "the bulk load ends", 120)
    require(found["status"] == "SUCCEEDED", "the bulk load succeeds", seen=found)
    counts = states.describe_map_run(
        mapRunArn=states.list_map_runs(executionArn=run)["mapRuns"][0]["mapRunArn"]
    )["executionCounts"]
    results = stage.keys("state", "bulk/")
    require(any("SUCCEEDED" in key for key in results), "the map's results are kept", seen=results)
    return f"{counts['succeeded']} of {counts['total']} batches in {time.monotonic() - start:.1f} s"


def changed_and_deleted(stage: Stage) -> str:
    """A page changes twice and goes."""
    for fee in ("33,000", "35,500"):
        stage.put("상품/무지개 인터넷.html", page("무지개 인터넷", fee))
        stage.settled()
        text = fee_told(stage, "무지개 인터넷")
        require(f"{fee}원" in text, f"the answer says {fee}", seen=text)
    stage.delete("상품/무지개 인터넷.html")
    stage.settled()
    gone = fee_told(stage, "무지개 인터넷")
    require("35,500" not in gone and "33,000" not in gone, "nothing stale stays", seen=gone)
    return "33,000원, then 35,500원, then nothing of either"


def unusual(stage: Stage) -> str:
    """CP949 is read; empty, binary and huge pages are set aside with their reasons, the rest goes on."""
    stage.put("별난/완성형.html", page("안드로메다 전화", "12,300", charset="cp949"))
    stage.put("별난/빈.html", b"")
    stage.put("별난/이진.html", bytes(range(256)) * 400)
    stage.put("별난/큰.html", b"<h1>a</h1>" + b"<p>b</p>" * 2_600_000)
    stage.put("별난/권한.html", page("비밀 요금", "1", label=" "))
    stage.settled()
    text = fee_told(stage, "안드로메다 전화")
    require("12,300원" in text, "a page in CP949 is answered from", seen=text)
    aside = stage.set_aside()
    for name in ("빈", "큰", "권한"):
        require(any(name in key for key in aside), f"{name} is set aside with its reason", seen=aside)
    return "; ".join(f"{key.rpartition('/')[2]}: {reason[:60]}" for key, reason in sorted(aside.items()))


def late_and_repeated(stage: Stage) -> str:
    """The same event five times, and an old one after a new page: what lies there now is what counts."""
    key = "상품/은하 TV.html"
    for fee in ("9,900", "11,000"):
        stage.put(key, page("은하 TV", fee))
    stage.settled()
    event = {
        "eventTime": "2026-01-01T00:00:00Z",
        "eventName": "ObjectRemoved:Delete",
        "s3": {"bucket": {"name": stage.bucket("documents")}, "object": {"key": key.replace(" ", "+")}},
    }
    for _ in range(5):
        stage.sqs.send_message(
            QueueUrl=stage.queue("documents"), MessageBody=json.dumps({"Records": [event]})
        )
    stage.settled()
    text = fee_told(stage, "은하 TV")
    require("11,000원" in text and "9,900" not in text, "the page as it is now", seen=text)
    return "five events that say it was deleted, months late: 11,000원 as before"


STEPS = (
    Step(what="pages and files arrive, each by its event", run=by_events),
    Step(what="documents that were there before are brought in by the bulk load", run=by_bulk_load),
    Step(what="a page changes, changes again and is deleted", run=changed_and_deleted),
    Step(what="pages in CP949, empty, binary, huge and without a readable access label", run=unusual),
    Step(what="late and repeated events", run=late_and_repeated),
)
