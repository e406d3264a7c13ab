"""Runs a definition in Amazon States Language here, as far as ours use it; the services are functions.

    run(definition, {"package": "arn:…"}, services)      # Course(path=["Current", …], output={…}, error="")

States Pass, Choice, Task, Wait, Succeed and Fail, JSONPath, and the intrinsic functions that ours name.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Service = Callable[[dict[str, Any]], Any]
_MOST_STEPS = 200
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_CALL = re.compile(r"States\.(\w+)\((.*)\)", re.DOTALL)
_ARGUMENT = re.compile(r"'[^']*'|\$[$\w.\[\]]*|States\.\w+\([^()]*\)")


class Refused(Exception):
    """What a service says no with."""


@dataclass(kw_only=True)
class Course:
    """The states that were passed, what came out, and the error of a Fail state."""

    path: list[str] = field(default_factory=list)
    output: Any = None
    error: str = ""


def run(definition: Mapping[str, Any], given: Any, services: Mapping[str, Service]) -> Course:
    """Follow `definition` to its end. A service is named as in its resource: ssm:getParameter."""
    course, now, data = Course(), definition["StartAt"], given
    context = {"Execution": {"Input": given}}
    for _ in range(_MOST_STEPS):
        state = definition["States"][now]
        course.path.append(now)
        if state["Type"] in ("Succeed", "Fail"):
            course.output, course.error = data, state.get("Error", "")
            return course
        now, data = _passed(state, data, context, services)
    raise AssertionError(f"no end after {_MOST_STEPS} states: {course.path[-6:]}")


def _passed(
    state: Mapping[str, Any], data: Any, context: Any, services: Mapping[str, Service]
) -> tuple[str, Any]:
    if state["Type"] == "Choice":
        taken = [each["Next"] for each in state["Choices"] if _holds(each, data)]
        return (taken[0] if taken else state["Default"]), data
    if state["Type"] == "Wait":
        return state["Next"], data
    given = _filled(state["Parameters"], data, context) if "Parameters" in state else data
    if state["Type"] == "Pass":
        return state["Next"], _put(data, state.get("ResultPath", "$"), state.get("Result", given))
    assert state["Type"] == "Task", state["Type"]
    name = state["Resource"].partition(":::")[2].removeprefix("aws-sdk:")
    try:
        result = services[name](given)
    except Refused as refusal:
        caught = state["Catch"][0]
        assert caught["ErrorEquals"] == ["States.ALL"]
        said = {"Error": "Refused", "Cause": str(refusal)}
        return caught["Next"], _put(data, caught["ResultPath"], said)
    if "ResultSelector" in state:
        result = _filled(state["ResultSelector"], result, context)
    return state["Next"], _put(data, state.get("ResultPath", "$"), result)


def _filled(template: Any, data: Any, context: Any) -> Any:
    if isinstance(template, dict):
        return {
            key.removesuffix(".$"): _value(part, data, context)
            if key.endswith(".$")
            else _filled(part, data, context)
            for key, part in template.items()
        }
    return template


def _value(text: str, data: Any, context: Any) -> Any:
    call = _CALL.fullmatch(text)
    if call:
        arguments = [_value(each, data, context) for each in _ARGUMENT.findall(call[2])]
        return _INTRINSICS[call[1]](*arguments)
    if text.startswith("'"):
        return text[1:-1]
    return _at(context, text[1:]) if text.startswith("$$") else _at(data, text)


_INTRINSICS: dict[str, Callable[..., Any]] = {
    "Format": lambda text, *values: text.format(*values),
    "StringSplit": lambda text, mark: [part for part in text.split(mark) if part],
    "JsonToString": json.dumps,
}


def _at(data: Any, path: str) -> Any:
    for name, place in _STEP.findall(path):
        data = data[name] if name else data[int(place)]
    return data


def _put(data: Any, path: str, value: Any) -> Any:
    return value if path == "$" else {**data, path.removeprefix("$."): value}


def _holds(rule: Mapping[str, Any], data: Any) -> bool:
    if "And" in rule or "Not" in rule:
        parts = rule.get("And") or [rule["Not"]]
        return all(_holds(each, data) for each in parts) is ("And" in rule)
    try:
        value = _at(data, rule["Variable"])
    except (KeyError, IndexError, TypeError):
        return not rule["IsPresent"] if "IsPresent" in rule else False
    if "IsPresent" in rule:
        return bool(rule["IsPresent"])
    if "StringMatches" in rule:
        return fnmatchcase(value, rule["StringMatches"].replace("[", "[[]"))
    other = _at(data, rule["StringEqualsPath"]) if "StringEqualsPath" in rule else rule["StringEquals"]
    return bool(value == other)
