"""The tables of what was used, and of the budgets that bound it."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from adapters.persistence.models.runs import RunRow


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


class BudgetRow(Model):
    """What may be spent in a period. An empty subject means each one by itself.

    A limit of null is none. Costs are in billionths of a US dollar.
    """

    id = fields.UUIDField(primary_key=True)
    scope = fields.CharField(max_length=16)
    subject = fields.TextField()
    period = fields.CharField(max_length=16)
    most_tokens = fields.BigIntField(null=True)
    most_nano = fields.BigIntField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        """The name; one budget for each subject and period."""

        table = "budgets"
        unique_together: ClassVar = [("scope", "subject", "period")]


class BudgetMeterRow(Model):
    """What one subject has spent in the period that began on the day ``start``, in UTC.

    It is made when a budget is first reserved from, and counts until no budget needs it.
    """

    id = fields.BigIntField(primary_key=True)
    scope = fields.CharField(max_length=16)
    subject = fields.TextField()
    period = fields.CharField(max_length=16)
    start = fields.CharField(max_length=10)
    spent_tokens = fields.BigIntField()
    spent_nano = fields.BigIntField()

    class Meta:
        """The name; one meter for each subject and period."""

        table = "budget_meters"
        unique_together: ClassVar = [("scope", "subject", "period")]


class BudgetHoldRow(Model):
    """What is held for a step of a run, as long as its attempt drives the run."""

    id = fields.BigIntField(primary_key=True)
    run: fields.ForeignKeyRelation[RunRow] = fields.ForeignKeyField(
        "puerto.RunRow", related_name="holds"
    )
    meter: fields.ForeignKeyRelation[BudgetMeterRow] = fields.ForeignKeyField(
        "puerto.BudgetMeterRow", related_name="holds", db_index=True
    )
    attempt = fields.IntField()
    tokens = fields.BigIntField()
    nano = fields.BigIntField()

    class Meta:
        """The name; one hold of a meter for each run."""

        table = "budget_holds"
        unique_together: ClassVar = [("run_id", "meter_id")]
