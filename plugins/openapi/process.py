"""Subprocess for work on a document, with limits of memory and time.

The subprocess runs the module of the work. It reads one line of JSON and then the document from
standard input, and answers lines of JSON. Between these it may request a document that the first
one refers to: ``{"wanted": url}`` is answered by one line, and the document.
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
from plugins.openapi.reading import DocumentRefused, Fetch, Fetched, ReadingLimits, Reason
from plugins.openapi.reading.values import to_json

_GRACE: Final = 5.0  # seconds, for the subprocess to start and to report that its time is over
_WANTED: Final = b'{"wanted":'
_CHUNK: Final = 1 << 20  # bytes that are read or written at once, about
_INHERITED: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR")  # variables: no secrets


AsyncFetch = Callable[[str], Awaitable[Fetched]]
"""Fetches a document over http or https, or raises a `PuertoError` that says why it cannot."""
Work = Callable[[Mapping[str, Any], bytes, Fetch | None], Iterable[Mapping[str, Any]]]
"""Works on a document: takes the order, the document, and the function that fetches others."""


async def ask_subprocess(
    module: str,
    order: Mapping[str, Any],
    data: bytes,
    *,
    limits: ReadingLimits,
    megabytes: int = 1_024,
    fetch: AsyncFetch | None = None,
) -> bytearray:
    """Run ``module`` on a document in a subprocess with that limit of memory.

    Returns its output, to be parsed by `answers`. ``fetch`` is called, in this process, for the
    documents that it refers to.

    Raises:
        DocumentRefused: the time limit was exceeded.

    """
    header = {
        **order,
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
        limit=megabytes << 20,  # of a line: a longer one does not fit into the memory
        env={
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )
    try:
        async with asyncio.timeout(limits.seconds + _GRACE):
            answer = await _talk(process, to_json(header) + data, fetch)
            # One that is killed while it ends is reaped behind asyncio's back, which warns of it.
            await process.wait()
            return answer
    except TimeoutError as error:
        message = f"The document takes more than {limits.seconds:g} seconds."
        raise DocumentRefused(Reason.TOO_LONG, message) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def answers(answer: bytearray) -> Iterator[Mapping[str, Any]]:
    """Parse the output of the subprocess, and yield its records.

    Raises:
        DocumentRefused: the subprocess refused the document, or ended early.

    """
    ended = False
    for line in _lines(answer):
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


def _lines(answer: bytearray) -> Iterator[memoryview]:
    """Yield the lines, none of which is copied: together they have megabytes."""
    start = 0
    with memoryview(answer) as view:
        while (end := answer.find(b"\n", start)) >= 0:
            yield view[start:end]
            start = end + 1


async def _talk(process: Process, order: bytes, fetch: AsyncFetch | None) -> bytearray:
    """Return the output of the subprocess without its requests for documents.

    It writes nothing after a request until it has the answer. So a request is always the last line,
    and the megabytes before it need not be searched.
    """
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None  # noqa: S101 - they are pipes
    assert stdout is not None  # noqa: S101
    answer = bytearray()
    try:
        stdin.write(order)
        await stdin.drain()
        while data := await stdout.read(_CHUNK):
            answer += data
            if fetch is None or not answer.endswith(b"\n"):
                continue
            last = answer.rfind(b"\n", 0, -1) + 1
            if answer.startswith(_WANTED, last):
                url = orjson.loads(answer[last:])["wanted"]
                del answer[last:]
                stdin.write(await _fetched(url, fetch))
                await stdin.drain()
    except ConnectionError:  # the subprocess was killed
        pass
    finally:
        stdin.close()
    return answer


async def _fetched(url: str, fetch: AsyncFetch) -> bytes:
    try:
        fetched = await fetch(url)
    except PuertoError as error:
        return to_json({"refused": error.message})
    return to_json({"url": fetched.url, "bytes": len(fetched.data)}) + fetched.data


def run_subprocess(work: Work) -> None:
    """Run the subprocess: read the order from standard input, work, write the answer."""
    order = orjson.loads(sys.stdin.buffer.readline())
    _limit_resources(order["megabytes"], order["limits"]["seconds"] + _GRACE)
    gc.disable()  # the process ends soon, its memory is limited, and a document is a tree
    lines = bytearray()
    for answer in _records(work, order, sys.stdin.buffer.read(order["bytes"])):
        lines += to_json(answer)
        if len(lines) > _CHUNK:
            sys.stdout.buffer.write(lines)
            lines.clear()
    sys.stdout.buffer.write(lines)


def _records(work: Work, order: Mapping[str, Any], data: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        yield from work(order, data, _request if order["fetches"] else None)
    except DocumentRefused as error:
        yield {"refused": error.reason, "message": error.message, "pointer": error.pointer}
    except MemoryError:
        message = f"The document takes more than {order['megabytes']:,} MB of memory."
        yield {"refused": Reason.TOO_LARGE, "message": message, "pointer": ""}
    yield {"ended": True}


def _request(url: str) -> Fetched:
    """Request a document from the parent process, and wait for it."""
    sys.stdout.buffer.write(to_json({"wanted": url}))
    sys.stdout.buffer.flush()
    answer = orjson.loads(sys.stdin.buffer.readline())
    if "refused" in answer:
        raise WebError(answer["refused"])
    return Fetched(answer["url"], sys.stdin.buffer.read(answer["bytes"]))


def _limit_resources(megabytes: int, seconds: float) -> None:
    """Set limits of memory and CPU time (setrlimit), for what `Effort` does not count."""
    try:
        import resource
    except ImportError:  # on Windows only the parent's deadline applies
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    most = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
