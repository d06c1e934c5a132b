"""Figures and alerts of AWS for the monitoring of the service."""

from collections.abc import Mapping, Sequence
from typing import Final

from domain.monitoring.alerts import Alert, Severity
from domain.tools.context import PluginContext
from plugins.builtin.aws.client import regions
from plugins.builtin.aws.cloudwatch import Alarm, alarms
from plugins.builtin.aws.ec2 import instances

# Alarms that automatic scaling makes for itself: one of each pair is always raised.
_OF_SCALING: Final = "TargetTracking-"
_GONE: Final = frozenset({"shutting-down", "terminated"})


def aws_figures(*, context: PluginContext) -> Mapping[str, float]:
    """Count the instances of all configured regions, and those that run."""
    found = [each for region in regions(context) for each in instances(context, region)]
    states = [each["State"]["Name"] for each in found]
    return {
        "aws_instances": sum(state not in _GONE for state in states),
        "aws_instances_running": states.count("running"),
    }


def aws_alerts(*, context: PluginContext) -> Sequence[Alert]:
    """Return CloudWatch's alarms of all configured regions; raised ones are critical.

    Raised alarms whose actions are switched off (muted) are warnings.
    """
    return [
        Alert(
            alarm.arn,
            _severity(alarm),
            f"{alarm.name} ({alarm.region})",
            {"reason": alarm.reason, "metric": alarm.metric, "description": alarm.description},
        )
        for region in regions(context)
        for alarm in alarms(context, region)
        if not alarm.name.startswith(_OF_SCALING)
    ]


def _severity(alarm: Alarm) -> Severity:
    if alarm.state != "ALARM":
        return Severity.OK
    return Severity.WARNING if alarm.is_muted else Severity.CRITICAL
