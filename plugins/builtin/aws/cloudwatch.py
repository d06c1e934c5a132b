"""CloudWatch: alarms and metrics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.tools.context import PluginContext
from domain.tools.tool_context import ToolContext
from plugins.authoring.tool import tool
from plugins.builtin.aws.client import client, plain_words, regions
from plugins.builtin.aws.ec2 import Region

AlarmState = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Statistic = Literal["Average", "Sum", "Minimum", "Maximum", "SampleCount"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm with its state, the time and reason of the last change; ``arn`` is its unique id."""

    name: str
    state: str
    reason: str
    since: str
    region: str
    arn: str
    metric: str = ""
    description: str = ""
    is_muted: bool = False


@dataclass(frozen=True, slots=True)
class Dimension:
    """What a metric is about.

    Attributes:
        name: Such as InstanceId.
        value: Such as i-0123456789abcdef0.

    """

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric."""

    at: str
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """A metric's values in time, the oldest first."""

    metric: str
    statistic: str
    region: str
    unit: str = ""
    points: Sequence[Point] = field(default_factory=list)


@tool(effect="read", open_world=True, category="aws", timeout=60)
def get_cloudwatch_alarms(
    region: Region | None = None, state: AlarmState | None = None, *, context: ToolContext
) -> Sequence[Alarm]:
    """List the CloudWatch alarms of the AWS account: what is wrong, since when, and why.

    Args:
        region: An AWS region, such as eu-west-1. Without it, all regions that are configured.
        state: Only alarms in this state; ALARM are those that are raised.
        context: gives the settings.

    """
    found = (alarms(context, each, state) for each in regions(context, region))
    return [alarm for some in found for alarm in some]


@tool(effect="read", open_world=True, category="aws", timeout=60)
def get_cloudwatch_metrics(
    namespace: str,
    metric: str,
    dimensions: Annotated[list[Dimension], Field(max_length=30)] | None = None,
    statistic: Statistic = "Average",
    minutes: Annotated[int, Field(ge=1, le=20_160)] = 60,
    period_seconds: Annotated[int, Field(ge=60, le=86_400, multiple_of=60)] = 300,
    region: Region | None = None,
    *,
    context: ToolContext,
) -> Sequence[Series]:
    """Read a CloudWatch metric, such as the CPU use of an instance, up to now.

    Args:
        namespace: Such as AWS/EC2, AWS/RDS, AWS/Lambda.
        metric: Its name, such as CPUUtilization.
        dimensions: What it is about, such as InstanceId and the id of an instance.
        statistic: How the values of one period become one.
        minutes: How far back.
        period_seconds: How long a period is, in seconds; a multiple of 60.
        region: An AWS region. Without it, all regions that are configured.
        context: gives the settings.

    """
    end = context.clock.now()
    query = {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": each.name, "Value": each.value} for each in dimensions or ()],
        "StartTime": end - timedelta(minutes=minutes),
        "EndTime": end,
        "Period": period_seconds,
        "Statistics": [statistic],
    }
    series: list[Series] = []
    for each in regions(context, region):
        with plain_words(each):
            answer = client(context, "cloudwatch", each).get_metric_statistics(**query)
        points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
        values = [Point(point["Timestamp"].isoformat(), point[statistic]) for point in points]
        unit = points[0].get("Unit", "") if points else ""
        series.append(Series(metric, statistic, each, unit, values))
    return series


def alarms(context: PluginContext, region: str, state: str | None = None) -> Iterator[Alarm]:
    """Yield the alarms of a region, page by page."""
    query: dict[str, Any] = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    if state is not None:
        query["StateValue"] = state
    with plain_words(region):
        pages = client(context, "cloudwatch", region).get_paginator("describe_alarms")
        for page in pages.paginate(**query):
            for each in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())):
                yield _alarm(each, region)


def _alarm(described: Mapping[str, Any], region: str) -> Alarm:
    return Alarm(
        name=described["AlarmName"],
        state=described["StateValue"],
        reason=described.get("StateReason", ""),
        since=described["StateUpdatedTimestamp"].isoformat(),
        region=region,
        arn=described["AlarmArn"],
        metric=described.get("MetricName", ""),
        description=described.get("AlarmDescription", ""),
        is_muted=not described.get("ActionsEnabled", True),
    )
