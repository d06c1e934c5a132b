"""A service inside the command, on the data that the settings name."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Final

import typer

from domain.consenting import Said
from domain.consents import ConsentStatus
from domain.cursors import Cursor
from domain.identity import User
from entrypoints.cli.client import Json
from entrypoints.encoding import EventEncoder
from entrypoints.logs import configure_logging
from entrypoints.service import administered, running, user_named
from entrypoints.services import Services
from entrypoints.settings import load_settings

LOCAL_USER: Final = "admin"  # whoever can read the data folder owns it: no password is asked for


@asynccontextmanager
async def installation(*, with_plugins: bool = False) -> AsyncGenerator[Services, None]:
    """Yield the services over the data that the settings name; what they say goes to stderr.

    They look after the data and drive no runs. ``with_plugins`` takes plugins in, too.
    """
    settings = load_settings()
    configure_logging(settings, quiet=True)
    async with administered(settings, _say, with_plugins=with_plugins) as services:
        yield services


def _say(line: str) -> None:
    typer.echo(line, err=True)


@asynccontextmanager
async def embedded() -> AsyncGenerator["EmbeddedClient", None]:
    """Yield a client of a service in this process, as the administrator.

    It drives the administrator's runs and nobody else's.

    Raises:
        NotFound: there is no user ``admin``.

    """
    settings = load_settings()
    configure_logging(settings, quiet=True)
    async with running(settings, _say, only_for=LOCAL_USER) as services:
        yield EmbeddedClient(services, await user_named(services, LOCAL_USER))


class EmbeddedClient:
    """A user's line to the services in this process."""

    def __init__(self, services: Services, user: User) -> None:
        self._chat = services.chat
        self._desk = services.consent_desk
        self._user = user
        self._run_id = ""
        self._after: Cursor | None = None

    async def ask(self, text: str, conversation_id: str | None) -> AsyncGenerator[Json, None]:
        """Yield the events of the answer."""
        self._run_id = (await self._chat.send(self._user, text, conversation_id)).run_id
        self._after = None
        async with aclosing(self.go_on()) as events:
            async for event in events:
                yield event

    async def go_on(self) -> AsyncGenerator[Json, None]:
        """Yield what follows."""
        encoder = EventEncoder(self._run_id)
        async with aclosing(self._chat.follow(self._run_id, self._after)) as batches:
            async for batch in batches:
                for event in batch:
                    self._after = Cursor(event.attempt, event.number)
                    if (data := encoder.encode(event)) is not None:
                        yield data

    async def consent(self, answer: Json) -> None:
        """Answer a consent request."""
        said = Said(
            answer.get("approved", False),
            answer.get("arguments"),
            answer.get("reason", ""),
            ConsentStatus(answer["outcome"]) if "outcome" in answer else None,
        )
        await self._desk.answer(self._user, answer["consent_request_id"], said)

    async def cancel(self, run_id: str) -> None:
        """Stop a run."""
        await self._chat.cancel(self._user, run_id)
