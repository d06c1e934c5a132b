"""What the entrypoints can ask for: the use cases, and the ports that need none."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from quart import current_app

from domain.accounts import Accounts
from domain.api_keyring import ApiKeyring
from domain.authentication import Authentication
from domain.catalogue import Catalogue
from domain.chat import Chat
from domain.consenting import ConsentDesk
from domain.conversation_service import ConversationService
from domain.following import ConversationFeed
from domain.incidents import Incidents
from domain.learning import Learning
from domain.live import LiveRuns
from domain.once import Once
from domain.plugin_desk import PluginDesk
from domain.policing import PolicyDesk
from domain.ports.artifacts import Artifacts
from domain.ports.audit import Audit
from domain.ports.chat_model import ChatModels
from domain.ports.clock import Clock
from domain.ports.configurations import Configurations
from domain.ports.extensions import Agents
from domain.ports.learned_apis import LearnedApis
from domain.ports.monitoring import Monitoring
from domain.ports.signals import Signals
from domain.ports.tool_schemas import ToolSchemas
from domain.ports.toolbox import Toolbox
from domain.ports.users import Users
from domain.required_plugins import RequiredPlugins
from domain.run_lookup import RunLookup
from domain.tickets import TicketService
from domain.vitals import Vitals
from domain.worker import Worker
from entrypoints.settings import Settings

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
    policy_desk: PolicyDesk
    plugin_desk: PluginDesk
    required_plugins: RequiredPlugins
    incidents: Incidents
    learning: Learning
    keyring: ApiKeyring
    once: Once
    users: Users
    conversations: ConversationService
    artifacts: Artifacts
    audit: Audit
    configurations: Configurations
    toolbox: Toolbox
    tool_schemas: ToolSchemas
    catalogue: Catalogue
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
