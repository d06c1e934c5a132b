"""The plugin ``aws``: EC2, S3, CloudWatch and costs, by the credentials that boto3 finds.

boto3 is imported when it is first needed.
"""

from collections.abc import Callable

from plugins.authoring.hookspecs import Alerts, Figures, RegisterTool, hookimpl
from plugins.builtin.aws.cloudwatch import get_cloudwatch_alarms, get_cloudwatch_metrics
from plugins.builtin.aws.costs import get_aws_costs
from plugins.builtin.aws.ec2 import (
    describe_ec2_instance,
    list_ec2_instances,
    start_ec2_instances,
    stop_ec2_instances,
)
from plugins.builtin.aws.s3 import list_s3_buckets, list_s3_objects
from plugins.builtin.aws.watching import aws_alerts, aws_figures
from plugins.builtin.clouds.extras import require_extra


@hookimpl
def puerto_register_tools(register: RegisterTool) -> None:
    """Register the tools."""
    require_extra("aws", "boto3")
    register(list_ec2_instances)
    register(describe_ec2_instance)
    register(start_ec2_instances)
    register(stop_ec2_instances)
    register(list_s3_buckets)
    register(list_s3_objects)
    register(get_cloudwatch_alarms)
    register(get_cloudwatch_metrics)
    register(get_aws_costs)


@hookimpl
def puerto_register_figures(register: Callable[[Figures], None]) -> None:
    """Register the figures: counts of instances."""
    register(aws_figures)


@hookimpl
def puerto_register_alerts(register: Callable[[Alerts], None]) -> None:
    """Register the alerts: CloudWatch's alarms."""
    register(aws_alerts)
