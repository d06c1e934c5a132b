"""Tools that do what breaks services, one each."""

import asyncio
import os
import resource
import signal
import time
from pathlib import Path

from puerto import Registry, hookimpl, tool


@tool(effect="read")
async def raise_error() -> str:
    """Raise what the author of a tool did not expect."""
    raise KeyError("price")


@tool(effect="read", timeout=0.2)
async def wait_for_ever() -> str:
    """Wait for an answer that does not come."""
    await asyncio.Event().wait()
    return ""


@tool(effect="read")
async def take_time(seconds: float) -> str:
    """Take some time.

    Args:
        seconds: how much.

    """
    await asyncio.sleep(seconds)
    return "done"


@tool(effect="read")
async def block(seconds: float) -> str:
    """Hold up the whole process.

    Args:
        seconds: for how long.

    """
    time.sleep(seconds)  # noqa: ASYNC251  it is what this tool is for
    return "done"


@tool(effect="read")
async def eat_memory() -> str:
    """Ask for more memory than there is."""
    return str(len(bytes(2**62)))


@tool(effect="read")
async def fill_disk() -> str:
    """Let no file of the process grow any more, as a full disk would."""
    size = _largest_file()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    return f"{size} bytes"


def _largest_file() -> int:
    data = Path(os.environ["PUERTO_DATA_DIR"])
    return max(path.stat().st_size for path in data.glob("puerto.db*"))


@tool(effect="write")
async def kill_worker() -> str:
    """End the process as the kernel does that has no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register them all."""
    for each in (raise_error, wait_for_ever, take_time, block, eat_memory, fill_disk, kill_worker):
        registry.add_tools(each)
