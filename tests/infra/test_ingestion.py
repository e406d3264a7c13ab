"""What ingestion claims, held against its templates, and against templates that break it."""

import json
from typing import Any

import pytest

from tests.infra.claims import Claim, claim, contradictions, first, of
from tests.infra.synthesis import Template, whole
from tests.infra.test_functions import allow, listed, may, one

CLAIMS: list[Claim] = []


def bucket(template: Template, purpose: str) -> dict[str, Any]:
    """The bucket for that purpose."""
    for _, each in of(template, "AWS::S3::Bucket"):
        if f"-{purpose}-" in str(each["BucketName"]):
            return each
    raise LookupError(purpose)


def queue(template: Template, purpose: str) -> dict[str, Any]:
    """The queue for that purpose."""
    return next(each for _, each in of(template, "AWS::SQS::Queue") if each["QueueName"].endswith(purpose))


def events(template: Template) -> list[dict[str, Any]]:
    """What the documents' bucket tells, and whom."""
    told: list[dict[str, Any]] = bucket(template, "documents")["NotificationConfiguration"][
        "QueueConfigurations"
    ]
    return told


def mapping(template: Template) -> dict[str, Any]:
    """How the function gets its messages."""
    ((_, found),) = of(template, "AWS::Lambda::EventSourceMapping")
    return found


def machine(template: Template) -> dict[str, Any]:
    """The bulk load's definition."""
    ((_, found),) = [
        each for each in of(template, "AWS::StepFunctions::StateMachine") if "StateMachineName" in each[1]
    ]
    parts = found["DefinitionString"]["Fn::Join"][1]
    told: dict[str, Any] = json.loads("".join(part if isinstance(part, str) else "X" for part in parts))
    return told


@claim(CLAIMS, breaks=lambda t: events(t).pop(1))
def changes_and_deletions_are_told(template: Template) -> list[str]:
    wanted = {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}
    return sorted(wanted - {each["Event"] for each in events(template)})


@claim(CLAIMS, breaks=lambda t: queue(t, "-documents").pop("RedrivePolicy"))
def what_fails_for_good_is_kept(template: Template) -> list[str]:
    redrive = queue(template, "-documents").get("RedrivePolicy", {})
    letters = queue(template, "-dead-letters")
    kept = letters["MessageRetentionPeriod"] == 14 * 86_400
    return [] if redrive.get("maxReceiveCount", 0) > 1 and kept else [str(redrive)]


@claim(CLAIMS, breaks=lambda t: queue(t, "-documents").update(VisibilityTimeout=60))
def nobody_else_takes_a_message_while_one_works(template: Template) -> list[str]:
    waits, works = queue(template, "-documents")["VisibilityTimeout"], one(template, "ingest")["Timeout"]
    return [] if works < waits else [f"{waits} s for {works} s"]


@claim(CLAIMS, breaks=lambda t: mapping(t).pop("ScalingConfig"))
def what_failed_comes_again_within_minutes(template: Template) -> list[str]:
    waits = queue(template, "-documents")["VisibilityTimeout"]
    bounded = mapping(template).get("ScalingConfig", {}).get("MaximumConcurrency", 0) >= 2
    return [] if waits <= 900 and bounded else [f"after {waits} s; as many at once as {bounded}"]


@claim(CLAIMS, breaks=lambda t: mapping(t).pop("FunctionResponseTypes"))
def one_bad_message_holds_up_no_other(template: Template) -> list[str]:
    return (
        []
        if mapping(template).get("FunctionResponseTypes") == ["ReportBatchItemFailures"]
        else ["all or none"]
    )


@claim(CLAIMS, breaks=lambda t: mapping(t)["ScalingConfig"].update(MaximumConcurrency=1_000))
def not_too_many_write_at_once(template: Template) -> list[str]:
    most = mapping(template)["ScalingConfig"]["MaximumConcurrency"]
    return [] if most <= 10 else [str(most)]


@claim(CLAIMS, breaks=lambda t: sending(t)["Condition"].pop("ArnEquals"))
def only_the_documents_bucket_sends(template: Template) -> list[str]:
    condition = str(sending(template).get("Condition"))
    return [key for key in ("aws:SourceArn", "aws:SourceAccount") if key not in condition]


def sending(template: Template) -> dict[str, Any]:
    """The statement that lets S3 send."""
    statements = [
        statement
        for _, policy in of(template, "AWS::SQS::QueuePolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    found: dict[str, Any] = statements[0]
    assert found["Principal"] == {"Service": "s3.amazonaws.com"}
    return found


@claim(
    CLAIMS,
    breaks=lambda t: allow(t, "ingest", "s3:PutObject", "x-documents-y/*"),
)
def the_function_changes_no_document(template: Template) -> list[str]:
    writing = ("s3:Put", "s3:Delete", "s3:*")
    return [
        str(statement)
        for statement in may(template, "ingest")
        for action in listed(statement["Action"])
        if action.startswith(writing) and "-documents-" in str(statement["Resource"])
    ]


@claim(CLAIMS, breaks=lambda t: allow(t, "answer", "s3:GetObject", "x-state-y/feedback/*"))
@claim(CLAIMS, breaks=lambda t: allow(t, "answer", "s3:PutObject", "x-state-y/*"))
@claim(CLAIMS, breaks=lambda t: allow(t, "answer", "s3:DeleteObject", "x-state-y/feedback/0.json"))
def who_answers_leaves_feedback_and_neither_reads_nor_removes_it(template: Template) -> list[str]:
    held = [
        (action, str(resource).rpartition("/")[0].rpartition("/")[2], str(resource).endswith(("*", "*']]}")))
        for statement in may(template, "answer")
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if action.startswith("s3:") and "-state-" in str(resource)
    ]
    wanted = {("s3:PutObject", "feedback", True), ("s3:GetObject", "words", False)}
    return sorted(map(str, set(held) ^ wanted))


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::Events::Rule").update(ScheduleExpression="rate(1 day)"))
def words_are_learnt_every_few_minutes_and_after_a_bulk_load(template: Template) -> list[str]:
    wrong = []
    for _, rule in of(template, "AWS::Events::Rule"):
        if rule["ScheduleExpression"] != "rate(5 minutes)" or rule["Targets"][0]["Input"] != '{"words":true}':
            wrong.append(str(rule))
    words = machine(template)["States"][machine(template)["States"]["Sweep"]["Next"]]
    return wrong if words["Parameters"] == {"words": True} else [*wrong, str(words)]


@claim(CLAIMS, breaks=lambda t: sets(t, lambda m: m["States"]["Pages"].pop("ResultWriter")))
@claim(CLAIMS, breaks=lambda t: sets(t, lambda m: m["States"]["Inventory"].pop("MaxConcurrency")))
@claim(CLAIMS, breaks=lambda t: sets(t, lambda m: m["States"]["Inventory"].update(Next="Words")))
def a_bulk_load_is_bounded_resumable_and_swept(template: Template) -> list[str]:
    states = machine(template)["States"]
    sweep = states["Sweep"]
    wrong = [] if sweep["Retry"] and sweep["Parameters"] == {"sweep": True} else ["no sweep"]
    for name in ("Pages", "Inventory"):
        pages = states[name]
        call = pages["ItemProcessor"]["States"][f"Bring{name}"]
        if (
            pages["ItemProcessor"]["ProcessorConfig"]["Mode"] != "DISTRIBUTED"
            or "MaxConcurrency" not in pages
        ):
            wrong.append(f"{name}: not a bounded distributed map")
        if not call["Retry"] or "ResultWriter" not in pages or pages["Next"] != "Sweep":
            wrong.append(f"{name}: gives up at once, no results or not swept")
    return wrong


@claim(CLAIMS, breaks=lambda t: sets(t, lambda m: m["States"]["Inventory"]["ItemBatcher"].pop("BatchInput")))
@claim(CLAIMS, breaks=lambda t: sets(t, lambda m: m["States"]["By"].update(Default="Inventory")))
def an_inventory_is_gone_by_where_one_is_named(template: Template) -> list[str]:
    states = machine(template)["States"]
    (named,) = states["By"]["Choices"]
    reader, batch = states["Inventory"]["ItemReader"], states["Inventory"]["ItemBatcher"]
    found = (
        (named["Variable"], named["IsPresent"], named["Next"], states["By"]["Default"]),
        (reader["ReaderConfig"]["InputType"], reader["Parameters"]["Key.$"], batch.get("BatchInput")),
    )
    wanted = (
        ("$.inventory", True, "Inventory", "Pages"),
        ("MANIFEST", "$.inventory", {"inventory": True}),
    )
    return [] if found == wanted else [str(found)]


def inventory(template: Template) -> dict[str, Any]:
    """What S3 lists of the documents by itself."""
    found: dict[str, Any] = bucket(template, "documents")["InventoryConfigurations"][0]
    return found


@claim(CLAIMS, breaks=lambda t: inventory(t).update(Enabled=False))
@claim(CLAIMS, breaks=lambda t: inventory(t)["Destination"].update(BucketArn="arn:aws:s3:::elsewhere"))
@claim(CLAIMS, breaks=lambda t: bucket(t, "state")["LifecycleConfiguration"]["Rules"].pop())
def an_inventory_is_taken_every_day_kept_in_the_state_for_a_while(template: Template) -> list[str]:
    told = inventory(template)
    rules = bucket(template, "state")["LifecycleConfiguration"]["Rules"]
    ends = [rule.get("ExpirationInDays") for rule in rules if rule.get("Prefix") == "inventory/"]
    wrong = [] if ends == [14] else ["kept for ever"]
    if (told["Enabled"], told["ScheduleFrequency"], told["IncludedObjectVersions"]) != (
        True,
        "Daily",
        "Current",
    ):
        wrong.append("not every day, of what is there")
    if told["Destination"]["Format"] != "CSV" or "State" not in str(told["Destination"]["BucketArn"]):
        wrong.append("not where the bulk load reads it")
    return wrong


def sets(template: Template, change: Any) -> None:
    """Change the bulk load's definition."""
    ((_, found),) = [
        each for each in of(template, "AWS::StepFunctions::StateMachine") if "StateMachineName" in each[1]
    ]
    told = machine(template)
    change(told)
    found["DefinitionString"] = {"Fn::Join": ["", [json.dumps(told)]]}


@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
def test_claim_holds_and_can_fail(told: Claim, templates: dict[str, Template]) -> None:
    holds, broken = contradictions(told, whole(templates))
    assert holds == []
    assert broken != []


def test_the_bucket_waits_for_the_queues_policy(dev: dict[str, Template]) -> None:
    resources = dev["ingestion"]["Resources"]
    policies = {name for name, each in resources.items() if each["Type"] == "AWS::SQS::QueuePolicy"}
    documents = next(
        each for each in resources.values() if "NotificationConfiguration" in each.get("Properties", {})
    )
    assert policies & set(documents["DependsOn"])


def test_stacks_do_not_depend_on_each_other_in_a_circle(templates: dict[str, Template]) -> None:
    needs = {
        stack: {other for other in templates if f"'StackName': 'ragtune-{name}-{other}'" in str(template)}
        for name in ("dev", "prod")
        for stack, template in templates.items()
        if f"ragtune-{name}-" in str(template)
    }
    done: set[str] = set()
    while ready := {stack for stack in templates if stack not in done and needs.get(stack, set()) <= done}:
        done |= ready
    assert done == set(templates)
