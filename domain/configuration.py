"""What operators can change while the service runs. No secret is ever in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.errors import Conflict, FieldProblem, InvalidRequest, Unavailable
from domain.llm import ModelChoice
from domain.policy import Autonomy, Policy, Rule
from domain.ports.chat_model import ChatModels


@dataclass(frozen=True, slots=True)
class Configuration:
    """Which model thinks, how freely it acts, and which clouds are switched on.

    ``model`` None means the provider's default model. ``fallbacks`` are asked in order where
    that cannot answer; an empty model is the provider's default there. ``rules`` are the
    operator's policy.
    """

    provider: str = "offline"
    model: str | None = None
    autonomy: Autonomy = Autonomy.SEMI
    rules: Sequence[Rule] = ()
    clouds: Mapping[str, bool] = field(
        default_factory=lambda: {"aws": False, "azure": False, "gcp": False}
    )
    fallbacks: Sequence[ModelChoice] = ()

    def policy(self, autonomy: Autonomy | None = None) -> Policy:
        """Return the policy of these rules, at the autonomy level of a run if it has one."""
        return Policy(autonomy or self.autonomy, self.rules)

    def preferring(self, provider: str | None, model: str | None) -> "Configuration":
        """Return this configuration with another provider, model, or both, where given.

        Another provider without a model means that provider's default.
        """
        if provider is not None and provider != self.provider:
            return replace(self, provider=provider, model=model)
        return replace(self, model=model or self.model)

    def with_rules(self, rules: Sequence[Rule]) -> "Configuration":
        """Return this configuration with other rules."""
        return replace(self, rules=tuple(rules))


def require_configured(provider: str, models: ChatModels, field: str = "provider") -> None:
    """Refuse a provider that could not answer; ``field`` is where the caller named it.

    Raises:
        InvalidRequest: there is no such provider; the message names those that there are.
        Conflict: it is known, but not configured.

    """
    if provider not in models.names():
        message = f"There is no such provider: choose one of {', '.join(models.names())}."
        raise InvalidRequest(message, [FieldProblem(field, message)])
    try:
        models.get(provider)
    except Unavailable as error:
        raise Conflict(error.message, details=error.details) from error
