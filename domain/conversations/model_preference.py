"""The preferred provider and model of a conversation, and changes of it."""

from dataclasses import dataclass
from typing import TypedDict


class ModelChange(TypedDict, total=False):
    """A change of the provider, the model, or both; an absent key changes nothing."""

    provider: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class ModelPreference:
    """A preferred provider and one of its models. None: no preference."""

    provider: str | None = None
    model: str | None = None

    def changed(self, change: ModelChange) -> "ModelPreference":
        """Return this preference after a change.

        Another provider without a model means that provider's default.
        """
        provider = change.get("provider", self.provider)
        default = self.model if provider == self.provider else None
        return ModelPreference(provider, change.get("model", default))
