"""Brings pages into the index: for S3's events from their queue, for batches of a bulk load, for its sweep.
Now and then it learns what the documents say about words.

{"Records": [{"messageId": "…", "body": "{\"Records\": [{\"s3\": {\"object\": {\"key\": \"a.html\"}}}]}"}]}
  → {"batchItemFailures": []}          a message that fails comes again, and at last to the dead letters
{"Items": [{"Key": "a.html"}, …]}      → {"read": 9, "unchanged": 1, "set_aside": [], "deleted": []}
  with "BatchInput": {"inventory": true} beside it, keys are encoded as S3's inventories have them
{"sweep": true}                        → the same
{"words": true}                        → {"read": 9}       documents whose words were learnt anew
"""

import json
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from environment import environment
from pages import arrivals, close, records

from ragtune.errors import Busy
from ragtune.ingestion import IngestReport
from ragtune.metrics import line

__all__ = ["close", "handler"]

_KEEP_S = 45.0  # of the function's time: nothing new is begun in it


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One call of Lambda."""
    if "Records" in event:
        failed = [each["messageId"] for each in event["Records"] if not _done(each, context)]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    if event.get("sweep"):
        return _told(arrivals().sweep())
    if event.get("words"):
        return {"read": arrivals().learn(environment().settings.state / "words")}
    _require_time(context)
    encoded = event.get("BatchInput", {}).get("inventory")
    keys = [unquote_plus(each["Key"]) if encoded else each["Key"] for each in event["Items"]]
    return _told(arrivals().bring_up(keys, files=False))


def _done(message: dict[str, Any], context: Any) -> bool:
    """Whether a message is dealt with; one that is not holds up no other."""
    try:
        _require_time(context)
        events = list(_events(json.loads(message["body"])))
        report = arrivals().bring_up([key for key, _ in events])
    except Exception as error:  # whatever it is: the queue brings it again, the dead letters keep it
        sys.stderr.write(f"{message['messageId']}: comes again\n{traceback.format_exc()}")
        with suppress(Exception):  # where the note can't be kept, the log has the reason
            records().failed(message["messageId"], f"{type(error).__name__}: {error}")
        return False
    if int(message.get("attributes", {}).get("ApproximateReceiveCount", 1)) > 1:
        records().mended(message["messageId"])
    lag_s = time.time() - min((at for _, at in events), default=time.time())
    figures = {
        "PagesRead": (report.read, "Count"),
        "PagesDeleted": (len(report.deleted), "Count"),
        "PagesSetAside": (len(report.set_aside), "Count"),
        "IngestionLag": (max(0.0, lag_s), "Seconds"),
    }
    sys.stdout.write(line(environment().metrics, figures) + "\n")
    return True


def _events(body: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Key and time (s) of each event; S3's own test message has none."""
    for each in body.get("Records", ()):
        at = datetime.fromisoformat(each["eventTime"]).astimezone(UTC).timestamp()
        yield unquote_plus(each["s3"]["object"]["key"]), at


def _require_time(context: Any) -> None:
    if context.get_remaining_time_in_millis() < 1000 * _KEEP_S:
        raise Busy("too little of this function's time is left; comes again")


def _told(report: IngestReport) -> dict[str, Any]:
    aside = [{"uri": each.uri, "reason": each.reason} for each in report.set_aside]
    return {
        "read": report.read,
        "unchanged": report.unchanged,
        "set_aside": aside,
        "deleted": list(report.deleted),
    }
