"""The port to a service that ``ask``, ``chat`` and ``consent`` use, and its options."""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

if TYPE_CHECKING:
    from domain.consents.replies import ConsentReply

Json = dict[str, Any]

Url = Annotated[
    str | None,
    typer.Option(help="The service to talk to. Without one, it is started inside this command."),
]
Token = Annotated[str | None, typer.Option(help="An access token of the service at the URL.")]
Login = Annotated[
    str | None,
    typer.Option(help="The user to log in as at the URL; the password is asked for."),
]
Continued = Annotated[
    str | None, typer.Option("--conversation", help="The id of a conversation to go on with.")
]


class ConsentLine(Protocol):
    """Access to the consent requests of one user."""

    async def consents(self) -> Sequence[Json]:
        """Return the waiting requests, the newest first, at most 100.

        Raises:
            PuertoError: the service refused, or cannot be reached.

        """
        ...

    async def consent(self, request_id: str, reply: "ConsentReply") -> None:
        """Answer a consent request.

        Raises:
            PuertoError: the service refused the answer, or cannot be reached.

        """
        ...


class Client(ConsentLine, Protocol):
    """A client of a service, for one user."""

    def ask(self, text: str, conversation_id: str | None) -> AsyncGenerator[Json, None]:
        """Send a message and yield the encoded events of the answer, ``done`` as the last.

        Raises:
            PuertoError: the service refused, or cannot be reached.

        """
        ...

    def go_on(self) -> AsyncGenerator[Json, None]:
        """Yield the events that follow those of the last stream, up to the next ``done``.

        Raises:
            PuertoError: the service refused, or cannot be reached.

        """
        ...

    async def cancel(self, run_id: str) -> None:
        """Stop a run; its stream then ends."""
        ...

    async def conversations(self) -> Sequence[Json]:
        """Return the user's last 20 conversations, the last changed first."""
        ...
