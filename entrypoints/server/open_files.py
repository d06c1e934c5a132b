"""The limit of open files (RLIMIT_NOFILE) of the process: every connection takes one."""

import resource
from typing import Final

WANTED: Final = 65_536  # more than one process of Python can serve


def raise_open_files_limit() -> int:
    """Raise the soft limit as far as the hard one allows, and return the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return WANTED
    new_limit = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if new_limit > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (new_limit, hard))
    return max(soft, new_limit)
