"""The tables of the configuration and of the switches."""

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model


class ConfigurationRow(Model):
    """What operators changed: one row, its value a JSON object."""

    key = fields.CharField(max_length=64, primary_key=True)
    value = fields.TextField()

    class Meta:
        """The name."""

        table = "configuration"


class SwitchRow(Model):
    """How one plugin or tool is set, or (kind ``search``, no name) all of them are to be found.

    What the service set aside has a reason, whose code it was, how often, and when (seconds since
    1970, 0: not set aside).
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=16)
    name = fields.TextField()
    is_on = fields.BooleanField(default=True)
    reason = fields.TextField(default="")
    generation = fields.IntField(default=0)
    plugin = fields.TextField(default="")
    release = fields.TextField(default="")
    tries = fields.IntField(default=0)
    set_aside_at = fields.BigIntField(default=0)

    class Meta:
        """The name; a thing has one switch."""

        table = "switches"
        unique_together: ClassVar = [("kind", "name")]


class PluginSettingsRow(Model):
    """What operators have set of one plugin's settings: an encrypted JSON object."""

    id = fields.BigIntField(primary_key=True)
    plugin = fields.CharField(max_length=200, unique=True)
    sealed = fields.BinaryField()
    at = fields.DatetimeField()

    class Meta:
        """The name."""

        table = "plugin_settings"


class PluginValueRow(Model):
    """A value of a plugin's key-value storage: of a user, or (owner empty) of all."""

    id = fields.BigIntField(primary_key=True)
    plugin = fields.TextField()
    owner = fields.CharField(max_length=64)
    key = fields.TextField()
    value = fields.TextField()

    class Meta:
        """The name; a key has one value."""

        table = "plugin_values"
        unique_together: ClassVar = [("plugin", "owner", "key")]
