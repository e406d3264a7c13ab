"""Figures of a function as lines of its log, which CloudWatch reads as metrics: no call, no endpoint.

    {"_aws": {"Timestamp": 1795309203000, "CloudWatchMetrics": [{"Namespace": "ragtune-dev",
     "Dimensions": [[]], "Metrics": [{"Name": "Answers", "Unit": "Count"}]}]}, "Answers": 1}

Source: CloudWatch's embedded metric format. Numbers alone: no name, question or answer is ever in them.
"""

import json
import time
from collections.abc import Mapping

Figures = Mapping[str, tuple[float, str]]  # name -> (value, CloudWatch's unit)


def line(namespace: str, figures: Figures, *, now_ms: int | None = None) -> str:
    """One line of the log.

    >>> line("ragtune-dev", {"Answers": (1, "Count")}, now_ms=0)[:20]
    '{"_aws":{"Timestamp"'
    """
    metrics = [{"Name": name, "Unit": unit} for name, (_, unit) in figures.items()]
    told = {
        "Timestamp": time.time_ns() // 1_000_000 if now_ms is None else now_ms,
        "CloudWatchMetrics": [{"Namespace": namespace, "Dimensions": [[]], "Metrics": metrics}],
    }
    values = {name: value for name, (value, _) in figures.items()}
    return json.dumps({"_aws": told, **values}, separators=(",", ":"))
