"""Read-only checks of what is stored in the database."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.persistence import Store
from domain.accounts.users import Role
from domain.monitoring.worker_heartbeats import BEAT_SECONDS
from domain.shared.errors import PuertoError
from domain.shared.paging import MAX_LIMIT
from entrypoints.cli.doctor.findings import DoctorFinding, State
from entrypoints.wiring.adapters.persistence import Persistence

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ALIVE: Final = timedelta(seconds=3 * BEAT_SECONDS)


async def stored_findings(persistence: Persistence) -> list[DoctorFinding]:
    """Return the findings on stored configuration, users, workers, switches and learned APIs."""
    database = persistence.database
    try:
        await database.start()
        return [finding async for finding in _look(persistence.store)]
    except PuertoError as error:
        return [DoctorFinding("stored data", State.BROKEN, error.message)]
    finally:
        await database.close()


async def _look(store: Store) -> AsyncGenerator[DoctorFinding]:
    configuration = await store.configurations.load()
    model = configuration.model or "its default model"
    detail = f"{configuration.provider} with {model}, autonomy {configuration.autonomy}"
    yield DoctorFinding("configuration", State.OK, f"{detail}, {len(configuration.rules)} rules")
    yield await _users(store)
    yield await _workers(store)
    board = await store.switches.load()
    for kind, switches in (("plugin", board.plugins), ("tool", board.tools)):
        for name, switch in switches.items():
            if not switch.is_on:
                words = f"set aside: {switch.reason}" if switch.reason else "switched off"
                yield DoctorFinding(f"switch of {kind} {name}", State.NOTE, words)
    for api in await store.learned_apis.all():
        state = State.NOTE if api.problem else State.OK
        detail = f"{api.tools} tools{f'; {api.problem}' if api.problem else ''}"
        yield DoctorFinding(f"learned API {api.name}", state, detail)


async def _users(store: Store) -> DoctorFinding:
    page = await store.users.page(MAX_LIMIT, None)
    more = f"more than {MAX_LIMIT}" if page.next_cursor else str(len(page.items))
    admins = sum(user.role is Role.ADMIN and not user.is_disabled for user in page.items)
    if not admins and not page.next_cursor:
        detail = f"{more}, and no administrator: puerto user role NAME admin"
        return DoctorFinding("users", State.NOTE, detail)
    return DoctorFinding("users", State.OK, more)


async def _workers(store: Store) -> DoctorFinding:
    now = datetime.now(UTC)
    living = [each for each in await store.heartbeats.living(_LONG_AGO) if now - each.at < _ALIVE]
    if not living:
        return DoctorFinding("workers", State.OK, "none runs now")
    runs = sum(each.runs for each in living)
    failing = {name: why for each in living for name, why in each.failing.items()}
    words = "; ".join(f"{name} is failing: {why}" for name, why in failing.items())
    detail = f"{len(living)}, which drive {runs} runs{f'; {words}' if words else ''}"
    return DoctorFinding("workers", State.NOTE if failing else State.OK, detail)
