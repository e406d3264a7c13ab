"""Questions and their answers: a private API, the function behind it, and the records of what was answered.

    a role of aws.callers → endpoint → API (IAM, validation, throttling) → function → index, model, record

Three doors, each shut by itself: the endpoint's policy lets this account's principals in, the API's policy
this account by this endpoint, and a caller's own policy names the routes. Who sees which documents is decided
behind them, by the function's table.
"""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import bodies
from infra.alarms import Watch
from infra.asking import with_model
from infra.functions import Functions, Inside, settings_variable
from infra.landing_zone import LandingZone
from infra.safeguards import acknowledge
from infra.search_domain import SearchDomain
from infra.stack import DeploymentStack
from infra.storage import Lock, bucket_name, log_group, private_bucket
from ragtune.deployment import Deployment

STAGE = "v1"
_TIMEOUT_S = 28  # the API waits 29 s, a question has 25 s
_SENT = {"/ask": bodies.question, "/feedback": bodies.feedback}
_READ = ("/documents/{id}", "/documents/{id}/files/{file}", "/options", "/health", "/version")
_FILES = ("application/octet-stream", "image/png", "image/jpeg", "image/gif", "image/webp")
_LOGGED = {
    "at": "$context.requestTime",
    "request": "$context.requestId",
    "caller": "$context.identity.userArn",
    "from": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "ms": "$context.responseLatency",
    "error": "$context.error.messageString",
}


class Answering(DeploymentStack):
    """`api`, `role` of the function, `records` (the bucket of what was answered)."""

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
            scope, "answering", deployment=deployment, description="A private API that answers questions"
        )
        self._aws, self._zone = deployment.aws, landing_zone
        self._question_chars = deployment.product.limits.question_chars
        self.records = self._records()
        self.role = functions.role(self, "Role", "answers questions", named=f"{self._aws.name}-answer")
        self._let_record()
        work = Inside(
            source="answer",
            caller="answer",
            memory_mib=self._aws.functions.answer_memory_mib,
            timeout_s=_TIMEOUT_S,
            variables=self._variables(deployment, search),
            reserved=self._aws.functions.answer_concurrency,
        )
        self._function = functions.inside(self, "Answer", self.role, work)
        self.api = self._api()
        self._routes()
        self._say_when_full()
        self._let_callers()
        self._watch()

    def _variables(self, deployment: Deployment, search: SearchDomain) -> dict[str, str]:
        streaming = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/stream.sh"}
        return {
            **(streaming if self._aws.functions.answer_streaming else {}),
            "SETTINGS": settings_variable(with_model(deployment, self), search.url),
            "CALLERS": json.dumps({role: list(labels) for role, labels in self._aws.callers.items()}),
            "DOCUMENTS": f"s3://{bucket_name(self._aws, 'documents', self)}",
            "STATE": f"s3://{bucket_name(self._aws, 'state', self)}",
            "AUDIT": f"s3://{bucket_name(self._aws, 'audit', self)}",
            "AUDIT_BODIES": json.dumps(self._aws.records.bodies),
            "METRICS": self._aws.name,
        }

    def _records(self) -> s3.Bucket:
        keep = self._aws.retention
        lock = Lock(days=keep.audit_days, firm=keep.keep)
        key, logs = self._zone.keys["audit"], self._zone.access_logs
        return private_bucket(self, "audit", aws=self._aws, key=key, access_logs=logs, lock=lock)

    def _let_record(self) -> None:
        answers = self.records.arn_for_objects("answers/*")
        key = self._zone.keys["audit"].key_arn
        self.role.add_to_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=[answers]))
        self.role.add_to_policy(iam.PolicyStatement(actions=["kms:GenerateDataKey"], resources=[key]))
        resource = self.records.node.default_child
        assert isinstance(resource, cdk.CfnElement)  # noqa: S101
        each = "A record of its own for each answer; it may write them, and neither read nor change one."
        acknowledge(
            self.role, f"AwsSolutions-IAM5[Resource::<{self.get_logical_id(resource)}.Arn>/answers/*]", each
        )

    def _api(self) -> apigateway.RestApi:
        name, functions = self._aws.name, self._aws.functions
        log = log_group(self, "AccessLog", aws=self._aws, key=self._zone.keys["logs"])
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=name,
            description=f"{name}: questions and documents, from inside the VPC",
            endpoint_configuration=apigateway.EndpointConfiguration(
                types=[apigateway.EndpointType.PRIVATE],
                vpc_endpoints=[self._zone.network.endpoints["execute-api"]],
            ),
            policy=iam.PolicyDocument(statements=self._who_may_enter()),
            binary_media_types=list(_FILES),
            cloud_watch_role=False,
            default_method_options=apigateway.MethodOptions(
                authorization_type=apigateway.AuthorizationType.IAM,
            ),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                access_log_destination=apigateway.LogGroupLogDestination(log),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_LOGGED)),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,  # it would log bodies
                metrics_enabled=True,
                # Fewer than the function takes at once; who still finds it full is told so, too.
                throttling_burst_limit=functions.answer_concurrency - 1,
                throttling_rate_limit=functions.answer_concurrency / 2,
            ),
        )
        if self._aws.records.create_log_role:
            api.deployment_stage.node.add_dependency(self._log_role())
        rules = {
            "AwsSolutions-APIG3": "A private API in a VPC without a way in from the internet, by IAM alone.",
            "AwsSolutions-COG4": "Callers are roles of this account, and sign: IAM decides, no user pool.",
        }
        for rule, why in rules.items():
            acknowledge(api, rule, why)
        return api

    def _who_may_enter(self) -> list[iam.PolicyStatement]:
        """This account, as far as its own policies let each caller; by this endpoint and no other way."""
        endpoint = self._zone.network.endpoints["execute-api"].vpc_endpoint_id
        actions, routes = ["execute-api:Invoke"], ["execute-api:/*"]
        return [
            iam.PolicyStatement(
                sid="OwnAccount",
                principals=[iam.AccountRootPrincipal()],
                actions=actions,
                resources=routes,
            ),
            iam.PolicyStatement(
                sid="ByTheEndpointAlone",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=actions,
                resources=routes,
                conditions={"StringNotEquals": {"aws:SourceVpce": endpoint}},
            ),
        ]

    def _log_role(self) -> apigateway.CfnAccount:
        """Once an account and region; where there is one, the file says so."""
        managed = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
        role = iam.Role(
            self,
            "LogRole",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(managed)],
            description="API Gateway writes its logs",
        )
        role.apply_removal_policy(cdk.RemovalPolicy.RETAIN)  # other APIs of the account come to rely on it
        why = "API Gateway has one role for all of the account's logs; AWS says what it has to hold."
        acknowledge(role, f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{managed}]", why)
        account = apigateway.CfnAccount(self, "LogAccount", cloud_watch_role_arn=role.role_arn)
        account.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        return account

    def _routes(self) -> None:
        checks = self.api.add_request_validator(
            "Checks", request_validator_name="body-and-parameters",
            validate_request_body=True, validate_request_parameters=True,
        )  # fmt: skip
        modes = apigateway.ResponseTransferMode
        answer = apigateway.LambdaIntegration(
            self._function,
            allow_test_invoke=False,
            timeout=cdk.Duration.seconds(29),
            response_transfer_mode=modes.STREAM if self._aws.functions.answer_streaming else modes.BUFFERED,
        )
        for route, body in _SENT.items():
            self.api.root.resource_for_path(route).add_method(
                "POST",
                answer,
                request_validator=checks,
                request_models={"application/json": body(self.api)},
            )
        for route in _READ:
            named = {
                f"method.request.path.{part[1:-1]}": True for part in route.split("/") if part[:1] == "{"
            }
            self.api.root.resource_for_path(route).add_method(
                "GET", answer, request_validator=checks, request_parameters=named
            )

    def _say_when_full(self) -> None:
        """429 with Retry-After, in words that an app can show: by the API, and where the function is full.

        A throttled function behind a proxy integration is an INTEGRATION_FAILURE: a bare 5xx without this.
        """
        busy = "지금은 질문이 많습니다. 잠시 뒤에 다시 시도해 주세요."
        told = json.dumps(
            {"error": {"message": busy, "detail": "$context.error.responseType"}}, ensure_ascii=False
        )
        kinds = apigateway.ResponseType
        for kind in (kinds.THROTTLED, kinds.QUOTA_EXCEEDED, kinds.INTEGRATION_FAILURE):
            self.api.add_gateway_response(
                kind.response_type,
                type=kind,
                status_code="429",
                response_headers={"Retry-After": "'2'"},
                templates={"application/json": told},
            )

    def _let_callers(self) -> None:
        """The policy that a role of aws.callers gets from whoever owns it."""
        routes = ["POST/ask", "POST/feedback", "GET/documents/*", "GET/options", "GET/health", "GET/version"]
        arn = self.format_arn(service="execute-api", resource=self.api.rest_api_id, resource_name=STAGE)
        policy = iam.ManagedPolicy(
            self,
            "Ask",
            managed_policy_name=f"{self._aws.name}-ask",
            description=f"{self._aws.name}: ask questions and read what the answers cite",
            statements=[
                iam.PolicyStatement(
                    actions=["execute-api:Invoke"], resources=[f"{arn}/{route}" for route in routes]
                )
            ],
        )
        resource = self.api.node.default_child
        assert isinstance(resource, cdk.CfnElement)  # noqa: S101
        shown = f"arn:aws:execute-api:{self._aws.region}:<AWS::AccountId>:<{self.get_logical_id(resource)}>"
        why = "Every document has its own address; the function shows a caller what its labels allow."
        acknowledge(policy, f"AwsSolutions-IAM5[Resource::{shown}/{STAGE}/GET/documents/*]", why)

    def _watch(self) -> None:
        api, own = {"ApiName": self._aws.name, "Stage": STAGE}, self._aws.name
        function = {"FunctionName": f"{own}-answer"}
        for watch in (
            Watch(namespace="AWS/ApiGateway", metric="5XXError", dimensions=api, threshold=5, minutes=5,
                  statistic="Sum", means="questions are not answered"),
            Watch(namespace="AWS/ApiGateway", metric="Latency", dimensions=api, threshold=20_000, periods=3,
                  minutes=5, statistic="p95", means="answers take more than 20 s"),
            Watch(namespace="AWS/Lambda", metric="Throttles", dimensions=function, threshold=1, minutes=5,
                  statistic="Sum", means="more questions than aws.functions.answer_concurrency"),
            Watch(namespace=own, metric="FellBack", threshold=10, minutes=15, statistic="Sum",
                  means="the model is away: documents are quoted instead"),
        ):  # fmt: skip
            self._zone.alarms.watch(self, watch)
