"""Which model somebody prefers, and what becomes of that when they say something else."""

from dataclasses import dataclass
from typing import TypedDict


class ModelChange(TypedDict, total=False):
    """What is said of a provider and its model; what is left out is not spoken of."""

    provider: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class ModelPreference:
    """A provider and a model of it. None: as it is where nobody prefers anything."""

    provider: str | None = None
    model: str | None = None

    def changed(self, change: ModelChange) -> "ModelPreference":
        """Return this preference after a change.

        Another provider without a model means that provider's default.
        """
        provider = change.get("provider", self.provider)
        kept = self.model if provider == self.provider else None
        return ModelPreference(provider, change.get("model", kept))
