"""The table of the buckets of rate limits."""

from tortoise import fields
from tortoise.models import Model


class BucketRow(Model):
    """A bucket of a rate limit that is not full, and when it will be (microseconds since 1970)."""

    key = fields.CharField(max_length=128, primary_key=True)
    full_at = fields.BigIntField()

    class Meta:
        """The name."""

        table = "buckets"
