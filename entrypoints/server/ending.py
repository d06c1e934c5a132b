"""The end of the process, which no thread or task that a plugin left behind can put off."""

import logging
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Final

END_SECONDS: Final = 5.0  # that the process may take to end after all is done

_log = logging.getLogger("puerto")


def limit_the_end(status: object) -> None:
    """Let the process end with that status, in a while, if it does not by itself.

    The status is one that `sys.exit` takes.
    """
    number = status if isinstance(status, int) else int(status is not None)
    threading.Thread(target=_end, args=(number,), name="puerto end", daemon=True).start()


def _end(status: int) -> None:
    time.sleep(END_SECONDS)
    held = [t.name for t in threading.enumerate() if not t.daemon and t.name != "MainThread"]
    _log.error(
        "all is done, and its process is held by %s: it is ended now",
        f"threads of plugins ({', '.join(held)})" if held else "what plugins left behind",
    )
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a plugin may have closed it, or taken it away
            stream.flush()
    os._exit(status)
