"""Embedded client: a service inside the command, on the data of the settings."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Final

import typer
from typing_extensions import override

from domain.accounts.users import User
from domain.consents.consent import ConsentStatus
from domain.consents.replies import ConsentReply
from domain.execution.questions import requested
from domain.runs.cursors import write_cursor
from domain.shared.paging import DEFAULT_LIMIT, MAX_LIMIT
from entrypoints.cli.clients.client import Client, ConsentLine, Json
from entrypoints.encoding import EventEncoder, consent_request, time_text
from entrypoints.server.lifecycle import administered, running, user_named
from entrypoints.server.logs import configure_logging
from entrypoints.settings.loading import load_settings
from entrypoints.wiring.container import build
from entrypoints.wiring.services import Services

LOCAL_USER: Final = "admin"  # who can read the data folder owns it, so no password is needed


@asynccontextmanager
async def installation(*, with_plugins: bool = False) -> AsyncGenerator[Services, None]:
    """Yield the services on the data of the settings, for administration commands.

    They execute no runs; announcements go to standard error. ``with_plugins`` loads the plugins.
    """
    settings = load_settings()
    configure_logging(settings, quiet=True)
    async with administered(build(settings), _say, with_plugins=with_plugins) as services:
        yield services


def _say(line: str) -> None:
    typer.echo(line, err=True)


@asynccontextmanager
async def embedded() -> AsyncGenerator["EmbeddedClient", None]:
    """Start a service in this process, and yield a client of it as the administrator.

    Only the administrator's runs are executed here.

    Raises:
        NotFound: there is no user ``admin``.

    """
    settings = load_settings()
    configure_logging(settings, quiet=True)
    async with running(build(settings), _say, only_for=LOCAL_USER) as services:
        yield EmbeddedClient(services, await user_named(services, LOCAL_USER))


@asynccontextmanager
async def consent_line(*, with_tools: bool) -> AsyncGenerator["LocalConsents", None]:
    """Yield access to the administrator's consent requests; a running service resumes the runs.

    ``with_tools`` loads the plugins, which changed arguments are validated by.

    Raises:
        NotFound: there is no user ``admin``.

    """
    async with installation(with_plugins=with_tools) as services:
        yield LocalConsents(services, await user_named(services, LOCAL_USER))


class LocalConsents(ConsentLine):
    """Access to a user's consent requests in the data of the settings."""

    def __init__(self, services: Services, user: User) -> None:
        self._services = services
        self._user = user

    @override
    async def consents(self) -> Sequence[Json]:
        """Return the waiting requests."""
        service = self._services.consent_service
        page = await service.find(self._user, ConsentStatus.WAITING, MAX_LIMIT, None)
        return [consent_request(requested(each)) | {"run_id": each.run_id} for each in page.items]

    @override
    async def consent(self, request_id: str, reply: ConsentReply) -> None:
        """Answer a request."""
        await self._services.consent_service.answer(self._user, request_id, reply)


class EmbeddedClient(LocalConsents, Client):
    """A client of the services in this process."""

    def __init__(self, services: Services, user: User) -> None:
        super().__init__(services, user)
        self._chat = services.chat
        self._run_id = ""
        self._after: str | None = None

    @override
    async def ask(
        self,
        text: str,
        conversation_id: str | None,
        *,
        agent: str | None = None,
        provider: str | None = None,
        model: str | None = None,
    ) -> AsyncGenerator[Json, None]:
        """Yield the events of the answer, by this agent, provider and model, if not the usual."""
        started = await self._chat.send(
            self._user, text, conversation_id, agent=agent, provider=provider, model=model
        )
        self._run_id = started.run_id
        self._after = None
        async with aclosing(self.go_on()) as events:
            async for event in events:
                yield event

    @override
    async def go_on(self) -> AsyncGenerator[Json, None]:
        """Yield the events that follow."""
        encoder = EventEncoder(self._run_id)
        reader = await self._chat.follow(self._user, self._run_id, self._after)
        async with aclosing(reader.events()) as batches:
            async for batch in batches:
                for event in batch:
                    self._after = write_cursor(self._run_id, event.attempt, event.number)
                    if (data := encoder.encode(event)) is not None:
                        yield data

    @override
    async def cancel(self, run_id: str) -> None:
        """Stop a run."""
        await self._chat.cancel(self._user, run_id)

    @override
    async def conversations(self) -> Sequence[Json]:
        """Return the last conversations."""
        page = await self._services.conversations.page(self._user, DEFAULT_LIMIT)
        return [
            {"id": each.id, "title": each.title, "updated_at": time_text(each.updated_at)}
            for each in page.items
        ]
