"""``puerto chat``: interactive conversation at the terminal."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer

from entrypoints.cli.clients.client import Continued, Json, Login, Token, Url

if TYPE_CHECKING:  # rich is loaded only when there is something to show
    from domain.consents.replies import ConsentReply
    from entrypoints.chat_turn import ChatTurn
    from entrypoints.cli.chat.reading import Read
    from entrypoints.cli.chat.session import TerminalSession
    from entrypoints.cli.screen import Screen

PROMPT: Final = "> "
HELP: Final = """\
/new      begin a new conversation
/list     show the last conversations
/open N   go on with conversation N of that list, or with the one of that id
/quit     leave; so do Ctrl-D, and Ctrl-C at the prompt
/help     show this
When a call needs your consent: y runs it, e runs it with other arguments, anything else does not.
When a tool asks you something: y lets you answer, field by field; anything else is a no.
Ctrl-C during an answer stops that answer; at a question it leaves the question open."""

Last = Annotated[bool, typer.Option("--last", help="Go on with the last conversation.")]


def command(
    conversation: Continued = None,
    *,
    last: Last = False,
    url: Url = None,
    token: Token = None,
    login: Login = None,
) -> None:
    """Talk with the agent."""
    from entrypoints.cli.chat.reading import read_line
    from entrypoints.cli.chat.session import session
    from entrypoints.cli.screen import Screen

    if last and conversation is not None:
        raise typer.BadParameter("--last and --conversation exclude each other")
    with session(url, token, login) as line:
        talk = Talk(line, Screen(), conversation, read_line)
        if last:
            talk.open_last()
        talk.run()


class Talk:
    """The read loop of ``puerto chat``: sends messages, executes ``/`` commands."""

    def __init__(
        self,
        session: "TerminalSession",
        screen: "Screen",
        conversation_id: str | None,
        read: "Read",
    ) -> None:
        self._session = session
        self._screen = screen
        self._conversation_id = conversation_id
        self._read = read
        self._listed: Sequence[Json] = ()

    def run(self) -> None:
        """Read and handle lines until the person leaves."""
        with suppress(ImportError):
            import readline  # noqa: F401  gives the prompt its arrow keys, where there are any
        if sys.stdin.isatty():
            self._screen.note("Say something. /help shows the commands.")
        try:
            while (line := self._read(PROMPT)) not in {"/quit", "/exit"}:
                self._handle(line)
        except (EOFError, KeyboardInterrupt):
            if sys.stdin.isatty():
                self._screen.note("")  # the shell's prompt begins on a line of its own
        if self._conversation_id is not None:
            self._screen.note(
                f"To go on with it: puerto chat --conversation {self._conversation_id}"
            )

    def open_last(self) -> None:
        """Continue the conversation that was changed last, if there is one."""
        conversations = self._session.call(self._session.client.conversations)
        if conversations:
            self._open(conversations[0])
        else:
            self._screen.note("There is no conversation yet: a new one begins.")

    def _handle(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "":
                pass
            case "/help":
                self._screen.note(HELP)
            case "/new":
                self._conversation_id = None
                self._screen.note("A new conversation begins.")
            case "/list":
                self._list()
            case "/open":
                self._open_named(rest.strip())
            case _ if line.startswith("/"):
                self._screen.note(f"There is no command {line}. /help shows them.")
            case _:
                self._answer(line)

    def _list(self) -> None:
        self._listed = self._session.call(self._session.client.conversations)
        for number, each in enumerate(self._listed, 1):
            here = "*" if each["id"] == self._conversation_id else " "
            when = each["updated_at"][:16].replace("T", " ")
            self._screen.note(f"{here}{number:>3}  {when}  {each['title']}  {each['id']}")
        if not self._listed:
            self._screen.note("There is no conversation yet.")

    def _open_named(self, name: str) -> None:
        if name.isdecimal() and 1 <= int(name) <= len(self._listed):
            self._open(self._listed[int(name) - 1])
        elif name and not name.isdecimal():
            self._conversation_id = name
        else:
            self._screen.note("Which one? /list shows their numbers.")

    def _open(self, conversation: Json) -> None:
        self._conversation_id = conversation["id"]
        self._screen.note(f"Going on with: {conversation['title']}")

    def _answer(self, line: str) -> None:
        from domain.shared.errors import PuertoError

        try:
            turn = self._session.ask(line, self._conversation_id, self._screen.show)
            self._conversation_id = turn.conversation_id or None
            while turn.is_waiting and turn.requests:
                self._ask_back(turn)
                if turn.requests:  # left open
                    break
                self._session.go_on(turn, self._screen.show)
            if turn.is_waiting:
                self._screen.note("(it still waits for a consent: puerto consent list)")
        except PuertoError as error:
            self._screen.note(error.message, "red")

    def _ask_back(self, turn: "ChatTurn") -> None:
        """Ask the person about the run's consent requests, until one is left open."""
        from entrypoints.cli.chat.consulting import consult

        while turn.requests:
            try:
                reply = consult(turn.requests[0], self._read, self._screen.note)
            except KeyboardInterrupt:
                self._screen.note("")
                return
            if self._is_taken(turn.requests[0]["id"], reply):
                turn.requests.pop(0)

    def _is_taken(self, request_id: str, reply: "ConsentReply") -> bool:
        """Send a reply; return False if it was refused but another may be taken."""
        from domain.shared.errors import PuertoError

        try:
            self._session.call(self._session.client.consent, request_id, reply)
        except PuertoError as error:
            self._screen.note(error.message, "red")
            return reply.params is reply.values is reply.confirm is None
        return True
