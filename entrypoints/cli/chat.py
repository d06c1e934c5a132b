"""``puerto chat``: a conversation at the terminal."""

import asyncio
import sys
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Final

from entrypoints.cli.client import Client, Continued, Login, Token, Url, connect

if TYPE_CHECKING:  # rich is loaded only when there is something to show
    from entrypoints.cli.screen import Screen
    from entrypoints.cli.turn import Turn

PROMPT: Final = "> "
HELP: Final = """\
/new   begin a new conversation
/quit  leave; so do Ctrl-D, and Ctrl-C at the prompt
/help  show this
When a call needs your consent: y runs it, e runs it with other arguments, anything else does not.
Ctrl-C during an answer stops that answer."""


def command(
    conversation: Continued = None, url: Url = None, token: Token = None, login: Login = None
) -> None:
    """Talk with the agent."""
    from entrypoints.cli.screen import Screen

    with asyncio.Runner() as runner:  # the prompt waits outside of the loop: nothing runs then
        stack = AsyncExitStack()
        client = runner.run(stack.enter_async_context(connect(url, token, login)))
        try:
            _Talk(runner, client, Screen(), conversation).run()
        finally:
            runner.run(stack.aclose())


class _Talk:
    """Reads lines, and answers or obeys them."""

    def __init__(
        self,
        runner: asyncio.Runner,
        client: Client,
        screen: "Screen",
        conversation_id: str | None,
    ) -> None:
        self._runner = runner
        self._client = client
        self._screen = screen
        self._conversation_id = conversation_id

    def run(self) -> None:
        """Go on until the person leaves."""
        with suppress(ImportError):
            import readline  # noqa: F401  gives the prompt its arrow keys, where there are any
        if sys.stdin.isatty():
            self._screen.note("Say something. /help shows the commands.")
        try:
            while (line := _read()) not in {"/quit", "/exit"}:
                self._handle(line)
        except (EOFError, KeyboardInterrupt):
            if sys.stdin.isatty():
                self._screen.note("")  # the shell's prompt begins on a line of its own

    def _handle(self, line: str) -> None:
        match line:
            case "":
                pass
            case "/help":
                self._screen.note(HELP)
            case "/new":
                self._conversation_id = None
                self._screen.note("A new conversation begins.")
            case _ if line.startswith("/"):
                self._screen.note(f"There is no command {line}. /help shows them.")
            case _:
                self._answer(line)

    def _answer(self, line: str) -> None:
        from domain.errors import PuertoError
        from entrypoints.cli.turn import go_on, take_turn

        question = take_turn(self._client, line, self._conversation_id, self._screen.show)
        try:
            turn = self._runner.run(question)
            self._conversation_id = turn.conversation_id
            while turn.is_waiting and turn.requests:
                self._ask_back(turn)
                self._runner.run(go_on(self._client, turn, self._screen.show))
            if turn.is_waiting:
                self._screen.note("(it still waits for a consent)")
        except PuertoError as error:
            self._screen.note(error.message, "red")

    def _ask_back(self, turn: "Turn") -> None:
        """Put the run's questions to the person, each until its answer is taken."""
        from domain.errors import PuertoError
        from entrypoints.cli.consulting import consult

        while turn.requests:
            answer = consult(turn.requests[0], _read)
            try:
                self._runner.run(self._client.consent(answer))
            except PuertoError as error:
                self._screen.note(error.message, "red")
                if "arguments" in answer:
                    continue  # others may fit
            turn.requests.pop(0)


def _read(prompt: str = PROMPT) -> str:
    """Return the next line. Raises EOFError at the end of the input."""
    return input(prompt if sys.stdin.isatty() else "").strip()
