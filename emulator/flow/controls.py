"""Negative controls: what has to fail, fails, as it is named, and leaves everything as it was.

A NAT, a public bucket and a wildcard fail the synth already: tests/infra/test_safeguards.py.
"""

import json

from botocore.exceptions import ClientError

from emulator.deployment import DeploymentFailed
from emulator.flow import Step
from emulator.stage import Stage, require


def unknown_type(stage: Stage) -> str:
    """A template with a type that nobody knows is refused before anything is made."""
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "What": {"Type": "AWS::Made::Up"}},
    }
    api, name = stage.cloud.client("cloudformation"), f"{stage.name}-made-up"
    try:
        api.create_stack(StackName=name, TemplateBody=json.dumps(template))
    except ClientError as error:
        told = str(error)
    else:
        told = ""
    require("Unrecognized resource types: [AWS::Made::Up]" in told, "refused by name", seen=told)
    stacks = [one["StackName"] for one in api.describe_stacks()["Stacks"]]
    require(name not in stacks, "nothing was made", seen=stacks)
    return told[-80:]


def half_way(stage: Stage) -> str:
    """A deployment whose custom resource fails half-way rolls back, and questions are answered all along."""
    config = stage.cloud.folder / "another-engine.toml"
    text = stage.deployment.path.read_text(encoding="utf-8")
    version = stage.deployment.aws.search.engine
    wanted = text.replace(f'engine = "{version}"', 'engine = "2.17"')
    if wanted == text:
        wanted = f'{text}\n[aws.search]\nengine = "2.17"\n'
    config.write_text(wanted, encoding="utf-8")
    try:
        stage.deploy(config, f"{stage.name}-search-domain")
    except DeploymentFailed:
        pass
    else:
        require(False, "the deployment fails")
    api = stage.cloud.client("cloudformation")
    events = api.describe_stack_events(StackName=f"{stage.name}-search-domain")["StackEvents"]
    told = "\n".join(one.get("ResourceStatusReason", "") for one in events)
    require("not offered for OpenSearch_2.17" in told, "the custom resource says why", seen=told)
    state = api.describe_stacks(StackName=f"{stage.name}-search-domain")["Stacks"][0]["StackStatus"]
    require(state == "UPDATE_ROLLBACK_COMPLETE", "rolled back", seen=state)
    reply = stage.ask("온가족 결합의 2회선 월 할인은 얼마인가요?", by=stage.desk)
    require(bool(reply.answer["citations"]), "questions are answered as before", seen=reply.text)
    return f"{state}: analysis-nori is not offered for OpenSearch_2.17; questions answered as before"


STEPS = (
    Step(what="control: an unknown type is refused before anything is made", run=unknown_type),
    Step(what="control: a deployment that fails half-way rolls back", run=half_way),
)
