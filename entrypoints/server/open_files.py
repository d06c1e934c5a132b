"""How many files a process may have open: every connection is one."""

import resource
from typing import Final

WANTED: Final = 65_536  # more than one process of Python can serve


def raise_open_files_limit() -> int:
    """Raise the soft limit as far as the hard one allows, and return what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return WANTED
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)
