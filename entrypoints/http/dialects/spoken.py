"""The text of an answer for clients that cannot take back what they have shown."""

from typing import Final

from domain.runs.call_events import ConsentRequested
from domain.runs.events import Chunk, Event, Retried

BREAK: Final = "\n\n"


class SpokenText:
    """Follows a run's events, and says what each adds to the text.

    Where pieces are withdrawn that the client has, a blank line parts them from their replacement.
    """

    def __init__(self) -> None:
        self._last_piece = 0  # number of the last piece that the client has; 0: none

    def added_by(self, event: Event) -> str:
        """Return the text that an event adds; empty if none."""
        match event.body:
            case Chunk(content):
                self._last_piece = event.number
                return content
            case Retried(after_number=number) if self._last_piece > number:
                self._last_piece = 0
                return BREAK
        return ""


def request_in_words(body: ConsentRequested) -> str:
    """Return a request for consent as text, where there is nothing but text."""
    return (
        f"{body.message or body.preview}\nThis waits for your consent until {body.expires_at}: "
        f"answer the request {body.request_id}."
    )
