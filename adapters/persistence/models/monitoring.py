"""The tables of monitoring: plugins' reports and alerts, workers' heartbeats, totals, log."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


class RoundRow(Model):
    """When work that one worker of all does, again and again, is due next."""

    name = fields.CharField(max_length=64, primary_key=True)
    due_at = fields.DatetimeField()

    class Meta:
        """The name."""

        table = "rounds"


class SourceRow(Model):
    """A plugin that is asked for figures and alerts, and its last figures (a JSON object)."""

    plugin = fields.CharField(max_length=255, primary_key=True)
    at = fields.DatetimeField()
    figures = fields.TextField()
    problem = fields.TextField()

    class Meta:
        """The name."""

        table = "sources"


class AlertRow(Model):
    """An alert as a plugin last reported it, with a JSON object of ``details``."""

    id = fields.BigIntField(primary_key=True)
    plugin = fields.CharField(max_length=255)
    key = fields.CharField(max_length=500)
    severity = fields.CharField(max_length=16)
    title = fields.TextField()
    details = fields.TextField()
    since = fields.DatetimeField()

    class Meta:
        """The name; a plugin's key names one thing."""

        table = "alerts"
        unique_together: ClassVar = [("plugin", "key")]


class WorkerHeartbeatRow(Model):
    """What a worker does, and a JSON object of the providers ``failing`` and why."""

    worker_id = fields.UUIDField(primary_key=True)
    started_at = fields.DatetimeField()
    at = fields.DatetimeField()
    runs = fields.IntField()
    streams = fields.IntField()
    failing = fields.TextField()

    class Meta:
        """The name."""

        table = "pulses"


class SampleRow(Model):
    """A number of a metric since the beginning: a counter, a bucket or the sum of a histogram.

    ``labels`` is a JSON array of their values; ``part`` is empty, `sum`, or a bucket's upper bound.
    """

    id = fields.BigIntField(primary_key=True)
    metric = fields.CharField(max_length=100)
    labels = fields.CharField(max_length=700)
    part = fields.CharField(max_length=16)
    value = fields.FloatField()

    class Meta:
        """The name; each number is there once."""

        table = "samples"
        unique_together: ClassVar = [("metric", "labels", "part")]


class TotalRow(Model):
    """How often something was counted since the beginning."""

    name = fields.CharField(max_length=64, primary_key=True)
    value = fields.BigIntField()

    class Meta:
        """The name."""

        table = "totals"


class LogRow(Model):
    """A record of the log, and a JSON object of ``metadata``, which has both ids, too."""

    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    level = fields.CharField(max_length=16)
    message = fields.TextField()
    request_id = fields.CharField(max_length=128, null=True, db_index=True)
    run_id = fields.CharField(max_length=36, null=True, db_index=True)
    metadata = fields.TextField()

    class Meta:
        """The name, and the orders of the list: of all, and of one level."""

        table = "logs"
        indexes: ClassVar = [("at", "id"), ("level", "at", "id")]
