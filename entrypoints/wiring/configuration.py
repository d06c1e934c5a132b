"""What operators change while the service runs: the configuration, and the rules of its policy."""

from dataclasses import dataclass

from domain.configuration.policy_editor import PolicyService
from domain.configuration.service import ConfigurationService
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.models import ModelParts
from entrypoints.wiring.plugins import PluginParts


@dataclass(frozen=True, slots=True)
class ConfigurationParts:
    """What changes the configuration, each its own part of it."""

    configuration: ConfigurationService
    policy_service: PolicyService


def wire_configuration(
    persistence: Persistence, models: ModelParts, plugins: PluginParts
) -> ConfigurationParts:
    """Put together what changes the configuration."""
    store = persistence.store
    return ConfigurationParts(
        configuration=ConfigurationService(
            configurations=store.configurations,
            models=models.providers,
            look=plugins.plugin_service.look,
        ),
        policy_service=PolicyService(
            configurations=store.configurations,
            toolbox=plugins.host,
            audit=store.audit,
            vetoes=plugins.vetoes,
        ),
    )
