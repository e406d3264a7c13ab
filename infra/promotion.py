"""Who decides which model serves, and may change it: the parameter, the state machine, and their roles.

    approval of a package ─┐
    ragtune model …       ─┼→ state machine → parameter → CloudFormation updates the endpoint's one stack
    nobody asked for long ─┘                                            by a role that may do no more

The roles stand here and not in the endpoint's stack, so that an update of it can change no permission.
"""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.alarms import Watch
from infra.landing_zone import LandingZone
from infra.promotion_roles import change_role, model_role
from infra.promotion_states import Place, machine
from infra.safeguards import acknowledge
from infra.stack import DeploymentStack
from infra.storage import bucket_name, log_group
from ragtune.deployment import Deployment
from ragtune.endpoint_settings import Endpoint
from ragtune.promotion import RECORD, Names, Served

_HOURS = 4  # of a change: a new instance and 25 GB of weights, a canary, and the way back


class Promotion(DeploymentStack):
    """`model_role` of the container, `change_role` of CloudFormation, and the state `machine`."""

    def __init__(
        self, scope: Construct, *, deployment: Deployment, landing_zone: LandingZone, endpoint: Endpoint
    ) -> None:
        super().__init__(
            scope, "promotion", deployment=deployment, description="Which model serves, and who may change it"
        )
        self._aws, self._zone, self._endpoint = deployment.aws, landing_zone, endpoint
        self._names = Names(name=self._aws.name)
        self._parameters()
        key = landing_zone.keys["models"].key_arn
        self.model_role = model_role(self, self._aws, endpoint, key)
        self.change_role = change_role(self, self._aws, endpoint, self.model_role)
        self._role = self._machine_role()
        self.machine = self._machine()
        self._triggers()
        self._let_callers()
        watch = Watch(
            namespace="AWS/States",
            metric="ExecutionsFailed",
            statistic="Sum",
            dimensions={"StateMachineArn": self.machine.state_machine_arn},
            threshold=1,
            minutes=5,
            means="a model does not serve that should: see the executions of the state machine",
        )
        landing_zone.alarms.watch(self, watch)

    def grant_invoke(self, role: iam.IRole) -> None:
        """Let `role` ask the model, and read which one answers."""
        role.add_to_principal_policy(self._invoke())
        read = f"{self._zone.models.bucket_arn}/{RECORD}"
        key = self._zone.keys["models"].key_arn
        role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[read]))
        role.add_to_principal_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[key]))

    def _invoke(self) -> iam.PolicyStatement:
        """A stream takes the right to invoke as well."""
        asked = [("endpoint", self._names.endpoint)]
        if not self._endpoint.merged:
            asked.append(("inference-component", self._names.component))
        return iam.PolicyStatement(
            actions=["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"],
            resources=[
                self.format_arn(service="sagemaker", resource=kind, resource_name=name)
                for kind, name in asked
            ],
        )

    def _let_callers(self) -> None:
        """The policy that a role of aws.model.callers gets from whoever owns it; the way lets no other in."""
        if self._endpoint.settings.callers:
            iam.ManagedPolicy(
                self,
                "Invoke",
                managed_policy_name=f"{self._aws.name}-invoke",
                description=f"{self._aws.name}: ask the model itself",
                statements=[self._invoke()],
            )

    def _parameters(self) -> None:
        """CloudFormation writes them once: a value that the template does not change is left as it is."""
        for label, name in (("Current", self._names.current), ("Previous", self._names.previous)):
            ssm.CfnParameter(
                self,
                label,
                name=name,
                type="String",
                value=Served().text,
                description=f"{self._aws.name}: the model that serves, or did before; set by promotions",
            )

    def _machine(self) -> sfn.StateMachine:
        place = Place(
            names=self._names,
            partition=self.partition,
            role=self.change_role.role_arn,
            topic=self._zone.alarms.topic.topic_arn,
            bucket=bucket_name(self._aws, "models", self),
        )
        path = f"/aws/vendedlogs/states/{self._names.machine}"
        log = log_group(self, "Log", aws=self._aws, key=self._zone.keys["logs"], path=path)
        made = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self._names.machine,
            definition_body=sfn.DefinitionBody.from_string(self.to_json_string(machine(place))),
            role=self._role,
            tracing_enabled=True,
            timeout=cdk.Duration.hours(_HOURS),
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL),
        )
        logging = "Step Functions' own deliveries of logs and traces know no resource that exists before."
        acknowledge(self._role, "AwsSolutions-IAM5[Resource::*]", logging)
        return made

    def _machine_role(self) -> iam.Role:
        """It may update that one stack, by that one role: whoever changed the template would gain nothing."""
        name, stack = (
            self._aws.name,
            self.format_arn(
                service="cloudformation", resource="stack", resource_name=f"{self._names.endpoint}/*"
            ),
        )
        role = iam.Role(
            self,
            "MachineRole",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": self.account}}
            ),
            description=f"{name}: changes which model serves",
        )
        by = {"StringEquals": {"cloudformation:RoleArn": self.change_role.role_arn}}
        passed = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
        values = [self._parameter(each) for each in (self._names.current, self._names.previous)]
        packages = self.format_arn(service="sagemaker", resource="model-package", resource_name=f"{name}/*")
        topic, key = self._zone.alarms.topic.topic_arn, self._zone.keys["logs"].key_arn
        for actions, resource, conditions in (
            (["cloudformation:UpdateStack"], [stack], by),
            (["cloudformation:DescribeStacks"], [stack], None),
            (["iam:PassRole"], [self.change_role.role_arn], passed),
            (["ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter"], values, None),
            (["sagemaker:DescribeModelPackage"], [packages], None),
            (["sns:Publish"], [topic], None),
            (["s3:PutObject"], [f"{self._zone.models.bucket_arn}/{RECORD}"], None),
            (["kms:GenerateDataKey", "kms:Decrypt"], [key], None),
            (["kms:GenerateDataKey"], [self._zone.keys["models"].key_arn], None),
        ):
            role.add_to_policy(
                iam.PolicyStatement(actions=actions, resources=resource, conditions=conditions)
            )
        own = f"{self._aws.region}:<AWS::AccountId>"
        ids = "A stack's ARN ends in an id that CloudFormation makes up; the name is whole."
        versions = "Every version of this deployment's own group."
        for rule, why in (
            (f"arn:aws:cloudformation:{own}:stack/{self._names.endpoint}/*", ids),
            (f"arn:aws:sagemaker:{own}:model-package/{name}/*", versions),
        ):
            acknowledge(role, f"AwsSolutions-IAM5[Resource::{rule}]", why)
        return role

    def _parameter(self, name: str) -> str:
        return self.format_arn(service="ssm", resource="parameter", resource_name=name.removeprefix("/"))

    def _triggers(self) -> None:
        """Somebody approved a version; nobody asked for long."""
        approved = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=["SageMaker Model Package State Change"],
            detail={
                "ModelPackageGroupName": [self._aws.name],
                "ModelApprovalStatus": ["Approved"],
                # Else a new description of an old version would let that version serve again.
                "UpdatedModelPackageFields": ["ModelApprovalStatus"],
            },
        )
        package = events.RuleTargetInput.from_object(
            {"package": events.EventField.from_path("$.detail.ModelPackageArn")}
        )
        self._rule("Approved", approved, package, "a version was approved: it serves")
        if self._endpoint.settings.idle_minutes:
            idle = events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                detail={"alarmName": [self._names.idle], "state": {"value": ["ALARM"]}},
            )
            stop = events.RuleTargetInput.from_object({"serving": "no"})
            self._rule("Idle", idle, stop, "nobody has asked for long: the endpoint stops")

    def _rule(
        self, label: str, pattern: events.EventPattern, told: events.RuleTargetInput, means: str
    ) -> None:
        rule = events.Rule(self, label, event_pattern=pattern, description=f"{self._aws.name}: {means}")
        rule.add_target(targets.SfnStateMachine(self.machine, input=told, retry_attempts=3))
