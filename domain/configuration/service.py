"""The use cases of the configuration: read it, and change it while the service runs."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from domain.accounts.users import Role, User
from domain.configuration.configuration import Configuration, changes, require_configured
from domain.configuration.ports import Configurations
from domain.models.messages import ModelChoice
from domain.models.ports import ChatModels
from domain.policy.policy import Autonomy

DEFAULT_MODEL: Final = ""

_log = logging.getLogger("puerto.changes")


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """A change of the configuration; None leaves a field as it is.

    `DEFAULT_MODEL` as ``model`` means the provider's default, and so does another provider without
    a model. ``clouds`` holds only the clouds to be switched. ``sampling`` holds only the parameters
    to be changed, None for those to be unset; None in its place unsets all.
    """

    provider: str | None = None
    model: str | None = None
    fallbacks: Sequence[ModelChoice] | None = None
    autonomy: Autonomy | None = None
    clouds: Mapping[str, bool] = field(default_factory=dict)
    sampling: Mapping[str, Any] | None = field(default_factory=dict)

    def applied_to(self, old: Configuration) -> Configuration:
        """Return the configuration after this change."""
        new = old.preferring(self.provider, self.model or None)
        return replace(
            new,
            model=None if self.model == DEFAULT_MODEL else new.model,
            fallbacks=old.fallbacks if self.fallbacks is None else self.fallbacks,
            autonomy=self.autonomy or old.autonomy,
            clouds={**old.clouds, **self.clouds},
            sampling=old.sampling.changed(self.sampling),
        )


class ConfigurationService:
    """Reads and changes the configuration.

    ``look`` applies the plugins' switches again, since each cloud has a plugin.
    """

    def __init__(
        self,
        configurations: Configurations,
        models: ChatModels,
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self._configurations = configurations
        self._models = models
        self._look = look

    async def get(self, _user: User) -> Configuration:
        """Return the configuration for the next run, with default models filled in."""
        return self._named(await self._configurations.load())

    async def change(self, user: User, change: ConfigurationChange) -> Configuration:
        """Change the configuration, from the next run on; return it with default models filled in.

        Raises:
            Forbidden: the user is no administrator.
            InvalidRequest: there is no such provider.
            Conflict: a provider is not configured.

        """
        user.require(Role.ADMIN)
        if change.provider is not None:
            require_configured(change.provider, self._models, "llm.provider")
        for each in change.fallbacks or ():
            require_configured(each.provider, self._models, "llm.fallbacks")
        before: list[Configuration] = []

        def edit(old: Configuration) -> Configuration:
            before[:] = [old]
            return change.applied_to(old)

        changed = await self._configurations.change(edit)
        _log.info("the configuration was changed: %s", changes(before[0], changed))
        if change.clouds:
            await self._look()
        return self._named(changed)

    def _named(self, configuration: Configuration) -> Configuration:
        """Return the configuration with the provider's default where no model is set."""
        return replace(
            configuration,
            model=self._model(configuration.provider, configuration.model),
            fallbacks=tuple(
                ModelChoice(each.provider, self._model(each.provider, each.model) or "")
                for each in configuration.fallbacks
            ),
        )

    def _model(self, provider: str, model: str | None) -> str | None:
        if not model and provider in self._models.names():
            return self._models.default_model(provider)
        return model or None
