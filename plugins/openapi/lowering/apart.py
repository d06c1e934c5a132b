"""A document read and lowered in a process of its own, which ends with its memory and its time.

``python -m plugins.openapi.lowering.apart`` is that process: it takes one line of JSON, then the
document, and answers a line for each tool.
"""

import asyncio
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from domain.tools import Effect
from plugins.openapi.lowering.records import scheme_from, to_json, tool_from
from plugins.openapi.lowering.tools import LoweredTool, Options, lower
from plugins.openapi.operation import SecurityScheme, Server
from plugins.openapi.reading import DocumentRefused, Limits, Reason, Skipped, read_document

_GRACE: Final = 5.0  # seconds, for the process to start and to say that its time is over
_KEPT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR")  # no secret is among them


@dataclass(frozen=True, slots=True)
class Learned:
    """What a document gave."""

    version: str
    title: str
    servers: Sequence[Server]
    security_schemes: Mapping[str, SecurityScheme]
    tools: Sequence[LoweredTool] = field(repr=False)
    skipped: Sequence[Skipped]


async def learn_apart(
    data: bytes,
    *,
    source: str,
    options: Options | None = None,
    limits: Limits | None = None,
    megabytes: int = 1_024,
) -> Learned:
    """Read a document and lower its operations, in a process that has so much memory.

    Raises:
        DocumentRefused: it is no OpenAPI document, or past a limit.

    """
    limits = limits or Limits()
    asked = {
        "source": source,
        "options": options or Options(),
        "limits": limits,
        "megabytes": megabytes,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )
    try:
        async with asyncio.timeout(limits.seconds + _GRACE):
            answer, _ = await process.communicate(to_json(asked) + data)
    except TimeoutError as error:
        message = f"The document takes more than {limits.seconds:g} seconds."
        raise DocumentRefused(Reason.TOO_LONG, message) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return await asyncio.to_thread(_learned, answer)


def _learned(answer: bytes) -> Learned:
    about: dict[str, Any] = {}
    tools, skipped, ended = [], [], False
    for line in answer.splitlines():
        match orjson.loads(line):
            case {"refused": reason, "message": message, "pointer": pointer}:
                raise DocumentRefused(Reason(reason), message, pointer)
            case {"skipped": record}:
                skipped.append(Skipped(**{**record, "reason": Reason(record["reason"])}))
            case {"tool": record}:
                tools.append(tool_from(record))
            case {"about": record}:
                about = record
            case {"ended": True}:
                ended = True
    if not ended:
        message = "The document could not be read: the reader was ended, or failed."
        raise DocumentRefused(Reason.READER_FAILED, message)
    return Learned(
        version=about["version"],
        title=about["title"],
        servers=[Server(**server) for server in about["servers"]],
        security_schemes={name: scheme_from(one) for name, one in about["schemes"].items()},
        tools=tools,
        skipped=skipped,
    )


def _answers(asked: Mapping[str, Any], data: bytes) -> Iterable[Mapping[str, Any]]:
    told = asked["options"]
    effects = {name: Effect(effect) for name, effect in told["effects"].items()}
    options = Options(**{**told, "effects": effects})
    try:
        document = read_document(data, source=asked["source"], limits=Limits(**asked["limits"]))
        yield {
            "about": {
                "version": document.version,
                "title": document.title,
                "servers": document.servers,
                "schemes": document.security_schemes,
            }
        }
        for each in lower(document, options):
            yield {"skipped" if isinstance(each, Skipped) else "tool": each}
    except DocumentRefused as error:
        yield {"refused": error.reason, "message": error.message, "pointer": error.pointer}
    except MemoryError:
        message = f"The document takes more than {asked['megabytes']:,} MB of memory."
        yield {"refused": Reason.TOO_LARGE, "message": message, "pointer": ""}
    yield {"ended": True}


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


def main() -> None:
    """Answer what standard input asks."""
    asked = orjson.loads(sys.stdin.buffer.readline())
    _bind(asked["megabytes"], asked["limits"]["seconds"] + _GRACE)
    for answer in _answers(asked, sys.stdin.buffer.read()):
        sys.stdout.buffer.write(to_json(answer))


if __name__ == "__main__":
    main()
