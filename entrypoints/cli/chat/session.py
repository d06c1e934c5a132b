"""A client whose service, if it is in this process, goes on while a person types.

The event loop has a thread of its own; the main thread reads lines, and it alone hears Ctrl-C.
"""

import signal
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import typer

from entrypoints.cli.chat.turn import Turn, go_on, listen
from entrypoints.cli.clients.client import Client, Json
from entrypoints.cli.clients.connecting import connect
from entrypoints.server.ending import END_SECONDS

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

T = TypeVar("T")
Arguments = ParamSpec("Arguments")
Show = Callable[[Json], None]

LOOK_SECONDS: Final = 0.2  # the system may hand a signal to a thread that cannot wake this one


class Session:
    """One user's line to a service, for a thread without an event loop."""

    def __init__(self, portal: "BlockingPortal", client: Client) -> None:
        self._portal = portal
        self.client = client

    def call(
        self,
        function: Callable[Arguments, Awaitable[T]],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> T:
        """Return what a coroutine function gives in the loop of the client."""
        return self._portal.call(lambda: function(*args, **kwargs))

    def ask(self, text: str, conversation_id: str | None, show: Show) -> Turn:
        """Ask, show each event, and return what came of it. Ctrl-C cancels the run.

        Raises:
            KeyboardInterrupt: Ctrl-C before the run began, or a second one.

        """
        turn = Turn(conversation_id=conversation_id)
        self._follow(turn, lambda: listen(self.client.ask(text, conversation_id), turn, show))
        return turn

    def go_on(self, turn: Turn, show: Show) -> None:
        """Listen on, where the run had to wait and a human has answered. Ctrl-C cancels the run.

        Raises:
            KeyboardInterrupt: a second Ctrl-C.

        """
        self._follow(turn, lambda: go_on(self.client, turn, show))

    def _follow(self, turn: Turn, listening: Callable[[], Awaitable[None]]) -> None:
        with _first_interrupt(lambda: self._cancels(turn)):
            done = self._portal.start_task_soon(listening)
            try:
                while not done.done():
                    wait([done], LOOK_SECONDS)
            except KeyboardInterrupt:
                done.cancel()
                raise
        done.result()

    def _cancels(self, turn: Turn) -> bool:
        """Cancel the run, if there is one by now."""
        if turn.run_id:
            self._portal.start_task_soon(self.client.cancel, turn.run_id)
        return bool(turn.run_id)


@contextmanager
def _first_interrupt(handled: Callable[[], bool]) -> Iterator[None]:
    """Let ``handled`` see the first Ctrl-C; what it does not handle, or a second, interrupts."""

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
def session(url: str | None, token: str | None, login: str | None) -> Iterator[Session]:
    """Yield a line to the service that the options name; a password is asked for here."""
    password = credentials(url, token, login)
    with (
        _portal(is_service=url is None) as portal,
        portal.wrap_async_context_manager(connect(url, token, login or "", password)) as client,
    ):
        yield Session(portal, client)


@contextmanager
def _portal(*, is_service: bool) -> Iterator["BlockingPortal"]:
    """Yield the way to a loop in a thread of its own, which is left to itself if it does not end.

    A task or a thread of a plugin may hold it: the service in it has stopped by then.
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
        portal.call(portal.stop, True)  # noqa: FBT003  what remains is of nobody any more
    started.close()


def credentials(url: str | None, token: str | None, login: str | None) -> str:
    """Check the options that name a service and who comes; return the password, once asked for."""
    if url is None and (token is not None or login is not None):
        raise typer.BadParameter("--token and --login go with --url")
    if url is not None and (token is None) == (login is None):
        raise typer.BadParameter("--url needs one of --token and --login")
    password: str = typer.prompt("Password", hide_input=True, err=True) if login else ""
    return password
