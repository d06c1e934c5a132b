"""Work on a document in a process of its own, which ends with its memory and its time.

That process runs the module of the work. It takes one line of JSON, then the document, and answers
lines of JSON. Between these it may ask for a document that the first one refers to:
``{"wanted": url}`` is answered by one line, and the document.
"""

import asyncio
import gc
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from domain.shared.errors import PuertoError, WebError
from plugins.openapi.reading import DocumentRefused, Fetch, Fetched, Limits, Reason
from plugins.openapi.reading.values import to_json

_GRACE: Final = 5.0  # seconds, for the process to start and to say that its time is over
_WANTED: Final = b'{"wanted":'
_CHUNK: Final = 1 << 20  # bytes that are read or written at once, about
_KEPT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR")  # no secret is among them


AsyncFetch = Callable[[str], Awaitable[Fetched]]
"""Gets a document of http or https, or raises a `PuertoError` that says why it does not."""
Work = Callable[[Mapping[str, Any], bytes, Fetch | None], Iterable[Mapping[str, Any]]]
"""What is done with a document: takes what was asked, the document, and what fetches others."""


async def ask_apart(
    module: str,
    asked: Mapping[str, Any],
    data: bytes,
    *,
    limits: Limits,
    megabytes: int = 1_024,
    fetch: AsyncFetch | None = None,
) -> bytearray:
    """Have ``module`` work on a document in a process that has so much memory.

    Returns what it answers, for `answers`. ``fetch`` is asked, here, for the documents that it
    refers to.

    Raises:
        DocumentRefused: its time was over.

    """
    whole = {
        **asked,
        "limits": limits,
        "megabytes": megabytes,
        "bytes": len(data),
        "fetches": fetch is not None,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        stdin=PIPE,
        stdout=PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=megabytes << 20,  # of a line: there is no longer one in that memory
        env={
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )
    try:
        async with asyncio.timeout(limits.seconds + _GRACE):
            return await _talk(process, to_json(whole) + data, fetch)
    except TimeoutError as error:
        message = f"The document takes more than {limits.seconds:g} seconds."
        raise DocumentRefused(Reason.TOO_LONG, message) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def answers(answer: bytearray) -> Iterator[Mapping[str, Any]]:
    """Yield what the other process answered, a line at a time.

    Raises:
        DocumentRefused: it refused the document, or did not come to its end.

    """
    ended = False
    for line in answer.splitlines():
        match orjson.loads(line):
            case {"refused": reason, "message": message, "pointer": pointer}:
                raise DocumentRefused(Reason(reason), message, pointer)
            case {"ended": True}:
                ended = True
            case one:
                yield one
    if not ended:
        message = "The document could not be read: the reader was ended, or failed."
        raise DocumentRefused(Reason.READER_FAILED, message)


async def _talk(process: Process, asked: bytes, fetch: AsyncFetch | None) -> bytearray:
    """Return the lines that the process answers, but those that want something.

    Behind one of these comes nothing until it is answered. So it is the last line that there is,
    and nobody looks for lines in the megabytes before it.
    """
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None  # noqa: S101 - they are pipes
    assert stdout is not None  # noqa: S101
    answer = bytearray()
    try:
        stdin.write(asked)
        await stdin.drain()
        while data := await stdout.read(_CHUNK):
            answer += data
            if fetch is None or not answer.endswith(b"\n"):
                continue
            last = answer.rfind(b"\n", 0, -1) + 1
            if answer.startswith(_WANTED, last):
                wanted = orjson.loads(answer[last:])["wanted"]
                del answer[last:]
                stdin.write(await _fetched(wanted, fetch))
                await stdin.drain()
    except ConnectionError:  # it was ended
        pass
    finally:
        stdin.close()
    return answer


async def _fetched(url: str, fetch: AsyncFetch) -> bytes:
    try:
        found = await fetch(url)
    except PuertoError as error:
        return to_json({"refused": error.message})
    return to_json({"url": found.url, "bytes": len(found.data)}) + found.data


def work_apart(work: Work) -> None:
    """Do what standard input asks: what the other process runs."""
    asked = orjson.loads(sys.stdin.buffer.readline())
    _bind(asked["megabytes"], asked["limits"]["seconds"] + _GRACE)
    gc.disable()  # it ends soon, its memory is bound, and a document is a tree
    lines = bytearray()
    for answer in _done(work, asked, sys.stdin.buffer.read(asked["bytes"])):
        lines += to_json(answer)
        if len(lines) > _CHUNK:
            sys.stdout.buffer.write(lines)
            lines.clear()
    sys.stdout.buffer.write(lines)


def _done(work: Work, asked: Mapping[str, Any], data: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        yield from work(asked, data, _ask if asked["fetches"] else None)
    except DocumentRefused as error:
        yield {"refused": error.reason, "message": error.message, "pointer": error.pointer}
    except MemoryError:
        message = f"The document takes more than {asked['megabytes']:,} MB of memory."
        yield {"refused": Reason.TOO_LARGE, "message": message, "pointer": ""}
    yield {"ended": True}


def _ask(url: str) -> Fetched:
    """Have the other process fetch a document, while this one waits."""
    sys.stdout.buffer.write(to_json({"wanted": url}))
    sys.stdout.buffer.flush()
    told = orjson.loads(sys.stdin.buffer.readline())
    if "refused" in told:
        raise WebError(told["refused"])
    return Fetched(told["url"], sys.stdin.buffer.read(told["bytes"]))


def _bind(megabytes: int, seconds: float) -> None:
    """Have the system end this process where its own counting does not."""
    try:
        import resource
    except ImportError:  # not on Windows, where the parent's deadline must do
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    most = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
