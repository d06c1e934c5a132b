"""The composition root: the parts of an installation, each concept put together by its module."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from dependency_injector import containers
from dependency_injector.providers import Dependency

from adapters.llm.registry import Provider
from adapters.security.passwords import ArgonPasswords
from domain.accounts.ports import Passwords
from domain.shared.clock import Clock, SystemClock
from domain.tools.http import HttpClients
from domain.tools.ports import Toolbox
from entrypoints.settings.loading import environment
from entrypoints.settings.settings import Settings
from entrypoints.wiring.accounts import wire_accounts, wire_limits
from entrypoints.wiring.adapters.encryption import wire_cipher
from entrypoints.wiring.adapters.identity import wire_identity
from entrypoints.wiring.adapters.persistence import wire_persistence
from entrypoints.wiring.adapters.providers import model_providers
from entrypoints.wiring.adapters.telemetry import wire_telemetry
from entrypoints.wiring.adapters.web import wire_web
from entrypoints.wiring.checked import once
from entrypoints.wiring.configuration import wire_configuration
from entrypoints.wiring.connected_accounts import wire_account_access, wire_connected_accounts
from entrypoints.wiring.consents import wire_consents
from entrypoints.wiring.conversations import wire_conversations
from entrypoints.wiring.learning import wire_learning
from entrypoints.wiring.models import wire_models
from entrypoints.wiring.monitoring import wire_monitoring
from entrypoints.wiring.plugins import wire_plugins
from entrypoints.wiring.retention import wire_retention
from entrypoints.wiring.runs import wire_runs
from entrypoints.wiring.tools import wire_toolbox, wire_tools
from entrypoints.wiring.usage import wire_usage
from entrypoints.wiring.users import wire_users
from entrypoints.wiring.webhooks import wire_webhooks


class Container(containers.DeclarativeContainer):
    """Builds each concept once, when it is first asked for; nothing at import."""

    settings = Dependency(instance_of=Settings)

    clock = once(SystemClock)
    environ = once(environment)  # where plugins find the settings they require
    passwords = once(ArgonPasswords)
    offered_models = once(model_providers, settings)

    telemetry = once(wire_telemetry, settings)
    persistence = once(wire_persistence, settings)
    web = once(wire_web, settings)
    cipher = once(wire_cipher, settings)
    plugins = once(wire_plugins, settings, environ, persistence, web, cipher, clock)
    models = once(wire_models, offered_models, plugins, clock)
    limits = once(wire_limits, settings, persistence, telemetry)
    identity = once(wire_identity, settings, web, clock)
    accounts = once(wire_accounts, settings, persistence, identity, passwords, cipher, clock)
    account_access = once(wire_account_access, persistence, plugins, web, cipher, clock)
    configuration = once(wire_configuration, persistence, models, plugins)
    conversations = once(wire_conversations, persistence, models, clock)
    toolbox = once(wire_toolbox, plugins)
    tools = once(
        wire_tools, settings, environ, persistence, toolbox, plugins, account_access, clock
    )
    runs = once(wire_runs, settings, persistence, models, plugins, tools, telemetry, clock)
    users = once(wire_users, persistence, passwords, accounts, runs, limits, clock)
    consents = once(wire_consents, persistence, plugins, runs, clock)
    connected_accounts = once(
        wire_connected_accounts, persistence, account_access, accounts, consents, cipher, clock
    )
    retention = once(wire_retention, settings, persistence, clock)
    learning = once(wire_learning, settings, persistence, plugins, web, cipher, clock)
    usage = once(wire_usage, persistence, runs, clock)
    webhooks = once(wire_webhooks, persistence, plugins, web, cipher, clock)
    monitoring = once(
        wire_monitoring, settings, persistence, models, plugins, runs, telemetry, clock
    )


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
    passwords: Passwords | None = None,
    more_models: Mapping[str, Provider] | None = None,
    plugin_clients: HttpClients | None = None,
    in_place_of: Callable[[Toolbox], Toolbox] | None = None,
) -> Container:
    """Return the parts of an installation, with what is given in the place of what is usual.

    ``in_place_of`` makes the tools that run of those of the plugins.
    """
    given: dict[str, object] = {"clock": clock, "environ": environ, "passwords": passwords}
    if more_models is not None:
        given["offered_models"] = {**model_providers(settings), **more_models}
    if plugin_clients is not None:
        given["web"] = replace(wire_web(settings), plugin_clients=plugin_clients)
    container = Container(settings=settings, **{k: v for k, v in given.items() if v is not None})
    if in_place_of is not None:
        container.toolbox.override(once(lambda: in_place_of(container.plugins().host)))
    return container
