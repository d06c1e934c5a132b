"""The table of what was used."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


class UsageRow(Model):
    """What one user used of one model or tool on one day in UTC, with one key and agent.

    It names no conversation and no run, so it stays when they are deleted. An empty text stands
    for none: no key, no agent, a user who was removed; ``tool`` of a model's row, ``provider`` and
    ``model`` of a tool's. Costs are in billionths of a US dollar.
    """

    id = fields.BigIntField(primary_key=True)
    day = fields.CharField(max_length=10)
    user_id = fields.CharField(max_length=36)
    key_id = fields.CharField(max_length=36)
    agent = fields.TextField()
    provider = fields.TextField()
    model = fields.TextField()
    tool = fields.TextField()
    answers = fields.BigIntField()
    input_tokens = fields.BigIntField()
    output_tokens = fields.BigIntField()
    cached_tokens = fields.BigIntField()
    cost_nano = fields.BigIntField()
    unpriced = fields.BigIntField()
    calls = fields.BigIntField()
    failed = fields.BigIntField()

    class Meta:
        """The name; one row for each day and whom and what it is about."""

        table = "usage_days"
        unique_together: ClassVar = [
            ("day", "user_id", "key_id", "agent", "provider", "model", "tool")
        ]
