"""What is stored, in memory: the same ports as `adapters.persistence`, for tests of the core."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from typing_extensions import override

from adapters.persistence import Store
from adapters.persistence.engine.codec import storable
from adapters.persistence.engine.text_folding import folded
from domain.accounts.ports import Users
from domain.accounts.users import Role, User
from domain.configuration.configuration import Configuration
from domain.configuration.ports import Configurations
from domain.conversations.conversation import Conversation, Message
from domain.conversations.ports import ChangedFields, Conversations
from domain.notifications.notices import Notice
from domain.notifications.ports import Outbox
from domain.plugins.ports import StoredSettings, Switches
from domain.plugins.switches import ON, Switch, Switchboard, SwitchKind
from domain.shared.errors import Conflict, NotFound, run_in_progress
from domain.shared.list_cursors import (
    read_number,
    read_place,
    write_number,
    write_place,
)
from domain.shared.paging import Page
from domain.tools.storage import MemoryValues
from tests.fakes.api_keys import FakeProgramKeys
from tests.fakes.artifacts import FakeArtifacts
from tests.fakes.connected_accounts import FakeConnectedAccounts, FakePendingConnections
from tests.fakes.consents import FakeAnswers, FakeAudit, FakeConsents, FakeSignals
from tests.fakes.foreign_identities import FakeForeignIdentities
from tests.fakes.learned_apis import FakeApiKeys, FakeLearnedApis
from tests.fakes.limits import FakeBuckets
from tests.fakes.memory import FakeUnitOfWork, Memory
from tests.fakes.monitoring import FakeLogEntries, FakeMonitoring, FakePulses
from tests.fakes.runs import FakeLeases, FakeRunLog, FakeRunQueries, FakeRuns
from tests.fakes.sessions import FakePasswordResets, FakeSessions
from tests.fakes.tickets import FakeTickets


class FakeUsers(Users):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def add(self, user: User, password_hash: str) -> None:
        kept = replace(user, email=user.email.lower(), username=user.username.lower())
        for other, _ in self._memory.users.values():
            if other.email == kept.email:
                raise Conflict("This e-mail address is taken.")
            if other.username == kept.username:
                raise Conflict("This user name is taken.")
        self._memory.users[user.id] = (kept, password_hash)

    @override
    async def by_login(self, login: str) -> tuple[User, str] | None:
        name = login.lower()
        for user, password_hash in self._memory.users.values():
            if name in {user.email, user.username}:
                return user, password_hash
        return None

    @override
    async def get(self, user_id: str) -> User:
        return self._known(user_id)

    @override
    async def page(self, limit: int, cursor: str | None, prefix: str = "") -> Page[User]:
        users = sorted(
            (
                user
                for user, _ in self._memory.users.values()
                if f"\n{prefix.lower()}" in f"\n{user.username}\n{user.email}"
            ),
            key=lambda u: (u.created_at, u.id),
        )
        if cursor is not None:
            place = read_place("users", cursor)
            users = [user for user in users if (user.created_at, user.id) > place]
        page = users[:limit]
        if len(users) <= limit:
            return Page(page)
        return Page(page, write_place("users", page[-1].created_at, page[-1].id))

    @override
    async def last_seen(self, user_ids: Collection[str]) -> Mapping[str, datetime]:
        sessions = [each.session for each in self._memory.sessions.values()]
        used = [(each.user_id, each.last_used_at or each.created_at) for each in sessions]
        keys = self._memory.program_keys.values()
        used += [(each.user_id, each.last_used_at) for each in keys if each.last_used_at]
        return {each: at for each, at in sorted(used, key=lambda use: use[1]) if each in user_ids}

    @override
    async def set_password(self, user_id: str, password_hash: str) -> None:
        self._memory.users[user_id] = (self._known(user_id), password_hash)

    @override
    async def set_role(self, user_id: str, role: Role) -> User:
        return self._change(user_id, role=role)

    @override
    async def set_disabled(self, user_id: str, at: datetime | None) -> User:
        return self._change(user_id, is_disabled=at is not None)

    @override
    async def lock_administrators(self) -> frozenset[str]:
        users = [user for user, _ in self._memory.users.values()]
        return frozenset(
            each.id for each in users if each.role is Role.ADMIN and not each.is_disabled
        )

    @override
    async def remove_belongings(self, user_id: str, most: int) -> bool:
        self._memory.forget(user_id)
        return True

    @override
    async def remove(self, user_id: str) -> None:
        self._known(user_id)
        del self._memory.users[user_id]
        self._memory.forget(user_id)

    def _known(self, user_id: str) -> User:
        if user_id not in self._memory.users:
            raise NotFound("There is no such user.")
        return self._memory.users[user_id][0]

    def _change(self, user_id: str, **changes: Any) -> User:
        changed = replace(self._known(user_id), **changes)
        self._memory.users[user_id] = (changed, self._memory.users[user_id][1])
        return changed


class FakeConversations(Conversations):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def add(self, conversation: Conversation) -> None:
        self._memory.conversations[conversation.id] = _storable(conversation)

    @override
    async def get(self, user_id: str, conversation_id: str) -> Conversation:
        found = self._memory.conversations.get(conversation_id)
        if found is None or found.user_id != user_id:
            raise NotFound("There is no such conversation.")
        return self._shown(found)

    def _shown(self, conversation: Conversation) -> Conversation:
        active = self._memory.active_in(conversation.id)
        return replace(conversation, active_run_id=active)

    @override
    async def page(
        self,
        user_id: str,
        limit: int,
        cursor: str | None,
        text: str | None = None,
        *,
        offset: int = 0,
    ) -> Page[Conversation]:
        found = sorted(
            (
                self._shown(conversation)
                for conversation in self._memory.conversations.values()
                if conversation.user_id == user_id
                and (text is None or self._holds(conversation, text))
            ),
            key=lambda conversation: (conversation.updated_at, conversation.id),
            reverse=True,
        )
        if cursor is not None:
            place = read_place("conversations", cursor)
            found = [one for one in found if (one.updated_at, one.id) < place]
        found = found[offset:]
        page = found[:limit]
        if len(found) <= limit:
            return Page(page)
        return Page(page, write_place("conversations", page[-1].updated_at, page[-1].id))

    def _holds(self, conversation: Conversation, text: str) -> bool:
        said = (message.content for message in self._memory.messages.get(conversation.id, ()))
        return any(_holds(part, text) for part in (conversation.title, *said))

    @override
    async def change(
        self, user_id: str, conversation_id: str, at: datetime, changes: ChangedFields
    ) -> Conversation:
        found = await self.get(user_id, conversation_id)
        changed = _storable(replace(found, updated_at=at, **changes))
        self._memory.conversations[conversation_id] = changed
        return changed

    @override
    async def delete(self, user_id: str, conversation_id: str) -> None:
        await self.get(user_id, conversation_id)
        if (active := self._memory.active_in(conversation_id)) is not None:
            raise run_in_progress(conversation_id, active)
        del self._memory.conversations[conversation_id]
        self._memory.messages.pop(conversation_id, None)
        for run_id, run in list(self._memory.runs.items()):
            if run.record.conversation_id == conversation_id:
                del self._memory.runs[run_id], self._memory.events[run_id]
                for consent in self._memory.consents_of(run_id):
                    del self._memory.consents[consent.id]
                for kept in list(self._memory.artifacts.values()):
                    if kept.run_id == run_id:
                        del self._memory.artifacts[kept.id]

    @override
    async def messages(
        self, user_id: str, conversation_id: str, limit: int, cursor: str | None
    ) -> Page[Message]:
        await self.get(user_id, conversation_id)
        said = self._memory.messages.get(conversation_id, ())
        if cursor is not None:
            said = said[: read_number("messages", cursor) - 1]
        first = len(said) - limit
        if first <= 0:
            return Page(said)
        return Page(said[first:], write_number("messages", first + 1))

    @override
    async def search(
        self, user_id: str, text: str, limit: int, leaving_out: str = ""
    ) -> Sequence[Message]:
        found = [
            message
            for conversation_id, said in self._memory.messages.items()
            if self._memory.conversations[conversation_id].user_id == user_id
            for message in said
            if message.id != leaving_out and _holds(message.content, text)
        ]
        found.sort(key=lambda message: (message.created_at, message.id), reverse=True)
        return found[:limit]


def _holds(content: str, text: str) -> bool:
    whole = folded(content) or ""
    return all(word in whole for word in (folded(text) or "").split())


def _storable(conversation: Conversation) -> Conversation:
    texts = {name: getattr(conversation, name) for name in ("title", "provider", "model")}
    kept = {name: storable(text) for name, text in texts.items() if text is not None}
    return replace(conversation, **kept)  # type: ignore[arg-type]  # all three are texts


class FakeConfigurations(Configurations):
    def __init__(self, memory: Memory, initial: Configuration) -> None:
        self._memory = memory
        self._initial = initial

    @override
    async def load(self) -> Configuration:
        return self._memory.configuration.get("configuration", self._initial)

    @override
    async def load_for(self, user_id: str, conversation_id: str) -> Configuration:
        configuration = await self.load()
        found = self._memory.conversations.get(conversation_id)
        if found is None or found.user_id != user_id:
            return configuration
        return configuration.preferring(found.provider, found.model).sampled(found.sampling)

    @override
    async def change(self, edit: Callable[[Configuration], Configuration]) -> Configuration:
        changed = edit(await self.load())
        self._memory.configuration["configuration"] = changed
        return changed


class FakeSwitches(Switches):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def load(self) -> Switchboard:
        kept = self._memory.switches
        return Switchboard(
            {name: switch for (kind, name), switch in kept.items() if kind == SwitchKind.PLUGIN},
            {name: switch for (kind, name), switch in kept.items() if kind == SwitchKind.TOOL},
            kept.get(("search", ""), ON).generation,
            {name: each.generation for (kind, name), each in kept.items() if kind == "settings"},
        )

    @override
    async def turn(self, kind: SwitchKind, name: str, *, is_on: bool) -> None:
        before = self._memory.switches.get((kind, name), ON)
        self._memory.switches[kind, name] = before.turned(is_on=is_on)

    @override
    async def set_aside(self, kind: SwitchKind, name: str, switch: Switch) -> None:
        before = self._memory.switches.get((kind, name), ON)
        self._memory.switches[kind, name] = replace(switch, generation=before.generation)

    @override
    async def try_again(self, kind: SwitchKind, name: str, tries: int) -> bool:
        before = self._memory.switches.get((kind, name), ON)
        if not before.reason or before.tries != tries:
            return False
        self._memory.switches[kind, name] = before.tried_again()
        return True

    @override
    async def renew(self, plugin: str) -> None:
        self._renew(SwitchKind.PLUGIN, plugin)

    @override
    async def note_settings(self, plugin: str) -> None:
        self._renew("settings", plugin)

    @override
    async def search(self) -> None:
        self._renew("search", "")

    def _renew(self, kind: str, name: str) -> None:
        before = self._memory.switches.get((kind, name), ON)
        is_on = before.is_on or bool(before.reason)
        self._memory.switches[kind, name] = Switch(is_on, "", before.generation + 1)


class FakePluginSettings(StoredSettings):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def load(self) -> Mapping[str, bytes]:
        return dict(self._memory.plugin_settings)

    @override
    async def put(self, plugin: str, sealed: bytes) -> None:
        self._memory.plugin_settings[plugin] = sealed


class FakePluginValues(MemoryValues):
    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self._memory = memory

    @property
    @override
    def values(self) -> dict[tuple[str, str, str], Any]:
        return self._memory.plugin_values


class FakeOutbox(Outbox):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @override
    async def write(self, notices: Sequence[Notice]) -> None:
        self._memory.write(notices)


class FakeStore(Store):
    """Everything that is stored, in memory."""

    def __init__(self, initial: Configuration | None = None) -> None:
        self.memory = Memory()
        self.users = FakeUsers(self.memory)
        self.sessions = FakeSessions(self.memory)
        self.conversations = FakeConversations(self.memory)
        self.answers = FakeAnswers(self.memory)
        self.runs = FakeRuns(self.memory, self.answers)
        self.run_queries = FakeRunQueries(self.memory)
        self.log = FakeRunLog(self.memory)
        self.leases = FakeLeases(self.memory)
        self.consents = FakeConsents(self.memory)
        self.artifacts = FakeArtifacts(self.memory)
        self.audit = FakeAudit(self.memory)
        self.signals = FakeSignals()
        self.configurations = FakeConfigurations(self.memory, initial or Configuration())
        self.switches = FakeSwitches(self.memory)
        self.plugin_settings = FakePluginSettings(self.memory)
        self.plugin_values = FakePluginValues(self.memory)
        self.monitoring = FakeMonitoring()
        self.heartbeats = FakePulses()
        self.log_entries = FakeLogEntries()
        self.learned_apis = FakeLearnedApis(self.memory)
        self.api_keys = FakeApiKeys(self.memory)
        self.password_resets = FakePasswordResets(self.memory)
        self.tickets = FakeTickets(self.memory)
        self.foreign_identities = FakeForeignIdentities(self.memory)
        self.program_keys = FakeProgramKeys(self.memory)
        self.buckets = FakeBuckets()
        self.connected_accounts = FakeConnectedAccounts(self.memory)
        self.pending_connections = FakePendingConnections(self.memory)
        self.outbox = FakeOutbox(self.memory)
        self.unit_of_work = FakeUnitOfWork(self.memory)
