"""The plugin ``aws``: EC2, S3, CloudWatch and costs, by the settings, or what boto3 finds.

boto3 is imported when it is first needed.
"""

from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.builtin.aws.client import AwsSettings
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
def puerto_register(registry: Registry) -> None:
    """Register the settings, the tools, the counts of instances, and CloudWatch's alarms."""
    require_extra("aws", "boto3")
    registry.use_settings(AwsSettings)
    registry.add_tools(
        list_ec2_instances,
        describe_ec2_instance,
        start_ec2_instances,
        stop_ec2_instances,
        list_s3_buckets,
        list_s3_objects,
        get_cloudwatch_alarms,
        get_cloudwatch_metrics,
        get_aws_costs,
    )
    registry.add_figures(aws_figures)
    registry.add_alerts(aws_alerts)
