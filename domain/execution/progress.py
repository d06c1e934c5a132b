"""Progress reports of a running call, and pieces of its result: rate-limited and redacted."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from domain.runs.call_events import ToolProgressed
from domain.runs.events import Body
from domain.shared.json_values import storable
from domain.shared.text import shorten
from domain.tools.secrets import Secrets

PAUSE_SECONDS: Final = 0.25  # between two reports that followers see
MESSAGE_LENGTH: Final = 200
OUTPUT_LENGTH: Final = 4_000  # characters of pieces of the result in one report
OUTPUT_OF_CALL: Final = 100_000  # characters in all; the rest comes with the result alone


class Reporter:
    """Publishes the progress reports of one call; thread-safe and rate-limited.

    Of reports that come within `PAUSE_SECONDS`, only the last is published, after the pause; pieces
    of the result are joined. It must be made in the event loop of ``say``; nothing is published
    after `close`.
    """

    def __init__(
        self, call_id: str, tool: str, secrets: Secrets, say: Callable[[Body], None]
    ) -> None:
        self._call_id = call_id
        self._tool = tool
        self._secrets = secrets
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._next: ToolProgressed | None = None
        self._output = ""
        self._output_left = OUTPUT_OF_CALL
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    def report(self, message: str, fraction: float | None = None) -> None:
        """Take a progress report; ``fraction`` is the part done, from 0 to 1."""
        clean = storable(str(message))
        done = None if fraction is None else min(1.0, max(0.0, float(fraction)))
        body = ToolProgressed(
            self._call_id, self._tool, shorten(self._secrets.hide(clean), MESSAGE_LENGTH), done
        )
        self._in_loop(partial(self._take, body))

    def stream_output(self, text: str) -> None:
        """Take a piece of the call's result."""
        self._in_loop(partial(self._take_output, storable(str(text))))

    def close(self) -> None:
        """Publish nothing more."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _in_loop(self, take: Callable[[], None]) -> None:
        if threading.get_ident() == self._thread:
            take()
        elif not self._is_closed:  # a thread may outlive its call, and even the loop
            self._loop.call_soon_threadsafe(take)

    def _take(self, body: ToolProgressed) -> None:
        if self._is_closed:
            return
        self._next = body
        if self._timer is None:
            self._show()

    def _take_output(self, text: str) -> None:
        if self._is_closed or not text:
            return
        kept = text[: self._output_left]
        self._output_left -= len(kept)
        self._output += kept
        if self._timer is None:
            self._show()

    def _show(self) -> None:
        self._timer = None
        body, self._next = self._next or self._next_output(), None
        if body is not None:
            self._say(body)
            self._timer = self._loop.call_later(PAUSE_SECONDS, self._show)

    def _next_output(self) -> ToolProgressed | None:
        """Return the next report with pieces of the result; None if there are none to show.

        The end of the text is held back as long as it may be the first part of a secret.
        """
        text = self._secrets.hide(self._output)
        end = min(OUTPUT_LENGTH, len(text) - self._secrets.held_back)
        if end <= 0:
            return None
        self._output = text[end:]
        message = shorten(text[:end], MESSAGE_LENGTH)
        return ToolProgressed(self._call_id, self._tool, message, None, text[:end])
