"""What the stack tells this function, as variables; SETTINGS and CALLERS are JSON of the deployment's file.

CALLERS  {"ragtune-prod-counsellor": ["public", "internal"]}      IAM role -> labels that it may see at most
"""

import json
import os
from dataclasses import dataclass

from ragtune.settings import Settings, settings_of
from ragtune.wiring import FunctionPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """`callers` are role names with what they may see."""

    settings: Settings
    place: FunctionPlace
    callers: dict[str, frozenset[str]]
    metrics: str  # CloudWatch namespace


def environment() -> Environment:
    """From the function's variables. Raises SettingsError that names the value."""
    told = os.environ
    place = FunctionPlace(
        region=told["AWS_REGION"],
        documents=told["DOCUMENTS"],
        audit=told["AUDIT"],
        state=told["STATE"],
        audit_bodies=told["AUDIT_BODIES"] == "true",
    )
    return Environment(
        settings=settings_of(json.loads(told["SETTINGS"]), "SETTINGS"),
        place=place,
        callers={role: frozenset(labels) for role, labels in json.loads(told["CALLERS"]).items()},
        metrics=told["METRICS"],
    )
