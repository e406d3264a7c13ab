"""The endpoint that serves the tuned model. CloudFormation alone owns it; which version, a parameter says.

    merged      model ── endpoint configuration ── endpoint         blue/green: the new one beside the old one
    components  endpoint ── base component ── adapter component     asleep while nobody asks, where least = 0

Names of models and configurations hold their digest and version: CloudFormation then makes the new one, moves
the endpoint to it and deletes the old one, whatever changed. Nothing here is a permission: see `promotion`.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.endpoint_scaling import scale_components, scale_instances
from infra.endpoint_watch import idle, watch
from infra.functions import role_arn
from infra.landing_zone import LandingZone
from infra.safeguards import NAME, acknowledge
from infra.sagemaker_roles import group_to_s3
from infra.stack import DeploymentStack
from infra.storage import bucket_name, log_group
from ragtune.deployment import Deployment
from ragtune.endpoint_settings import Endpoint
from ragtune.promotion import ADAPTER_FILE, VARIANT, Names
from ragtune.records import digest

_LOADING_S = 1800  # 25 GB from S3, then onto the cards
_SPARE_MIB = 8192  # of the host's memory that a component has at least; the weights lie on the cards
_DRAIN_S = 120


class ModelEndpoint(DeploymentStack):
    """`endpoint`; the stack's one output is what it serves."""

    def __init__(
        self, scope: Construct, *, deployment: Deployment, landing_zone: LandingZone, endpoint: Endpoint
    ) -> None:
        super().__init__(
            scope, "model", deployment=deployment, description="The endpoint that serves the tuned model"
        )
        self._aws, self._zone, self._settings = deployment.aws, landing_zone, endpoint.settings
        self._served, self._names = endpoint, Names(name=deployment.aws.name)
        self._read_parameter()
        self._group = self._security_group()
        self._log()
        alarms = watch(self, landing_zone.alarms, self._names, endpoint)
        if endpoint.merged:
            self.endpoint = self._merged(alarms)
            scale_instances(self, self.endpoint, self._names, self._settings)
        else:
            self.endpoint = self._asleep()
            self._components()
        if self._settings.idle_minutes:
            idle(self, self._names, self._settings.idle_minutes)

    def _read_parameter(self) -> None:
        """CloudFormation asks the parameter store at every deployment; a template holds no version."""
        current = cdk.CfnParameter(
            self,
            "Current",
            type="AWS::SSM::Parameter::Value<String>",
            default=self._names.current,
            description="Where it is written which package serves, its weights, and whether it serves at all",
        )
        parts = cdk.Fn.split(",", current.value_as_string)
        package, self._weights, serving = (cdk.Fn.select(place, parts) for place in range(3))
        self._package, self._version = package, cdk.Fn.select(2, cdk.Fn.split("/", package))
        self.serves = cdk.CfnCondition(self, "Serves", expression=cdk.Fn.condition_equals(serving, "yes"))
        cdk.CfnOutput(self, "Served", value=current.value_as_string, description="What this stack serves")

    def _security_group(self) -> ec2.CfnSecurityGroup:
        """SageMaker fetches weights from S3 by it; the container itself reaches nothing at all."""
        return group_to_s3(
            self,
            "Group",
            vpc=self._zone.network.vpc.vpc_id,
            s3_prefix_list=self._aws.network.s3_prefix_list,
            whose=f"{self._aws.name} model",
            why="model brings its weights in",
        )

    def _log(self) -> None:
        """Encrypted and kept like the others: SageMaker would make its own, open-ended and in plain."""
        key, name = self._zone.keys["logs"], self._names
        groups = {"Log": f"Endpoints/{name.endpoint}"}
        if not self._served.merged:
            groups |= {"BaseLog": f"InferenceComponents/{name.base}"}
        for label, path in groups.items():
            log_group(self, label, aws=self._aws, key=key, path=f"/aws/sagemaker/{path}")

    def _model(self, weights: str, **names: str) -> sagemaker.CfnModel:
        files = sagemaker.CfnModel.S3DataSourceProperty(
            compression_type="None", s3_data_type="S3Prefix", s3_uri=weights
        )
        model = sagemaker.CfnModel(
            self,
            "Model",
            enable_network_isolation=True,
            execution_role_arn=role_arn(self, f"{self._aws.name}-serve"),
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=self._served.training.serving_image,
                environment=self._served.container,
                model_data_source=sagemaker.CfnModel.ModelDataSourceProperty(s3_data_source=files),
            ),
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=[subnet.subnet_id for subnet in self._zone.network.subnets],
                security_group_ids=[self._group.attr_group_id],
            ),
        )
        for label, value in names.items():
            cdk.Tags.of(model).add(label, value)
        return model

    def _merged(self, alarms: list[str]) -> sagemaker.CfnEndpoint:
        """The image is the file's, never the package's: who registers a package names weights alone."""
        model = self._model(self._weights, package=self._package)
        variant = self._variant(
            initial_instance_count=self._settings.least,
            initial_variant_weight=1,
            model_name=model.attr_model_name,
            container_startup_health_check_timeout_in_seconds=_LOADING_S,
            model_data_download_timeout_in_seconds=_LOADING_S,
        )
        configuration = self._configuration(variant)
        self._named(model, self._version)
        self._named(configuration, self._version)
        endpoint = self._endpoint(configuration, deployment_config=self._switch(alarms))
        for each in (model, configuration, endpoint):
            each.cfn_options.condition = self.serves
        return endpoint

    def _switch(self, alarms: list[str]) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        """Some of the new instances first; an alarm meanwhile brings all traffic back to the old ones."""
        made, several = sagemaker.CfnEndpoint, self._settings.least > 1
        share = made.CapacitySizeProperty(type="CAPACITY_PERCENT", value=50 if several else 100)
        # Of one instance there is no part: it takes all traffic, watched for as long.
        routing = made.TrafficRoutingConfigProperty(
            type="CANARY" if several else "ALL_AT_ONCE",
            canary_size=share if several else None,
            wait_interval_in_seconds=60 * self._settings.watch_minutes,
        )
        return made.DeploymentConfigProperty(
            blue_green_update_policy=made.BlueGreenUpdatePolicyProperty(
                traffic_routing_configuration=routing,
                termination_wait_in_seconds=_DRAIN_S,
                maximum_execution_timeout_in_seconds=2 * _LOADING_S + 60 * self._settings.watch_minutes,
            ),
            auto_rollback_configuration=made.AutoRollbackConfigProperty(
                alarms=[made.AlarmProperty(alarm_name=name) for name in alarms]
            ),
        )

    def _asleep(self) -> sagemaker.CfnEndpoint:
        """An endpoint whose instances come and go with the components on it."""
        config = sagemaker.CfnEndpointConfig
        variant = self._variant(
            initial_instance_count=max(1, self._settings.least),
            container_startup_health_check_timeout_in_seconds=_LOADING_S,
            model_data_download_timeout_in_seconds=_LOADING_S,
            routing_config=config.RoutingConfigProperty(routing_strategy="LEAST_OUTSTANDING_REQUESTS"),
            managed_instance_scaling=config.ManagedInstanceScalingProperty(
                status="ENABLED",
                min_instance_count=self._settings.least,
                max_instance_count=self._settings.most,
            ),
        )
        configuration = self._configuration(
            variant,
            execution_role_arn=role_arn(self, f"{self._aws.name}-serve"),
            enable_network_isolation=True,
            vpc_config=config.VpcConfigProperty(
                subnets=[subnet.subnet_id for subnet in self._zone.network.subnets],
                security_group_ids=[self._group.attr_group_id],
            ),
        )
        self._named(configuration, "")
        endpoint = self._endpoint(configuration)
        for each in (configuration, endpoint):
            each.cfn_options.condition = self.serves
        return endpoint

    def _components(self) -> None:
        """The base stays; a promotion changes the adapter on it, and its name stays for those who ask."""
        bucket = bucket_name(self._aws, "models", self)
        model = self._model(f"s3://{bucket}/{self._settings.base}/")
        self._named(model, "base")
        made = sagemaker.CfnInferenceComponent
        base = made(
            self,
            "Base",
            endpoint_name=self._names.endpoint,
            variant_name=VARIANT,
            inference_component_name=self._names.base,
            runtime_config=made.InferenceComponentRuntimeConfigProperty(
                copy_count=max(1, self._settings.least)
            ),
            specification=made.InferenceComponentSpecificationProperty(
                model_name=model.attr_model_name,
                compute_resource_requirements=made.InferenceComponentComputeResourceRequirementsProperty(
                    number_of_accelerator_devices_required=self._served.instance.cards,
                    min_memory_required_in_mb=_SPARE_MIB,
                ),
                startup_parameters=made.InferenceComponentStartupParametersProperty(
                    container_startup_health_check_timeout_in_seconds=_LOADING_S,
                    model_data_download_timeout_in_seconds=_LOADING_S,
                ),
            ),
        )
        weights = cdk.Fn.join("", [self._weights, ADAPTER_FILE])
        adapter = made(
            self,
            "Adapter",
            endpoint_name=self._names.endpoint,
            inference_component_name=self._names.component,
            specification=made.InferenceComponentSpecificationProperty(
                base_inference_component_name=self._names.base,
                container=made.InferenceComponentContainerSpecificationProperty(artifact_url=weights),
            ),
        )
        cdk.Tags.of(adapter).add("package", self._package)
        base.add_resource_dependency(self.endpoint)
        adapter.add_resource_dependency(base)
        for each in (model, base, adapter):
            each.cfn_options.condition = self.serves
        scale_components(self, base, self._names, self._settings)

    def _variant(self, **more: Any) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            instance_type=self._served.instance.name,
            inference_ami_version=self._settings.ami,
            **more,
        )

    def _configuration(
        self, variant: sagemaker.CfnEndpointConfig.ProductionVariantProperty, **more: Any
    ) -> sagemaker.CfnEndpointConfig:
        made = sagemaker.CfnEndpointConfig(self, "Configuration", production_variants=[variant], **more)
        disk = (
            "Instances with cards have disks of their own, which their hardware encrypts; a key is refused."
        )
        acknowledge(made, f"{NAME}::plain-store", disk)
        return made

    def _endpoint(self, configuration: sagemaker.CfnEndpointConfig, **more: Any) -> sagemaker.CfnEndpoint:
        return sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=self._names.endpoint,
            endpoint_config_name=configuration.attr_endpoint_config_name,
            # What scaling made of the number of instances outlives a change of the model.
            retain_all_variant_properties=True,
            **more,
        )

    def _named(self, made: sagemaker.CfnModel | sagemaker.CfnEndpointConfig, version: str) -> None:
        """Another name for other content: a resource that has a name can't be replaced under the same one."""
        content = digest(self.resolve(made._cfn_properties))[:8]
        parts = [self._names.endpoint, content, *([version] if version else [])]
        key = "ModelName" if isinstance(made, sagemaker.CfnModel) else "EndpointConfigName"
        made.add_property_override(key, cdk.Fn.join("-", parts))
