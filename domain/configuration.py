"""What operators can change while the service runs. No secret is ever in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.policy import Autonomy


@dataclass(frozen=True, slots=True)
class Configuration:
    """Which model thinks, how freely it acts, and which clouds are switched on.

    ``model`` None means the provider's default model.
    """

    provider: str = "offline"
    model: str | None = None
    autonomy: Autonomy = Autonomy.SEMI
    clouds: Mapping[str, bool] = field(
        default_factory=lambda: {"aws": False, "azure": False, "gcp": False}
    )
