"""The record of an answer: who asked, which versions answered, which passages it stands on.

    answers/2026/11/22/5f0c….json
    {"at": "2026-11-22T01:00:03.120Z", "caller": "ragtune-prod-counsellor", "user": "kim",
     "labels": ["public"], "state": "answered", "versions": {"generator": "tuned", …},
     "passages": [{"chunk": "d_0123456789abcdef:3", "version": 1767225600000}],
     "citations": ["d_0123456789abcdef"], "seconds": {"retrieval": 0.02, …}}

What was asked and answered is left out unless the deployment says `bodies`: a record outlives its question,
for as long as the store's lock holds it. A question in it is masked already.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Protocol

from ragtune.answers import Answer, Request
from ragtune.api import Identity
from ragtune.records import encode, to_json


class Store(Protocol):
    """Where records are kept."""

    def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`, durably. Raises Busy when that can't be done now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """An `api.Audit`: a record of each answer, in a store that can't be changed."""

    store: Store
    bodies: bool = False
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __call__(self, identity: Identity, request: Request, answer: Answer) -> None:
        """Keep the record. Raises Busy when the store does not take it."""
        at = self.now()
        told = record(identity, request, answer, at, bodies=self.bodies)
        self.store.put(
            f"answers/{at:%Y/%m/%d}/{token_hex(16)}.json", to_json(told).encode("utf-8", "replace")
        )


def record(
    identity: Identity, request: Request, answer: Answer, at: datetime, *, bodies: bool
) -> dict[str, Any]:
    """What is kept of one answer."""
    shown = [found for found in answer.trace.passages if not found.dropped]
    bodies_of = {"question": request.question, "answer": answer.text, "prompt": answer.trace.prompt}
    return {
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "caller": identity.name,
        "user": identity.user,
        "labels": sorted(identity.labels),
        "state": answer.state,
        "retrieval": request.retrieval,
        "versions": answer.versions,
        "passages": [{"chunk": found.chunk_id, "version": found.version} for found in shown],
        "citations": sorted({citation.document_id for citation in answer.citations}),
        "support": answer.trace.support,
        "seconds": encode(answer.seconds),
        **(bodies_of if bodies else {}),
    }
