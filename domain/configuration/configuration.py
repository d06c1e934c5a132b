"""The configuration: what operators can change while the service runs. It holds no secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from domain.conversations.model_preference import ModelChange, ModelPreference
from domain.conversations.sampling import DEFAULTS, Sampling
from domain.models.messages import ModelChoice
from domain.models.ports import ChatModels
from domain.policy.policy import Autonomy, Policy, Rule
from domain.shared.errors import Conflict, FieldProblem, InvalidRequest, Unavailable


@dataclass(frozen=True, slots=True)
class Configuration:
    """The model, the autonomy level, the policy's rules, and the clouds that are enabled.

    ``model`` None means the provider's default model. ``fallbacks`` are the models for failover,
    in order; an empty model in them is the provider's default. ``rules`` are the policy's.
    ``sampling`` holds where neither a conversation nor a message says otherwise.
    """

    provider: str = "offline"
    model: str | None = None
    autonomy: Autonomy = Autonomy.SEMI
    rules: Sequence[Rule] = ()
    clouds: Mapping[str, bool] = field(
        default_factory=lambda: {"aws": False, "azure": False, "gcp": False}
    )
    fallbacks: Sequence[ModelChoice] = ()
    sampling: Sampling = DEFAULTS

    def policy(self, autonomy: Autonomy | None = None) -> Policy:
        """Return the policy of these rules, at the run's autonomy level or the configured one."""
        return Policy(autonomy or self.autonomy, self.rules)

    def preferring(self, provider: str | None, model: str | None) -> "Configuration":
        """Return this configuration with another provider, model, or both; None changes nothing."""
        change = ModelChange()
        if provider:
            change["provider"] = provider
        if model:
            change["model"] = model
        return self.choosing(change)

    def choosing(self, change: ModelChange) -> "Configuration":
        """Return this configuration after a change of the provider, the model, or both."""
        chosen = ModelPreference(self.provider, self.model).changed(change)
        return replace(self, provider=chosen.provider or self.provider, model=chosen.model)

    def sampled(self, sampling: Sampling) -> "Configuration":
        """Return this configuration with these parameters, where they are set."""
        return replace(self, sampling=sampling.over(self.sampling))

    def with_rules(self, rules: Sequence[Rule]) -> "Configuration":
        """Return this configuration with other rules."""
        return replace(self, rules=tuple(rules))


def changes(old: Configuration, new: Configuration) -> str:
    """Describe the differences for the log; of the rules only their number."""
    parts = []
    for field_ in fields(Configuration):
        before, after = getattr(old, field_.name), getattr(new, field_.name)
        if before != after and field_.name == "rules":
            parts.append(f"rules: {len(after)} in the place of {len(before)}")
        elif before != after:
            parts.append(f"{field_.name}: {_words(after)} in the place of {_words(before)}")
    return "; ".join(parts) or "nothing is other than before"


def _words(value: Any) -> str:
    match value:
        case None | "" | ():
            return "none"
        case Mapping():
            return ", ".join(name for name, is_on in value.items() if is_on) or "none"
        case str() | Sampling():
            return str(value) or "none"
        case _:
            return ", ".join(f"{each.provider} {each.model}".strip() for each in value)


def require_configured(provider: str, models: ChatModels, field: str = "provider") -> None:
    """Check that a provider exists and is configured; ``field`` is the request's field for it.

    Raises:
        InvalidRequest: there is no such provider; the message lists the known ones.
        Conflict: it is known, but not configured.

    """
    if provider not in models.names():
        message = f"There is no such provider: choose one of {', '.join(models.names())}."
        raise InvalidRequest(message, [FieldProblem(field, message)])
    try:
        models.get(provider)
    except Unavailable as error:
        raise Conflict(error.message, details=error.details) from error
