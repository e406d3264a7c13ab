"""Questions: who gets an answer, from what, and who is refused at which door."""

import json
from dataclasses import replace
from urllib.parse import quote

from botocore.exceptions import ClientError

from emulator.flow import Step
from emulator.flow.documents import page
from emulator.stage import Caller, Reply, Request, Stage, require

_QUESTION = "온가족 결합의 2회선 월 할인은 얼마인가요?"
_ASKED = json.dumps({"question": _QUESTION, "stream": False}, ensure_ascii=False).encode()


def answered(stage: Stage) -> str:
    """A signed question: an answer with citations, versions, and a record that can't be deleted."""
    before = len(stage.keys("audit", "answers/"))
    found = stage.ask(_QUESTION, by=stage.desk, headers={"x-ragtune-user": "kim"}).answer
    require(found["state"] in ("answered", "fallback"), "an answer, or a quotation", seen=found)
    require(bool(found["citations"]), "citations", seen=found)
    versions = found["versions"]
    require({"parser", "analysis", "generator", "prompt"} <= set(versions), "versions", seen=versions)
    records = stage.keys("audit", "answers/")
    require(len(records) == before + 1, "one record more", seen=records)
    told = json.loads(stage.s3.get_object(Bucket=stage.bucket("audit"), Key=records[-1])["Body"].read())
    require("question" not in told, "no body in the record", seen=told)
    require(_locked(stage, records[-1]), "the record is locked")
    return f"{found['text'][:60]}… [{', '.join(one['title'] for one in found['citations'])}]"


def _locked(stage: Stage, key: str) -> bool:
    bucket = stage.bucket("audit")
    version = stage.s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"][0]["VersionId"]
    try:
        stage.s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "AccessDenied")
    return False


def files(stage: Stage) -> str:
    """An attachment of a cited page is handed out by the API, to those who may see the page."""
    linked = '<p><a href="혜성-신청서.txt">혜성 전화 신청서</a></p></body>'.encode()
    stage.put("상품/혜성-신청서.txt", "혜성 전화 신청서: 이름과 주소를 적습니다.\n")
    stage.put("상품/혜성.html", page("혜성 전화", "4,400", label="internal").replace(b"</body>", linked))
    stage.settled()
    found = stage.ask("혜성 전화의 월 요금은 얼마인가요?", by=stage.desk).answer
    cited = found["citations"][0]
    shown = stage.call(Request(method="GET", path=cited["href"]), by=stage.desk).answer
    address = shown["attachments"][0]["href"]
    asked = Request(method="GET", path=address, headers={"accept": "application/octet-stream"})
    reply, other = (stage.call(asked, by=by) for by in (stage.desk, stage.narrow))
    require("이름과 주소".encode() in reply.body, "the file", seen=f"{reply.status} {reply.text[:200]}")
    require(other.status == 404, "not for whom the page is not", seen=other.text)
    return f"{cited['title']}: {shown['attachments'][0]['name']}, {len(reply.body)} bytes; 404 for the app"


def refused(stage: Stage) -> str:
    """Each door refuses on its own."""
    desk, nobody = stage.desk, stage.caller(f"{stage.name}-nobody", policies=())
    unlisted = stage.caller(f"{stage.name}-unlisted")
    forged: Caller = {**desk, "aws_secret_access_key": "x" * 40}
    other = json.dumps({"question": "다른 질문", "stream": False}, ensure_ascii=False).encode()
    tries: dict[str, tuple[Request, Caller | None, int]] = {
        "unsigned": (Request(body=_ASKED), None, 403),
        "signed with another key": (Request(body=_ASKED), forged, 403),
        "body changed after signing": (Request(body=_ASKED, sent=other), desk, 403),
        "a role without the policy": (Request(body=_ASKED), nobody, 403),
        "a role that the deployment doesn't name": (Request(body=_ASKED), unlisted, 403),
        "not by the VPC's endpoint": (Request(body=_ASKED, outside=True), desk, 403),
        "labels in the body": (Request(body=_ASKED[:-1] + b', "labels": ["secret"]}'), desk, 400),
        "a body of 70 kB": (Request(body=json.dumps({"question": "가" * 70_000}).encode()), desk, 400),
    }
    for what, (request, by, status) in tries.items():
        reply = stage.call(request, by=by)
        allowed = (status, 413) if "kB" in what else (status,)
        require(reply.status in allowed, f"{what}: {status}", seen=f"{reply.status} {reply.text}")
    return ", ".join(f"{what} {status}" for what, (_, _, status) in tries.items())


def labels(stage: Stage) -> str:
    """Internal pages for those who may see them; headers narrow and never widen; others' pages for nobody."""
    for title, fee, label in (("내부 특가", "7,700", "internal"), ("제휴 특가", "6,600", "partner")):
        stage.put(f"상품/{title}.html", page(title, fee, label=label))
    stage.settled()

    def told(title: str, by: Caller, **headers: str) -> str:
        named = {f"x-ragtune-{name}": value for name, value in headers.items()}
        text: str = stage.ask(f"{title}의 월 요금은 얼마인가요?", by=by, headers=named).answer["text"]
        return text

    require("7,700원" in told("내부 특가", stage.desk), "the desk sees internal pages")
    require("7,700" not in told("내부 특가", stage.desk, labels="public"), "a header narrows")
    require("6,600" not in told("제휴 특가", stage.desk, labels="public,internal,partner"), "others' pages")
    if not stage.sees_less:
        return "internal for the desk, not narrowed to public; partner for nobody; no caller here sees less"
    require("7,700" not in told("내부 특가", stage.narrow, labels="internal,public"), "a header never widens")
    return "internal for the desk, not narrowed to public, not for the app that claims it; partner for nobody"


def masked(stage: Stage) -> str:
    """A personal number in a question is gone before anything is done with it."""
    reply: Reply = stage.ask("제 번호 010-1234-5678로 해지하고 싶어요", by=stage.desk)
    require(reply.answer.get("masked") is True, "it is told that a number was masked", seen=reply.text)
    require("010-1234-5678" not in reply.text, "the number is gone", seen=reply.text)
    logs = stage.cloud.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        require(not any("1234-5678" in one["message"] for one in events), "no log has it", seen=group)
    return "masked, and in no log"


def feedback(stage: Stage) -> str:
    """What people say of an answer is kept masked, once; nobody reaches another's, nobody unsigned any."""
    number = "010-1234-5678"
    said = {"question": f"{number} 혜성 전화의 월 요금은?", "answer": "모릅니다.", "verdict": "corrected"}
    body = json.dumps(said | {"correction": f"월 4,400원입니다. {number}"}, ensure_ascii=False).encode()
    request, before = Request(path="/feedback", body=body), set(stage.keys("state", "feedback/"))
    first, again = (stage.call(request, by=stage.desk).answer for _ in range(2))
    require(first["masked"] is True and first == again, "the same, masked", seen=(first, again))
    own = f"feedback/{first['kept']}.json"
    require(set(stage.keys("state", "feedback/")) - before == {own}, "one record", seen=own)
    kept = _feedback(stage, own)
    require("1234-5678" not in kept and kept.count("[전화번호]") == 2, "no number in it", seen=kept)
    by_another = replace(request, headers={"x-ragtune-user": "another"})
    other = stage.call(by_another, by=stage.narrow).answer
    require(other["kept"] != first["kept"], "another's record is another", seen=other)
    require(_feedback(stage, own) == kept, "and the first is as it was")
    reply = stage.call(request, by=None)
    require(reply.status == 403, "unsigned: 403", seen=f"{reply.status} {reply.text}")
    wrong = stage.call(Request(path="/feedback", body=body.replace(b"corrected", b"deleted")), by=stage.desk)
    require(wrong.status == 400, "no such verdict: 400", seen=f"{wrong.status} {wrong.text}")
    return f"{own}, masked; sent twice, kept once; another's beside it; unsigned 403"


def _feedback(stage: Stage, key: str) -> str:
    """A record as it lies in the state's bucket."""
    told = stage.s3.get_object(Bucket=stage.bucket("state"), Key=key)["Body"].read()
    return str(told.decode())


def unknown_page(stage: Stage) -> str:
    """Unknown, deleted and forbidden are the same to a caller."""
    for path in ("/documents/d_0000000000000000", f"/documents/{quote('../audit')}", "/documents/d_%00"):
        reply = stage.call(Request(method="GET", path=path), by=stage.desk)
        require(reply.status in (403, 404), "not there", seen=f"{path}: {reply.status} {reply.text}")
    return "404, without a word why"


STEPS = (
    Step(what="a signed question is answered with citations and recorded for good", run=answered),
    Step(what="an attachment of a cited page is handed out", run=files),
    Step(what="unsigned, forged, changed, unentitled and oversized requests are refused", run=refused),
    Step(what="access labels hold", run=labels),
    Step(what="a personal number in a question", run=masked),
    Step(what="feedback is kept masked, once, and out of others' reach", run=feedback),
    Step(what="pages that are not there for this caller", run=unknown_page),
)
