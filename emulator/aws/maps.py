"""A Distributed Map as the service runs it: items in batches, results in a bucket, by the machine's role.

{"Items": [{"Key": "a.html"}, …]}          what each child gets
bulk/<run>/SUCCEEDED_0.json                what it answered, as ResultWriter keeps it
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from ministack.services import stepfunctions

from emulator.aws.sessions import client
from emulator.aws.states import role_of

_Answer = tuple[Any, Any]


def apply() -> None:
    """Put `_run` in the place of the emulator's own."""
    own = stepfunctions._run_distributed_map

    def run(
        state: Mapping[str, Any], raw: Any, effective: Any, iterator: Any, execution: Any, ctx: Any
    ) -> Any:
        role = role_of(execution)
        listing = str(state.get("ItemReader", {}).get("Resource", "")).endswith("s3:listObjectsV2")
        if not listing or not role:
            return own(state, raw, effective, iterator, execution, ctx)
        s3 = client("s3", role, "states")
        try:
            batches = _batches(s3, state, effective, ctx)
            inner = {name: value for name, value in state.items() if name not in ("ItemReader", "ItemsPath")}
            answer: _Answer = own({**inner, "ItemsPath": "$"}, raw, batches, iterator, execution, ctx)
            _write(s3, state, effective, ctx, execution)
        except ClientError as error:
            told = error.response["Error"]
            raise stepfunctions._ExecutionError(
                f"S3.{told.get('Code', 'Unknown')}", f"{told.get('Message', '')} (by {role})"
            ) from None
        return answer

    stepfunctions._run_distributed_map = run


def _batches(s3: Any, state: Mapping[str, Any], effective: Any, ctx: Any) -> list[dict[str, Any]]:
    reader = state["ItemReader"]
    wanted = stepfunctions._resolve_params_obj(reader.get("Parameters") or {}, effective, ctx)
    items = []
    for page in s3.get_paginator("list_objects_v2").paginate(**wanted):
        items += [
            {"Key": one["Key"], "Size": one["Size"], "Etag": one["ETag"]} for one in page.get("Contents", ())
        ]
    batcher = state.get("ItemBatcher", {})
    most, told = int(batcher.get("MaxItemsPerBatch", 1)), batcher.get("BatchInput")
    beside = {"BatchInput": told} if told else {}
    return [{**beside, "Items": items[at : at + most]} for at in range(0, len(items), most)]


def _write(s3: Any, state: Mapping[str, Any], effective: Any, ctx: Any, execution: Mapping[str, Any]) -> None:
    writer = state.get("ResultWriter")
    if not writer:
        return
    place = stepfunctions._resolve_params_obj(writer.get("Parameters") or {}, effective, ctx)
    runs = [
        one for one in stepfunctions._map_runs.values() if one["executionArn"] == execution["executionArn"]
    ]
    run = runs[-1]["mapRunArn"]
    children = [one for one in stepfunctions._executions.values() if one.get("mapRunArn") == run]
    folder = f"{place.get('Prefix', '').rstrip('/')}/{run.rpartition(':')[2]}"
    files: dict[str, list[dict[str, Any]]] = {}
    for status in ("SUCCEEDED", "FAILED"):
        told = [_told(one) for one in children if one["status"] == status]
        key = f"{folder}/{status}_0.json"
        if told:
            s3.put_object(Bucket=place["Bucket"], Key=key, Body=json.dumps(told).encode())
        files[status] = [{"Key": key}] if told else []
    manifest = {"DestinationBucket": place["Bucket"], "MapRunArn": run, "ResultFiles": files}
    s3.put_object(Bucket=place["Bucket"], Key=f"{folder}/manifest.json", Body=json.dumps(manifest).encode())


def _told(child: Mapping[str, Any]) -> dict[str, Any]:
    named = {"ExecutionArn": "executionArn", "Name": "name", "Status": "status", "Input": "input"}
    told = {name: child.get(own) for name, own in named.items()}
    return told | {"Output": child.get("output"), "Error": child.get("error"), "Cause": child.get("cause")}
