"""What operators can change while the service runs. No secret is ever in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.policy import Autonomy, Policy, Rule


@dataclass(frozen=True, slots=True)
class Configuration:
    """Which model thinks, how freely it acts, and which clouds are switched on.

    ``model`` None means the provider's default model; ``rules`` are the operator's policy.
    """

    provider: str = "offline"
    model: str | None = None
    autonomy: Autonomy = Autonomy.SEMI
    rules: Sequence[Rule] = ()
    clouds: Mapping[str, bool] = field(
        default_factory=lambda: {"aws": False, "azure": False, "gcp": False}
    )

    def policy(self, autonomy: Autonomy | None = None) -> Policy:
        """Return the policy of these rules, at the autonomy level of a run if it has one."""
        return Policy(autonomy or self.autonomy, self.rules)

    def with_rules(self, rules: Sequence[Rule]) -> "Configuration":
        """Return this configuration with other rules."""
        return replace(self, rules=tuple(rules))
