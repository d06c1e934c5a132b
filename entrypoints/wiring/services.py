"""What the faces of an installation can ask for: the use cases, and the ports that need none."""

from typing import Final

from quart import current_app

from domain.plugins.ports import Agents
from domain.tools.ports import Toolbox
from entrypoints.wiring.container import Container

EXTENSION: Final = "puerto"


class Services:
    """One installation's use cases, all of them built.

    ``database_answers`` asks the database, within a bound; ``storage_problem`` says why the last
    writes to it failed, such as a full disk, and nothing where none did.

    Raises:
        Unavailable: a secret, or the table of prices, cannot be used; the message says why.

    """

    def __init__(self, container: Container) -> None:
        self.settings: Final = container.settings()
        self.clock: Final = container.clock()

        persistence = container.persistence()
        self.live: Final = persistence.runs.live
        self.once: Final = persistence.once
        self.database_answers: Final = persistence.database.ping
        self.database_warnings: Final = persistence.database.warnings
        self.storage_problem: Final = persistence.database.health.storage_problem
        self.users: Final = persistence.store.users
        self.artifacts: Final = persistence.store.artifacts
        self.configurations: Final = persistence.store.configurations
        self.monitoring: Final = persistence.store.monitoring
        self.learned_apis: Final = persistence.store.learned_apis

        accounts = container.accounts()
        self.authentication: Final = accounts.authentication
        self.accounts: Final = container.users()
        self.tickets: Final = accounts.tickets
        self.api_keys: Final = accounts.api_keys
        self.callers: Final = accounts.callers
        self.limits: Final = container.limits()

        connected_accounts = container.connected_accounts()
        self.connected_accounts: Final = connected_accounts.service
        self.account_connections: Final = connected_accounts.connections

        self.conversations: Final = container.conversations().conversations
        self.feed: Final = container.conversations().feed

        runs = container.runs()
        self.chat: Final = runs.chat
        self.run_lookup: Final = runs.lookup
        self.worker: Final = runs.worker

        self.consent_service: Final = container.consents()

        self.configuration: Final = container.configuration().configuration
        self.policy_service: Final = container.configuration().policy_service

        plugins = container.plugins()
        self.toolbox: Final[Toolbox] = plugins.host
        self.agents: Final[Agents] = plugins.host
        self.plugin_service: Final = plugins.plugin_service
        self.plugins: Final = plugins.administration
        self.plugin_settings: Final = plugins.settings
        self.required_plugins: Final = plugins.required

        models = container.models()
        self.models: Final = models.providers
        self.tool_schemas: Final = models.tool_schemas
        self.tools: Final = container.tools().administration

        learning = container.learning()
        self.apis: Final = learning.use_cases
        self.credential_store: Final = learning.credential_store
        self.usage: Final = container.usage()
        self.webhooks: Final = container.webhooks()
        self.worker_monitor: Final = container.monitoring().worker_monitor
        self.logs: Final = container.monitoring().logs


def services() -> Services:
    """Return the services of the application that handles the current request."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Services)  # noqa: S101  put there by create_app
    return found
