"""With a user goes all that is theirs, and of two administrators one always stays."""

import asyncio

import pytest

from adapters.persistence import Database, Store
from adapters.persistence.accounts.belongings import BELONGINGS, DISOWNED, KEPT, MERGED
from adapters.persistence.models import TABLES, __models__
from domain.accounts.administration import UserAdministration
from domain.accounts.api_keys import Scope, made_of, new_key
from domain.accounts.identity import ForeignSubject
from domain.accounts.ports import PasswordReset, Ticket
from domain.accounts.users import Role, User
from domain.connected_accounts.connected_account import PendingConnection
from domain.learning.ports import SealedCredentials
from domain.models.messages import StopReason
from domain.monitoring.logs import LogEntry
from domain.runs.events import StepEnded
from domain.shared.errors import Conflict
from domain.shared.ids import new_id
from domain.tools.artifacts import Artifact, KeptArtifact
from domain.usage.budgets import Amount, Budget, BudgetLimit, BudgetPeriod, BudgetScope
from tests.adapters.persistence.accounts.test_connected_accounts import an_account
from tests.adapters.persistence.learned_apis.test_apis import a_version, an_api
from tests.adapters.persistence.stores import (
    MINUTE,
    NOW,
    a_consent,
    a_conversation,
    a_direct_run,
    a_key,
    a_session,
    a_user,
    answered,
    asked,
)
from tests.adapters.persistence.test_audit import a_decision
from tests.adapters.persistence.webhooks.endpoints import an_endpoint
from tests.domain.accounts.office import UserOffice

LEARNED = {"learned_apis", "learned_versions", "learned_operations"}  # they belong to all
NAMES = {"user_id", "owner", "subject", "username", "session_id", "run_id", "conversation_id"}


async def rows(database: Database) -> dict[str, list[str]]:
    """Return all rows of each table, as texts."""
    found = {}
    for table in TABLES:
        found[table] = sorted(map(str, await database.fetch(f"SELECT * FROM {table}")))
    return found


async def settled_in(store: Store, user: User) -> None:
    """Let a user have some of everything that there is."""
    await store.users.add(user, "hash")
    session = a_session(user, new_id())
    await store.sessions.add(session)
    await store.tickets.add(Ticket(new_id(), session.id, "/ws", NOW, NOW + MINUTE), NOW)
    await store.password_resets.put(PasswordReset(new_id(), user.id, NOW))
    pending = PendingConnection(new_id(), session.id, "crm", "crm", b"1", NOW, NOW + MINUTE)
    await store.pending_connections.put(pending, NOW)
    record = made_of(new_key(), new_id(), user, "report", [Scope.CHAT], NOW, None)
    assert await store.program_keys.add(record, most=1)
    who = ForeignSubject("https://login.example", user.id)
    await store.foreign_identities.add(who, user.id, NOW)
    await store.connected_accounts.put(an_account(user.id))
    await store.plugin_values.put("crm", user.id, "seen", 1, most=5)
    api = an_api(new_id(), user_id=user.id)
    await store.learned_apis.add(api, a_version())
    await store.api_keys.put(SealedCredentials(api.id, user.id, ("key",), b"1", NOW))
    await store.conversations.add(a_conversation(user.id))
    run = await answered(store, user.id)
    for _ in range(3):
        await answered(store, user.id, run.started.conversation_id)
    file = KeptArtifact(new_id(), user.id, run.id, "c", NOW, Artifact(b"1", "text/plain", "a"))
    await store.artifacts.add([file])
    budget = Budget(
        new_id(), BudgetScope.USER, user.id, BudgetPeriod.DAY, BudgetLimit(9, None), NOW
    )
    assert await store.budgets.put(budget, most=9) == budget.id
    direct = a_direct_run(user.id)
    await asked(store, direct, a_consent(direct))
    step = StepEnded(StopReason.END, 1, 1, 0, "offline", "offline-1")
    await store.log.append(direct.id, 1, 5, [step])
    assert await store.budgets.reserve(direct.id, 1, [(budget, user.id)], Amount(1)) is None
    key = a_key(user.id)
    assert await store.answers.reserve(key) is None
    named = {"logger": "puerto", "user": user.username, "user_id": user.id}
    await store.log_entries.add([LogEntry(NOW, "INFO", "hello", named)], 100)
    await store.audit.record([a_decision(user_id=user.id, username=user.username)])


@pytest.fixture
async def stored(database: Database) -> Store:
    store = Store(database)
    await an_endpoint(store)  # which is told what users do
    return store


async def test_no_row_of_any_table_names_a_user_who_is_gone(
    database: Database, stored: Store
) -> None:
    ann, bob = a_user("ann-whoever"), a_user("bob-whoever")
    await settled_in(stored, bob)
    before = await rows(database)
    await settled_in(stored, ann)
    between = await rows(database)
    owned = {each for each in TABLES if between[each] != before[each]}
    assert owned == {*BELONGINGS, *LEARNED, *MERGED, *KEPT, "users"}

    await stored.users.remove(ann.id)

    after = await rows(database)
    assert {each for each in TABLES if after[each] != before[each]} == {*LEARNED, *MERGED, *KEPT}
    named = {
        each for each in TABLES if ann.id in str(after[each]) or ann.username in str(after[each])
    }
    assert named == KEPT.keys()


async def test_much_is_deleted_in_batches(database: Database, stored: Store) -> None:
    before = await rows(database)
    ann = a_user("ann-whoever")
    await settled_in(stored, ann)
    left, rounds = await rows(database), 1

    while not await stored.users.remove_belongings(ann.id, 2):
        now, rounds = await rows(database), rounds + 1
        assert all(len(left[each]) - len(now[each]) <= 2 for each in TABLES)
        left = now

    assert rounds > 3
    after = await rows(database)
    assert {each for each in TABLES if after[each] != before[each]} == {
        *LEARNED,
        *MERGED,
        *KEPT,
        "users",
    }


def test_a_table_that_names_users_is_known_to_their_deletion() -> None:
    """A new table of what is somebody's goes into `BELONGINGS`, or says in `KEPT` why it stays."""
    naming = set()
    for model in __models__:
        columns = model._meta.fields | {f"{each}_id" for each in model._meta.fk_fields}
        if columns & NAMES:
            naming.add(model._meta.db_table)
    naming.add("deliveries")  # in the text that is told
    assert naming == {*BELONGINGS, *DISOWNED, *MERGED, *KEPT, "users"}


async def test_of_two_administrators_who_remove_each_other_one_stays(
    database: Database, stored: Store
) -> None:
    for number in range(5):
        ann, bob = a_user(f"ann{number}"), a_user(f"bob{number}")
        for user in (ann, bob):
            await stored.users.add(user, "hash")
            await stored.users.set_role(user.id, Role.ADMIN)
        root = User("", "", "", "", Role.ADMIN, NOW)
        administration: UserAdministration = UserOffice(stored).administration

        done = await asyncio.gather(
            administration.change(root, ann.id, role=Role.USER),
            administration.change(root, bob.id, is_disabled=True),
            administration.remove(root, ann.id),
            return_exceptions=True,
        )

        assert len(await stored.users.lock_administrators()) == 1
        assert any(isinstance(each, Conflict) for each in done)
        for user in (ann, bob):
            await database.fetch("DELETE FROM users WHERE id = $1 RETURNING id", user.id)
