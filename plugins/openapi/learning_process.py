"""Learning a document in a subprocess, which reads and lowers it and answers a line a tool."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.learning.api.version import ApiTool
from domain.tools.tool import Effect
from plugins.openapi.lowering.tools import Options, lower
from plugins.openapi.operation import ApiServer, SecurityScheme
from plugins.openapi.process import AsyncFetch, answers, ask_subprocess, run_subprocess
from plugins.openapi.reading import Fetch, ReadingLimits, Reason, Skipped, read_document
from plugins.openapi.records import scheme_from, tool_from, tool_record


@dataclass(frozen=True, slots=True)
class Learned:
    """The result of learning a document; the schemes include those made of its parameters."""

    version: str
    title: str
    servers: Sequence[ApiServer]
    security_schemes: Mapping[str, SecurityScheme]
    tools: Sequence[ApiTool] = field(repr=False)
    skipped: Sequence[Skipped]


async def learn_in_subprocess(
    data: bytes,
    *,
    source: str,
    options: Options | None = None,
    limits: ReadingLimits | None = None,
    megabytes: int = 1_024,
    fetch: AsyncFetch | None = None,
) -> Learned:
    """Read a document and lower its operations, in a subprocess with a limit of memory.

    ``fetch`` is called, in this process, for the documents that it refers to.

    Raises:
        DocumentRefused: it is no OpenAPI document, or exceeds a limit.

    """
    order = {"source": source, "options": options or Options()}
    limits = limits or ReadingLimits()
    answer = await ask_subprocess(
        __name__, order, data, limits=limits, megabytes=megabytes, fetch=fetch
    )
    return await asyncio.to_thread(_learned, answer)


def _learned(answer: bytearray) -> Learned:
    about: Mapping[str, Any] = {}
    made: dict[str, SecurityScheme] = {}
    tools, skipped = [], []
    for line in answers(answer):
        match line:
            case {"skipped": record}:
                skipped.append(Skipped(**{**record, "reason": Reason(record["reason"])}))
            case {"tool": record}:
                tools.append(tool_from(record))
            case {"about": record}:
                about = record
            case {"made": record}:
                made = {name: scheme_from(one) for name, one in record.items()}
    return Learned(
        version=about["version"],
        title=about["title"],
        servers=[ApiServer(**server) for server in about["servers"]],
        security_schemes={
            **made,
            **{name: scheme_from(one) for name, one in about["schemes"].items()},
        },
        tools=tools,
        skipped=skipped,
    )


def _work(
    order: Mapping[str, Any], data: bytes, fetch: Fetch | None
) -> Iterable[Mapping[str, Any]]:
    record = order["options"]
    effects = {name: Effect(effect) for name, effect in record["effects"].items()}
    options = Options(**{**record, "effects": effects})
    limits = ReadingLimits(**order["limits"])
    document = read_document(data, source=order["source"], limits=limits, fetch=fetch)
    yield {
        "about": {
            "version": document.version,
            "title": document.title,
            "servers": document.servers,
            "schemes": document.security_schemes,
        }
    }
    made: dict[str, SecurityScheme] = {}
    for each in lower(document, options):
        if isinstance(each, Skipped):
            yield {"skipped": each}
            continue
        schemes = each.operation.schemes.items()
        made.update((name, scheme) for name, scheme in schemes if scheme.is_parameter)
        yield {"tool": tool_record(each)}
    yield {"made": made}


if __name__ == "__main__":
    run_subprocess(_work)
