"""Faults, caused on purpose: what was done, what the user saw, what was lost (nothing)."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from emulator.flow import Step
from emulator.flow.documents import fee_told, page
from emulator.flow.models import cli
from emulator.stage import Request, Stage, require
from ragtune.documents import document_id

_SOON_S = 5  # in place of eleven minutes: until a message that failed comes again


@contextmanager
def impatient(stage: Stage, seconds: int = _SOON_S) -> Iterator[None]:
    """A message that failed comes again after seconds: a rehearsal doesn't wait for minutes."""
    url = stage.queue("documents")
    before = stage.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    stage.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
    try:
        yield
    finally:
        stage.sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def node_killed(stage: Stage) -> str:
    """The search node is killed while documents come in, and started again on its data."""
    titles = [f"유성 {number}호" for number in range(12)]
    with impatient(stage):
        for number, title in enumerate(titles):
            stage.put(f"유성/{number}.html", page(title, f"{20 + number},500"))
            if number == 5:
                stage.cloud.node.kill()
        seen = stage.ask("유성 3호의 월 요금은 얼마인가요?", by=stage.desk)
        require(seen.status in (503, 504), "a question meanwhile is told to come back", seen=seen.text)
        stage.cloud.node.start()
        stage.settled(240)
    require(stage.waiting("dead-letters") == 0, "no dead letter")
    for number in (0, 5, 6, 11):
        text = fee_told(stage, titles[number])
        require(f"{20 + number},500원" in text, f"{titles[number]} is there", seen=text)
    return f"killed after 6 of 12 pages; a question meanwhile: {seen.status}; all 12 there afterwards"


def function_killed(stage: Stage) -> str:
    """The function is ended by its timeout in the middle of its work."""
    functions, name = stage.cloud.client("lambda"), f"{stage.name}-ingest"
    with impatient(stage):
        rows = "".join(f"<tr><td>{number}</td><td>{number * 7}</td></tr>" for number in range(60_000))
        long = page("큰곰 요금", "88,800").replace(b"</body>", f"<table>{rows}</table></body>".encode())
        functions.update_function_configuration(FunctionName=name, Timeout=2)
        stage.put("큰곰.html", long)
        time.sleep(8)
        functions.update_function_configuration(FunctionName=name, Timeout=600)
        stage.settled(240)
    uri = f"s3://{stage.bucket('documents')}/큰곰.html"
    place = f"/documents/{document_id(uri)}"
    shown = stage.call(Request(method="GET", path=place), by=stage.desk)
    require("88,800원" in shown.text and "419993" in shown.text, "the page is there, to its last row")
    stage.delete("큰곰.html")
    stage.settled(120)
    return "a page of 60,000 rows, killed after 2 s, came again and is there to its last row"


def at_once(stage: Stage) -> str:
    """Two versions of one page, many times at once: the last one that was written stays."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda fee: stage.put("쌍둥이.html", page("쌍둥이 요금", f"{fee},100")), range(1, 11)))
    stage.put("쌍둥이.html", page("쌍둥이 요금", "6,600"))
    stage.settled()
    text = fee_told(stage, "쌍둥이 요금")
    require("6,600원" in text, "the last one", seen=text)
    return "eleven writes within a moment; the last one is answered from"


def poisoned(stage: Stage) -> str:
    """A message that can't be understood goes to the dead letters with its reason, is listed and redriven."""
    try:
        with impatient(stage, 1):
            return _poisoned(stage)
    finally:
        for purpose in ("documents", "dead-letters"):
            stage.sqs.purge_queue(QueueUrl=stage.queue(purpose))


def _poisoned(stage: Stage) -> str:
    stage.sqs.send_message(QueueUrl=stage.queue("documents"), MessageBody="{no json")
    stage.put("다음.html", page("다음 요금", "3,300"))
    stage.until(lambda: stage.waiting("dead-letters") == 1, "a dead letter after ten tries", 120)
    stage.settled()
    text = fee_told(stage, "다음 요금")
    require("3,300원" in text, "it held up no other", seen=text)
    config = str(stage.deployment.path)
    listed = json.loads(cli(stage, "deadletters", "--json", "--config", config))
    require("JSON" in listed[0]["reason"], "listed with its reason", seen=listed)

    def redriven() -> bool:
        return "1 put back" in cli(stage, "deadletters", "--redrive", "--config", config)

    stage.until(redriven, "redriven, once the look at it is over", 90)
    stage.until(lambda: stage.waiting("dead-letters") == 1, "it fails as before", 120)
    return f"ten tries, listed as {listed[0]['reason'][:60]!r}, redriven, and back; nothing else waited"


def model_away(stage: Stage) -> str:
    """The endpoint goes down, is slow, talks nonsense: the documents are quoted instead, in time."""
    body = {"question": "온가족 결합의 2회선 월 할인은 얼마인가요?", "generator": "tuned", "stream": False}
    asked = Request(body=json.dumps(body, ensure_ascii=False).encode())
    seen = []
    for fault in ("garbage", "slow", "stop"):
        stage.cause(fault, f"{stage.name}-tuned")
        start = time.monotonic()
        answer = stage.call(asked, by=stage.desk).answer
        took = time.monotonic() - start
        require(
            answer["state"] == "fallback" and answer["citations"], f"{fault}: documents quoted", seen=answer
        )
        require(took < 28, f"{fault}: within the API's time", seen=took)
        seen.append(f"{fault}: quoted after {took:.1f} s")
    stage.cause("mend", f"{stage.name}-tuned")
    return "; ".join(seen)


STEPS = (
    Step(what="fault: the search node killed in mid-ingestion and back", run=node_killed),
    Step(what="fault: the function killed by its timeout in mid-write", run=function_killed),
    Step(what="fault: versions of one page processed at once", run=at_once),
    Step(what="fault: a message that nobody understands", run=poisoned),
)
OF_MODELS = (Step(what="fault: the model's endpoint garbled, slow and down", run=model_away),)
SHORT = STEPS[2:]
