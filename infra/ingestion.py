"""Documents and their way into the index: bucket, queue, function, and the bulk load that calls the same one.

    bucket → queue → function → index     each change, within minutes; what fails for good: the dead letters
    Distributed Map over the bucket → the same function, then its sweep         all of it, as often as needed

The bucket lives here, beside its queue: in a stack of its own the two would depend on each other in a circle.
"""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import Watch
from infra.bulk_load import BulkLoad
from infra.functions import Functions, Inside, settings_variable
from infra.landing_zone import LandingZone
from infra.safeguards import acknowledge
from infra.search_domain import SearchDomain
from infra.stack import DeploymentStack
from infra.storage import bucket_name, private_bucket
from ragtune.deployment import Deployment
from ragtune.feedback import FOLDER
from ragtune.lexicon import LEXICON

_TIMEOUT_S = 600  # a page with many large attachments
# AWS advises six times the function's time, for functions that are throttled; `max_concurrency` keeps this
# one from it. So what failed for a passing reason comes again within minutes.
_AGAIN_S = _TIMEOUT_S + 60
_TRIES = 10  # before a message goes to the dead letters: two hours for a node to come back
_WORDS_EVERY_MIN = 5
_INVENTORIES_DAYS = 14
_EVENTS = (
    "s3:ObjectCreated:*",
    "s3:ObjectRemoved:*",
    "s3:LifecycleExpiration:*",
    "s3:ObjectRestore:Completed",
)


class Ingestion(DeploymentStack):
    """`documents` and `state` (buckets), `role` of the function; `grant_…` for who answers."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        landing_zone: LandingZone,
        search: SearchDomain,
        functions: Functions,
    ) -> None:
        super().__init__(
            scope, "ingestion", deployment=deployment, description="Documents and their way into the index"
        )
        self._aws, self._zone = deployment.aws, landing_zone
        key, logs = landing_zone.keys["documents"], landing_zone.access_logs
        self._letters = self._queue("DeadLetters", "dead-letters")
        self._queued = self._queue("Queue", "documents", letters=self._letters)
        sending = self._let_bucket_send()
        self.documents = private_bucket(self, "documents", aws=self._aws, key=key, access_logs=logs)
        self._notify(sending)
        self.state = private_bucket(self, "state", aws=self._aws, key=key, access_logs=logs)
        self._take_inventory()
        self.role = functions.role(self, "Role", "brings pages in", named=f"{self._aws.name}-ingest")
        variables = {
            "SETTINGS": settings_variable(deployment, search.url),
            "DOCUMENTS": f"s3://{bucket_name(self._aws, 'documents', self)}",
            "STATE": f"s3://{bucket_name(self._aws, 'state', self)}",
            "METRICS": self._aws.name,
        }
        work = Inside(
            source="ingest",
            caller="ingest",
            memory_mib=self._aws.functions.ingest_memory_mib,
            timeout_s=_TIMEOUT_S,
            variables=variables,
        )
        function = functions.inside(self, "Ingest", self.role, work)
        self._grant_own()
        self._poll(function)
        self._learn(function)
        BulkLoad(self, aws=self._aws, function=function, documents=self.documents, state=self.state,
                 log_key=landing_zone.keys["logs"])  # fmt: skip
        self._watch()

    def grant_files(self, role: iam.Role) -> None:
        """Attachments, read by whoever hands them out."""
        self._allow(role, "documents", ["s3:GetObject"], "Every file that a page refers to may be asked for.")
        self._allow_key(role, ["kms:Decrypt"])

    def grant_words(self, role: iam.Role) -> None:
        """What documents say about words, read by whoever answers: one object, nothing else of the state."""
        words = f"arn:{self.partition}:s3:::{bucket_name(self._aws, 'state', self)}/{LEXICON}"
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[words]))

    def grant_feedback(self, role: iam.Role) -> None:
        """What people say of answers, left by whoever takes it: written and never read."""
        why = "Each feedback has a record of its own; it may write them, and neither read nor list one."
        self._allow(role, "state", ["s3:PutObject"], why, under=FOLDER)
        self._allow_key(role, ["kms:GenerateDataKey"])

    def _queue(self, label: str, purpose: str, letters: sqs.Queue | None = None) -> sqs.Queue:
        redrive = sqs.DeadLetterQueue(queue=letters, max_receive_count=_TRIES) if letters else None
        queue = sqs.Queue(
            self,
            label,
            queue_name=f"{self._aws.name}-{purpose}",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._zone.keys["documents"],
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            visibility_timeout=cdk.Duration.seconds(_AGAIN_S),
            dead_letter_queue=redrive,
        )
        if letters is None:
            acknowledge(
                queue, "AwsSolutions-SQS3", "It is the queue of dead letters; theirs would never end."
            )
        return queue

    def _let_bucket_send(self) -> sqs.QueuePolicy:
        bucket = f"arn:{self.partition}:s3:::{bucket_name(self._aws, 'documents', self)}"
        self._queued.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EventsOfTheDocuments",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self._queued.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": bucket},
                    "StringEquals": {"aws:SourceAccount": self.account},
                },
            )
        )
        policy = self._queued.node.find_child("Policy")
        assert isinstance(policy, sqs.QueuePolicy)  # noqa: S101  made by the statement
        return policy

    def _notify(self, sending: sqs.QueuePolicy) -> None:
        resource = self.documents.node.default_child
        assert isinstance(resource, s3.CfnBucket)  # noqa: S101  every bucket has one
        # The L2's way is a function of CDK's that may change any bucket's notifications.
        made = s3.CfnBucket
        resource.notification_configuration = made.NotificationConfigurationProperty(
            queue_configurations=[
                made.QueueConfigurationProperty(event=event, queue=self._queued.queue_arn)
                for event in _EVENTS
            ]
        )
        self.documents.node.add_dependency(sending)  # S3 tries the queue when it is told of it

    def _take_inventory(self) -> None:
        """Every day a list of all documents, for bulk loads of more than a listing is good for."""
        self.documents.add_inventory(
            destination=s3.InventoryDestination(
                bucket=self.state, bucket_owner=self.account, prefix="inventory"
            ),
            inventory_id="documents",
            format=s3.InventoryFormat.CSV,
            frequency=s3.InventoryFrequency.DAILY,
            include_object_versions=s3.InventoryObjectVersion.CURRENT,
        )
        self.state.add_lifecycle_rule(
            id="inventories", prefix="inventory/", expiration=cdk.Duration.days(_INVENTORIES_DAYS)
        )

    def _grant_own(self) -> None:
        objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        self._allow(self.role, "documents", objects[:1], "Any page or file of the documents may change.")
        self._allow(self.role, "state", objects, "Every page that is set aside has its own record there.")
        listing = ["s3:ListBucket", "s3:ListBucketVersions"]
        self.role.add_to_policy(iam.PolicyStatement(actions=listing, resources=[self.documents.bucket_arn]))
        self.role.add_to_policy(iam.PolicyStatement(actions=listing[:1], resources=[self.state.bucket_arn]))
        self._allow_key(self.role, ["kms:Decrypt", "kms:GenerateDataKey"])
        receiving = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        self.role.add_to_policy(iam.PolicyStatement(actions=receiving, resources=[self._queued.queue_arn]))

    def _allow(self, role: iam.Role, purpose: str, actions: list[str], why: str, under: str = "") -> None:
        """On all objects `under` a prefix of the bucket for `purpose`, by its known name: no stack waits for
        another."""
        objects = f"arn:{self.partition}:s3:::{bucket_name(self._aws, purpose, self)}/{under}*"
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[objects]))
        shown = f"arn:aws:s3:::{self._aws.name}-{purpose}-<AWS::AccountId>-{self._aws.region}/{under}*"
        acknowledge(role, f"AwsSolutions-IAM5[Resource::{shown}]", why)

    def _allow_key(self, role: iam.Role, actions: list[str]) -> None:
        key = self._zone.keys["documents"].key_arn
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[key]))

    def _poll(self, function: lambda_.Function) -> None:
        mapping = lambda_.EventSourceMapping(
            self,
            "Events",
            target=function,
            event_source_arn=self._queued.queue_arn,
            batch_size=5,
            report_batch_item_failures=True,
            max_concurrency=self._aws.functions.ingest_concurrency,
        )
        mapping.node.add_dependency(self.role)

    def _learn(self, function: lambda_.Function) -> None:
        """Now and then, for all documents at once: many at a time bring pages in, and share one lexicon."""
        told = events.RuleTargetInput.from_object({"words": True})
        events.Rule(
            self,
            "Words",
            description=f"{self._aws.name}: learn what the documents say about words",
            schedule=events.Schedule.rate(cdk.Duration.minutes(_WORDS_EVERY_MIN)),
            targets=[events_targets.LambdaFunction(function, event=told, retry_attempts=0)],
        )

    def _watch(self) -> None:
        queues = {"QueueName": f"{self._aws.name}-documents"}, {"QueueName": f"{self._aws.name}-dead-letters"}
        (queue, letters), own = queues, self._aws.name
        age = "ApproximateAgeOfOldestMessage"
        for watch in (
            Watch(namespace="AWS/SQS", metric=age, dimensions=queue, threshold=900, periods=5,
                  means="changes wait for more than 15 minutes"),
            Watch(namespace="AWS/SQS", metric="ApproximateNumberOfMessagesVisible", dimensions=letters,
                  threshold=1, means="an event failed for good: look at the dead letters, then redrive them"),
            Watch(namespace=own, metric="PagesSetAside", threshold=20, minutes=60, statistic="Sum",
                  means="many pages can't be read: ragtune bulk status names them"),
        ):  # fmt: skip
            self._zone.alarms.watch(self, watch)
