"""What the stack tells this function: SETTINGS (JSON of the deployment's file), DOCUMENTS and STATE (s3://…)."""

import json
import os
from dataclasses import dataclass

from ragtune.settings import Settings, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """`documents` is where pages lie, `state` where troubles and references are remembered."""

    settings: Settings
    documents: str
    state: str
    metrics: str  # CloudWatch namespace


def environment() -> Environment:
    """From the function's variables. Raises SettingsError that names the value."""
    told = os.environ
    return Environment(
        settings=settings_of(json.loads(told["SETTINGS"]), "SETTINGS"),
        documents=told["DOCUMENTS"],
        state=told["STATE"],
        metrics=told["METRICS"],
    )
