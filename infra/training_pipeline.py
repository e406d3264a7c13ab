"""The data and the model pipeline: SageMaker runs the steps of `ragtune.pipelines` as isolated training jobs.

    staged/ (base model, wheels, code) ─┐
    data/   (pages, questions, index)  ─┼→ jobs without a network → runs/ → a package that waits for a word

Two roles: SageMaker's pipeline may start this deployment's jobs and register what they made; a job may read
what was staged and write below runs/. Neither reaches documents, records or the index.
"""

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.landing_zone import LandingZone
from infra.safeguards import acknowledge
from infra.sagemaker_roles import LOGS, PLACED, group_to_s3, placing, sagemaker_role
from infra.stack import DeploymentStack
from infra.storage import bucket_name
from ragtune.deployment import Deployment
from ragtune.pipeline_definition import Placement, definition
from ragtune.pipelines import Pipeline, data_pipeline, model_pipeline, sweep_pipeline
from ragtune.training_settings import TrainingSettings

READ = ("staged/*", "data/*", "runs/*")
WRITTEN = "runs/*"
PEERS = (1024, 65_535)  # ports that NCCL chooses from


class TrainingPipeline(DeploymentStack):
    """`job_role` and `pipelines` by kind; `group` holds the model's packages."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        landing_zone: LandingZone,
        settings: TrainingSettings,
    ) -> None:
        super().__init__(
            scope,
            "training",
            deployment=deployment,
            description="Pipelines that prepare data and tune models",
        )
        self._aws, self._zone, self._settings = deployment.aws, landing_zone, settings
        self.group = sagemaker.CfnModelPackageGroup(
            self,
            "Packages",
            model_package_group_name=self._aws.name,
            model_package_group_description=f"{self._aws.name}: tuned models; one serves once it is approved",
        )
        self._jobs_group = self._group()
        self.job_role = self._job_role()
        self._role = self._pipeline_role()
        self.pipelines = {
            made.kind: self._pipeline(made)
            for made in (
                data_pipeline("weights" if settings.teacher else ""),
                model_pipeline(merged=settings.merged),
                sweep_pipeline(merged=settings.merged),
            )
        }

    def _pipeline(self, made: Pipeline) -> sagemaker.CfnPipeline:
        pipeline = sagemaker.CfnPipeline(
            self,
            made.kind.capitalize(),
            pipeline_name=f"{self._aws.name}-{made.kind}",
            pipeline_description=f"{self._aws.name}: {' → '.join(step.name for step in made.steps)}",
            pipeline_definition={
                "PipelineDefinitionBody": self.to_json_string(definition(made, self._placement()))
            },
            role_arn=self._role.role_arn,
        )
        pipeline.node.add_dependency(self.group, self._role)
        return pipeline

    def _placement(self) -> Placement:
        return Placement(
            name="runs",
            role=self.job_role.role_arn,
            image=self._settings.image,
            bucket=bucket_name(self._aws, "models", self),
            key=self._zone.keys["models"].key_arn,
            subnets=tuple(subnet.subnet_id for subnet in self._zone.network.subnets),
            security_groups=(self._jobs_group.attr_group_id,),
            serving_image=self._settings.serving_image,
            package_group=self._aws.name,
            cpu=self._settings.cpu,
            gpu=self._settings.tuning,
            spot=self._settings.spot,
        )

    def _group(self) -> ec2.CfnSecurityGroup:
        """Jobs reach S3 and, on several hosts, each other; what runs in them reaches nothing else at all."""
        group = group_to_s3(
            self,
            "JobsGroup",
            vpc=self._zone.network.vpc.vpc_id,
            s3_prefix_list=self._aws.network.s3_prefix_list,
            whose=f"{self._aws.name} training jobs",
            why="SageMaker brings the channels in and what was made out",
        )
        if self._settings.tuning.hosts > 1:
            self._among_themselves(group)
        return group

    def _among_themselves(self, group: ec2.CfnSecurityGroup) -> None:
        """The hosts of one job talk on ports that NCCL chooses, encrypted by SageMaker."""
        own, why = group.attr_group_id, "hosts of one tuning job share its work"
        ec2.CfnSecurityGroupIngress(
            self,
            "FromPeers",
            group_id=own,
            source_security_group_id=own,
            ip_protocol="tcp",
            from_port=PEERS[0],
            to_port=PEERS[1],
            description=why,
        )
        ec2.CfnSecurityGroupEgress(
            self,
            "ToPeers",
            group_id=own,
            destination_security_group_id=own,
            ip_protocol="tcp",
            from_port=PEERS[0],
            to_port=PEERS[1],
            description=why,
        )

    def _job_role(self) -> iam.Role:
        does = f"{self._aws.name}: a training job reads what was staged and writes below runs/"
        role = sagemaker_role(self, "JobRole", does)
        models = f"arn:{self.partition}:s3:::{bucket_name(self._aws, 'models', self)}"
        key = self._zone.keys["models"].key_arn
        prefixes = {"StringLike": {"s3:prefix": list(READ)}}
        granted = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        log_group = self.format_arn(service="logs", resource="log-group:/aws/sagemaker/TrainingJobs*")
        for statement in (
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{models}/{each}" for each in READ]),
            iam.PolicyStatement(actions=["s3:PutObject"], resources=[f"{models}/{WRITTEN}"]),
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[models], conditions=prefixes),
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"], resources=[key]
            ),
            iam.PolicyStatement(actions=["kms:CreateGrant"], resources=[key], conditions=granted),
            iam.PolicyStatement(actions=list(LOGS), resources=[log_group]),
            *placing(self, self._settings.repositories),
        ):
            role.add_to_policy(statement)
        for rule, why in self._job_reasons().items():
            acknowledge(role, f"AwsSolutions-IAM5[Resource::{rule}]", why)
        return role

    def _job_reasons(self) -> dict[str, str]:
        """Why a resource of the job's policy ends in a star."""
        bucket = f"arn:aws:s3:::{self._aws.name}-models-<AWS::AccountId>-{self._aws.region}"
        log = f"arn:aws:logs:{self._aws.region}:<AWS::AccountId>:log-group:/aws/sagemaker/TrainingJobs*"
        files = "Files are named by what they hold; a job sees this deployment's models bucket and no other."
        return {
            **{f"{bucket}/{each}": files for each in READ},
            log: "SageMaker names the streams of jobs; one group for all of the account's training jobs.",
            "*": PLACED,
        }

    def _pipeline_role(self) -> iam.Role:
        does = f"{self._aws.name}: starts this deployment's jobs and registers what they made"
        role = sagemaker_role(self, "PipelineRole", does)
        jobs = self.format_arn(service="sagemaker", resource="training-job", resource_name="pipelines-*")
        packages = [
            self.format_arn(service="sagemaker", resource=kind, resource_name=name)
            for kind, name in (
                ("model-package-group", self._aws.name),
                ("model-package", self._aws.name),
                ("model-package", f"{self._aws.name}/*"),
            )
        ]
        passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        started = [f"sagemaker:{verb}TrainingJob" for verb in ("Create", "Describe", "Stop")]
        for statement in (
            iam.PolicyStatement(actions=[*started, "sagemaker:AddTags"], resources=[jobs]),
            iam.PolicyStatement(
                actions=["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"], resources=packages
            ),
            iam.PolicyStatement(
                actions=["iam:PassRole"], resources=[self.job_role.role_arn], conditions=passed
            ),
        ):
            role.add_to_policy(statement)
        own = f"arn:aws:sagemaker:{self._aws.region}:<AWS::AccountId>"
        for rule, why in {
            f"{own}:training-job/pipelines-*": "SageMaker itself names a pipeline's jobs so.",
            f"{own}:model-package/{self._aws.name}/*": "Versions of this deployment's own package group.",
        }.items():
            acknowledge(role, f"AwsSolutions-IAM5[Resource::{rule}]", why)
        return role
