"""Figures and alerts of AWS for the monitoring of the service."""

from collections.abc import Mapping, Sequence
from typing import Final

from domain.monitoring.alerts import Alert, Severity
from plugins.authoring.threads import Threads
from plugins.builtin.aws.client import regions
from plugins.builtin.aws.cloudwatch import Alarm, alarms
from plugins.builtin.aws.ec2 import instances

# Alarms that automatic scaling makes for itself: one of each pair is always raised.
_OF_SCALING: Final = "TargetTracking-"
_GONE: Final = frozenset({"shutting-down", "terminated"})
_threads: Final = Threads(4)


async def aws_figures() -> Mapping[str, float]:
    """Count the instances of all configured regions, and those that run."""
    figures: Mapping[str, float] = await _threads.run("aws_figures", _count)
    return figures


async def aws_alerts() -> Sequence[Alert]:
    """Return CloudWatch's alarms of all configured regions; raised ones are critical.

    Raised alarms whose actions are switched off (muted) are warnings.
    """
    alerts: Sequence[Alert] = await _threads.run("aws_alerts", _alerts)
    return alerts


def _count() -> Mapping[str, float]:
    states = [each["State"]["Name"] for region in regions() for each in instances(region)]
    return {
        "aws_instances": sum(state not in _GONE for state in states),
        "aws_instances_running": states.count("running"),
    }


def _alerts() -> Sequence[Alert]:
    return [
        Alert(
            alarm.arn,
            _severity(alarm),
            f"{alarm.name} ({alarm.region})",
            {"reason": alarm.reason, "metric": alarm.metric, "description": alarm.description},
        )
        for region in regions()
        for alarm in alarms(region)
        if not alarm.name.startswith(_OF_SCALING)
    ]


def _severity(alarm: Alarm) -> Severity:
    if alarm.state != "ALARM":
        return Severity.OK
    return Severity.WARNING if alarm.is_muted else Severity.CRITICAL
