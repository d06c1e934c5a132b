"""Synchronous session with a service, for commands that read lines from a terminal.

The event loop runs in a thread, so that an embedded service goes on while a person types; the main
thread reads lines, and handles Ctrl-C.
"""

import signal
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import typer

from entrypoints.chat_turn import ChatTurn
from entrypoints.cli.chat.turn import go_on, listen
from entrypoints.cli.clients.client import Client, Json
from entrypoints.cli.clients.connecting import connect
from entrypoints.server.ending import END_SECONDS

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

T = TypeVar("T")
Arguments = ParamSpec("Arguments")
Show = Callable[[Json], None]

LOOK_SECONDS: Final = 0.2  # the system may deliver a signal to a thread that cannot wake this one


class TerminalSession:
    """One user's session with a service, for a thread without an event loop."""

    def __init__(self, portal: "BlockingPortal", client: Client) -> None:
        self._portal = portal
        self.client = client

    def call(
        self,
        function: Callable[Arguments, Awaitable[T]],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> T:
        """Call a coroutine function on the client's event loop, and return its result."""
        return self._portal.call(lambda: function(*args, **kwargs))

    def ask(self, text: str, conversation_id: str | None, show: Show) -> ChatTurn:
        """Ask a question, show each event, and return the turn. Ctrl-C cancels the run.

        Raises:
            KeyboardInterrupt: Ctrl-C before the run began, or a second one.

        """
        turn = ChatTurn(conversation_id=conversation_id or "")
        self._follow(turn, lambda: listen(self.client.ask(text, conversation_id), turn, show))
        return turn

    def go_on(self, turn: ChatTurn, show: Show) -> None:
        """Follow a run that had to wait for consent, after it was given. Ctrl-C cancels the run.

        Raises:
            KeyboardInterrupt: a second Ctrl-C.

        """
        self._follow(turn, lambda: go_on(self.client, turn, show))

    def _follow(self, turn: ChatTurn, listening: Callable[[], Awaitable[None]]) -> None:
        with _first_interrupt(lambda: self._cancels(turn)):
            done = self._portal.start_task_soon(listening)
            try:
                while not done.done():
                    wait([done], LOOK_SECONDS)
            except KeyboardInterrupt:
                done.cancel()
                raise
        done.result()

    def _cancels(self, turn: ChatTurn) -> bool:
        """Cancel the run if it has begun, and return whether it has."""
        if turn.run_id:
            self._portal.start_task_soon(self.client.cancel, turn.run_id)
        return bool(turn.run_id)


@contextmanager
def _first_interrupt(handled: Callable[[], bool]) -> Iterator[None]:
    """Call ``handled`` at the first Ctrl-C; if it returns False, or at a second one, interrupt."""

    def handle(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        if not handled() and callable(before):
            before(number, frame)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def session(url: str | None, token: str | None, login: str | None) -> Iterator[TerminalSession]:
    """Yield a session with the service of the options; ask for a password if one is needed."""
    password = credentials(url, token, login)
    with (
        _portal(is_service=url is None) as portal,
        portal.wrap_async_context_manager(connect(url, token, login or "", password)) as client,
    ):
        yield TerminalSession(portal, client)


@contextmanager
def _portal(*, is_service: bool) -> Iterator["BlockingPortal"]:
    """Yield a portal to an event loop in a thread, which is abandoned if it does not end.

    A plugin's task or thread may keep it from ending; the service on it has stopped by then.
    """
    from anyio.from_thread import start_blocking_portal

    options = {}
    if is_service:
        from entrypoints.server.main_loop import service_loop

        options["loop_factory"] = service_loop
    started = ExitStack()
    portal = started.enter_context(start_blocking_portal(backend_options=options))
    try:
        yield portal
    finally:
        ending = Thread(target=_stop, args=(portal, started), name="puerto end", daemon=True)
        ending.start()
        ending.join(END_SECONDS)


def _stop(portal: "BlockingPortal", started: ExitStack) -> None:
    with suppress(RuntimeError):  # it has stopped
        portal.call(portal.stop, True)  # noqa: FBT003  cancels the remaining tasks
    started.close()


def credentials(url: str | None, token: str | None, login: str | None) -> str:
    """Validate the options of service and login, and return the password, asked for if needed."""
    if url is None and (token is not None or login is not None):
        raise typer.BadParameter("--token and --login go with --url")
    if url is not None and (token is None) == (login is None):
        raise typer.BadParameter("--url needs one of --token and --login")
    password: str = typer.prompt("Password", hide_input=True, err=True) if login else ""
    return password
