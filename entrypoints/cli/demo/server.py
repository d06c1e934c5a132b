"""A server beside other work in one process."""

from collections.abc import Generator
from contextlib import contextmanager

from entrypoints.server.server import Server


class UnsignalledServer(Server):
    """Leaves signals to whoever runs it: Ctrl-C is to end the other work too."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield
