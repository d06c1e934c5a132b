"""What the entrypoints can ask for: the use cases, and the ports that need none."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from quart import current_app

from domain.accounts.administration import Accounts
from domain.accounts.authentication import Authentication
from domain.accounts.ports import Users
from domain.accounts.tickets import TicketService
from domain.configuration.policy_editor import PolicyDesk
from domain.configuration.ports import Configurations
from domain.configuration.service import ConfigurationService
from domain.consents.service import ConsentDesk
from domain.conversations.service import ConversationService
from domain.execution.service import Chat
from domain.execution.worker import Worker
from domain.learning.credential_store import ApiKeyring
from domain.learning.inspection import ApiInspection
from domain.learning.own_credentials import OwnCredentials
from domain.learning.ports import LearnedApis
from domain.learning.service import Learning
from domain.models.ports import ChatModels
from domain.monitoring.ports import Monitoring
from domain.monitoring.worker_heartbeats import Vitals
from domain.plugins.administration import PluginAdministration, ToolAdministration
from domain.plugins.ports import Agents
from domain.plugins.required import RequiredPlugins
from domain.plugins.service import PluginDesk
from domain.runs.conversation_following import ConversationFeed
from domain.runs.live import LiveRuns
from domain.runs.lookup import RunLookup
from domain.runs.ports import Signals
from domain.shared.clock import Clock
from domain.shared.idempotency import Once
from domain.tools.ports import Artifacts, Toolbox, ToolSchemas
from entrypoints.settings.settings import Settings

EXTENSION: Final = "puerto"


@dataclass(frozen=True, slots=True)
class Services:
    """One installation's use cases.

    ``database_answers`` asks the database, within a bound; ``storage_problem`` says why the last
    writes to it failed, such as a full disk, and nothing where none did.
    """

    settings: Settings
    authentication: Authentication
    accounts: Accounts
    chat: Chat
    run_lookup: RunLookup
    feed: ConversationFeed
    tickets: TicketService
    consent_desk: ConsentDesk
    configuration: ConfigurationService
    policy_desk: PolicyDesk
    plugin_desk: PluginDesk
    plugins: PluginAdministration
    tools: ToolAdministration
    required_plugins: RequiredPlugins
    learning: Learning
    api_inspection: ApiInspection
    own_credentials: OwnCredentials
    keyring: ApiKeyring
    once: Once
    users: Users
    conversations: ConversationService
    artifacts: Artifacts
    configurations: Configurations
    toolbox: Toolbox
    tool_schemas: ToolSchemas
    agents: Agents
    models: ChatModels
    worker: Worker
    live: LiveRuns
    signals: Signals
    clock: Clock
    monitoring: Monitoring
    learned_apis: LearnedApis
    vitals: Vitals
    database_answers: Callable[[], Awaitable[bool]]
    storage_problem: Callable[[], str]
    database_warnings: Callable[[], Awaitable[Sequence[str]]]


def services() -> Services:
    """Return the services of the application that handles the current request."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Services)  # noqa: S101  put there by create_app
    return found
