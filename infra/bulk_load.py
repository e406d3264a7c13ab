"""All documents at once: a Distributed Map over what lies in the bucket calls the function that events call.

    list, or an inventory of the bucket → [batches of ten keys] → function, some at a time
         → result per batch in the state's bucket → sweep → words

A listing is of now, a thousand keys a request; S3's inventory is of the last day, and for many millions.

What is unchanged is skipped, so a load that was stopped goes on where it was: redrive it, or start another.
"""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.safeguards import acknowledge
from infra.storage import log_group
from ragtune.deployment import AwsSettings

_KEYS_A_CALL = 10


class BulkLoad(Construct):
    """The state machine `<deployment>-bulk`; people use `ragtune bulk start` and `ragtune bulk status`."""

    def __init__(
        self,
        scope: Construct,
        *,
        aws: AwsSettings,
        function: lambda_.Function,
        documents: s3.Bucket,
        state: s3.Bucket,
        log_key: kms.IKey,
    ) -> None:
        super().__init__(scope, "BulkLoad")
        self._aws, self._function, self._state = aws, function, state
        sweep = self._call("Sweep", sfn.TaskInput.from_object({"sweep": True}))
        words = self._call("Words", sfn.TaskInput.from_object({"words": True}))
        listed = self._map("Pages", sfn.S3ObjectsItemReader(bucket=documents))
        manifest = sfn.S3ManifestItemReader(bucket=state, key=sfn.JsonPath.string_at("$.inventory"))
        inventory = self._map("Inventory", manifest, {"inventory": True})
        by = sfn.Choice(self, "By").when(sfn.Condition.is_present("$.inventory"), inventory.next(sweep))
        by.otherwise(listed.next(sweep.next(words)))
        log = log_group(self, "Log", aws=aws, key=log_key, path=f"/aws/vendedlogs/states/{aws.name}-bulk")
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=f"{aws.name}-bulk",
            definition_body=sfn.DefinitionBody.from_chainable(by),
            tracing_enabled=True,
            timeout=cdk.Duration.days(2),
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=False),
        )
        self._grant_key(documents)
        self._say_why(function, state)

    def _map(
        self, name: str, reader: sfn.IItemReader, told: dict[str, bool] | None = None
    ) -> sfn.DistributedMap:
        """Batches of what `reader` gives, each with what is `told` beside it."""
        pages = sfn.DistributedMap(
            self,
            name,
            item_reader=reader,
            item_batcher=sfn.ItemBatcher(max_items_per_batch=_KEYS_A_CALL, batch_input=told),
            max_concurrency=self._aws.functions.ingest_concurrency,
            tolerated_failure_percentage=5,  # some batches must not stop the others; the map says which
            result_writer_v2=sfn.ResultWriterV2(bucket=self._state, prefix="bulk"),
            result_path=sfn.JsonPath.DISCARD,
        )
        pages.item_processor(self._call(f"Bring{name}"))
        return pages

    def _call(self, name: str, payload: sfn.TaskInput | None = None) -> tasks.LambdaInvoke:
        call = tasks.LambdaInvoke(
            self, name, lambda_function=self._function, payload=payload, payload_response_only=True,
            retry_on_service_exceptions=False,
        )  # fmt: skip
        call.add_retry(
            errors=["States.ALL"],
            interval=cdk.Duration.seconds(5),
            backoff_rate=2,
            max_attempts=6,
            max_delay=cdk.Duration.minutes(5),
            jitter_strategy=sfn.JitterType.FULL,
        )
        return call

    def _grant_key(self, documents: s3.Bucket) -> None:
        """For the results that it writes; of the documents it reads names alone."""
        if documents.encryption_key:
            actions = ["kms:GenerateDataKey", "kms:Decrypt"]
            key = documents.encryption_key.key_arn
            self.machine.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=[key]))

    def _say_why(self, function: lambda_.Function, state: s3.Bucket) -> None:
        stack = cdk.Stack.of(self)

        def logical(construct: Construct) -> str:
            resource = construct.node.default_child
            assert isinstance(resource, cdk.CfnElement)  # noqa: S101
            return stack.get_logical_id(resource)

        results = "Each run writes results of its own, and stops and redrives runs of its own."
        machine = f'{{"Fn::Select":[6,{{"Fn::Split":[":",{{"Ref":"{logical(self.machine)}"}}]}}]}}'
        runs = f"arn:aws:states:{stack.region}:<AWS::AccountId>:execution:{machine}"
        for pattern in (
            f"<{logical(function)}.Arn>:*",
            f"arn:<AWS::Partition>:s3:::<{logical(state)}>/*",
            f"{runs}:*",
            f"{runs}/*:*",
            "*",
        ):
            acknowledge(self.machine, f"AwsSolutions-IAM5[Resource::{pattern}]", results)
