"""Progress reports of a running call: rate-limited, shortened and redacted."""

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from domain.runs.call_events import ToolProgressed
from domain.runs.events import Body
from domain.shared.json_values import storable
from domain.shared.text import shorten
from domain.tools.secrets import Secrets

PAUSE_SECONDS: Final = 0.25  # between two reports that followers see
MESSAGE_LENGTH: Final = 200


class Reporter:
    """Publishes the progress reports of one call; thread-safe and rate-limited.

    Of reports that come within `PAUSE_SECONDS`, only the last is published, after the pause. It
    must be made in the event loop of ``say``; nothing is published after `close`.
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
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    def report(self, message: str, fraction: float | None = None) -> None:
        """Take a progress report; ``fraction`` is the part done, from 0 to 1."""
        clean = storable(str(message))
        done = None if fraction is None else min(1.0, max(0.0, float(fraction)))
        body = ToolProgressed(
            self._call_id, self._tool, shorten(self._secrets.hide(clean), MESSAGE_LENGTH), done
        )
        if threading.get_ident() == self._thread:
            self._take(body)
        elif not self._is_closed:  # a thread may outlive its call, and even the loop
            self._loop.call_soon_threadsafe(self._take, body)

    def close(self) -> None:
        """Publish nothing more."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _take(self, body: ToolProgressed) -> None:
        if self._is_closed:
            return
        self._next = body
        if self._timer is None:
            self._show()

    def _show(self) -> None:
        self._timer = None
        if self._next is not None:
            body, self._next = self._next, None
            self._say(body)
            self._timer = self._loop.call_later(PAUSE_SECONDS, self._show)
