"""Forced exit of the process, where a thread or task that a plugin left behind would block it."""

import logging
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Final

END_SECONDS: Final = 5.0  # that the process has to exit by itself

_log = logging.getLogger("puerto")


def force_exit_later(status: object) -> None:
    """Exit with that status after `END_SECONDS`, if the process has not exited by itself.

    The status is one that `sys.exit` takes.
    """
    number = status if isinstance(status, int) else int(status is not None)
    threading.Thread(target=_end, args=(number,), name="puerto end", daemon=True).start()


def _end(status: int) -> None:
    time.sleep(END_SECONDS)
    threads = [t.name for t in threading.enumerate() if not t.daemon and t.name != "MainThread"]
    _log.error(
        "all is done, and its process is held by %s: it is ended now",
        f"threads of plugins ({', '.join(threads)})" if threads else "what plugins left behind",
    )
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a plugin may have closed it, or taken it away
            stream.flush()
    os._exit(status)
