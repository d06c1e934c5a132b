"""Display of a run's events at a terminal: the answer as it streams, the rest in dim lines."""

import re
from typing import Any, Final

from rich.console import Console

from domain.shared.text import shorten
from entrypoints.cli.clients.client import Json
from entrypoints.encoding import dump

_LONGEST: Final = 300
_CONTROL: Final = re.compile(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]")


def plain(text: str) -> str:
    """Return the text with control characters replaced, against terminal escape injection."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def as_line(value: Any) -> str:
    """Return a value as JSON on one line, shortened."""
    return shorten(plain(dump(value).decode()), _LONGEST)


class Screen:
    """Prints events on standard output, without colours if that is no terminal."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._in_text = False

    @property
    def is_terminal(self) -> bool:
        """Whether standard output is a terminal."""
        return self._console.is_terminal

    def note(self, text: str, style: str = "dim") -> None:
        """Print a line that is not part of the answer."""
        self._end_text()
        self._console.out(plain(text), style=style, highlight=False)

    def show(self, event: Json) -> None:  # noqa: C901  one case a kind
        """Print one event."""
        match event["type"]:
            case "chunk":
                self._in_text = True
                self._console.out(plain(event["content"]), end="", highlight=False)
            case "tool_call":
                self.note(f"→ {event['tool']} {as_line(event['params'])}")
            case "tool_progress":
                self.note(f"  {event['message']}")
            case "tool_result" if "error" in event:
                self.note(f"← {event['tool']}: {event['error']['message']}", "yellow")
            case "tool_result":
                self.note(f"← {as_line(event['result'])}")
            case "consent_required":
                request = event["consent_request"]
                self.note(f"? {request['preview']}", "yellow")
                for line in request["preview_lines"]:
                    self.note(f"  {line['kind']}: {line['text']}", "yellow")
                self.note(f"  asked by: {request['reason']}")
            case "thinking":
                self.note(f"… {shorten(event['content'], _LONGEST)}")
            case "retry":
                self.note("(the answer begins again)")
            case "error":
                self.note(event["error"]["message"], "red")
            case "done":
                self._end_text()
                if event["status"] == "cancelled":
                    self.note("(cancelled)")

    def _end_text(self) -> None:
        if self._in_text:
            self._console.out("")
            self._in_text = False
