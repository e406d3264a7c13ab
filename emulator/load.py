"""Load, bounded: fifty callers ask for a minute, a model of fixed latency behind.

    {"asked": 3120, "answered": 240, "refused": 2880, "wrong": 0, "lost": 0, "own_p50_ms": 61,
     "own_p99_ms": 140, "cpu_ms_per_question": 31.5}

Refused is 429 with Retry-After, by the API's rate or where the function is full; lost is everything else.
The product's own share is what its stages took without the model; the emulator's share of the clock is no
figure of the product.
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from emulator.stage import Reply, Request, Stage, require

CALLERS, SECONDS, MODEL_S = 50, 60.0, 0.5
_WARM_S = 5.0  # functions that start cold are not what a question costs
FILE = Path(".ragtune/load.json")
_QUESTIONS = {
    "온가족 결합의 2회선 월 할인은 얼마인가요?": "온가족 결합",
    "혜성 전화의 월 요금은 얼마인가요?": "혜성 전화",
    "안드로메다 전화의 월 요금은 얼마인가요?": "안드로메다 전화",
}


def under_load(stage: Stage, *, callers: int = CALLERS, seconds: float = SECONDS) -> dict[str, float]:
    """The figures, also in .ragtune/load.json. Raises Unexpected for a wrong answer or a lost request."""
    models = [name for name in stage.generators if name != "extractive"]
    if models:
        stage.cause("fixed", f"{stage.name}-tuned")
    _flood(stage, models, callers, _WARM_S)
    before = _cpu_s(stage)
    replies = _flood(stage, models, callers, seconds)
    used_s = _cpu_s(stage) - before
    if models:
        stage.cause("mend", f"{stage.name}-tuned")
    figures = _figures(replies, used_s)
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    require(figures["wrong"] == 0, "no wrong answer", seen=figures)
    require(figures["lost"] == 0, "no lost request", seen=figures)
    return figures


def _flood(stage: Stage, models: list[str], callers: int, seconds: float) -> list[tuple[str, Reply]]:
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(callers) as pool:
        runs = pool.map(lambda number: list(_caller(stage, number, until, models)), range(callers))
        return [one for run in runs for one in run]


def _caller(stage: Stage, number: int, until: float, models: list[str]) -> Iterator[tuple[str, Reply]]:
    """Asks again as soon as it is answered, or when it was told to come back."""
    questions = list(_QUESTIONS)
    while time.monotonic() < until:
        question = questions[number % len(questions)]
        body = {"question": question, "stream": False, **({"generator": models[0]} if models else {})}
        reply = stage.call(Request(body=json.dumps(body, ensure_ascii=False).encode()), by=stage.desk)
        yield question, reply
        if reply.status == 429:
            time.sleep(float(reply.headers.get("retry-after", 1)))
        number += 1


def _figures(replies: list[tuple[str, Reply]], used_s: float) -> dict[str, float]:
    answered = [(question, one.answer) for question, one in replies if one.status == 200]
    refused = [one for _, one in replies if one.status == 429 and one.headers.get("retry-after")]
    own = sorted(_own_ms(answer) for _, answer in answered)
    wrong = [question for question, answer in answered if _QUESTIONS[question] not in _titles(answer)]
    return {
        "asked": len(replies),
        "answered": len(answered),
        "refused": len(refused),
        "wrong": len(wrong),
        "lost": len(replies) - len(answered) - len(refused),
        **_others(replies),
        "own_p50_ms": round(own[len(own) // 2]) if own else 0,
        "own_p99_ms": round(own[int(len(own) * 0.99)]) if own else 0,
        "cpu_ms_per_question": round(1000 * used_s / max(1, len(answered)), 1),
    }


def _others(replies: list[tuple[str, Reply]]) -> dict[str, float]:
    """How many by each other status."""
    found = [one.status for _, one in replies if one.status not in (200, 429)]
    return {f"status_{status}": found.count(status) for status in sorted(set(found))}


def _own_ms(answer: dict[str, Any]) -> float:
    return 1000.0 * sum(float(took) for stage, took in answer["seconds"].items() if stage != "generation")


def _titles(answer: dict[str, Any]) -> list[str]:
    return [one["title"] for one in answer["citations"]]


def _cpu_s(stage: Stage) -> float:
    """Processor time so far of the functions' own processes, which the emulator started."""
    root = int((stage.cloud.folder / "emulator.pid").read_text(encoding="ascii"))
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == root and int(stat.parent.name) != root:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
