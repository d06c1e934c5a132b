"""Documents read in processes of their own, and what they give in the core's records."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from domain.errors import ToolFailed
from domain.learned_apis import ApiScheme, ApiTool, ApiVersion, SkippedOperation
from domain.ports.web import Web
from plugins.openapi.fetching import Fetcher
from plugins.openapi.lowering import LoweredTool, Options
from plugins.openapi.lowering.apart import Learned, learn_apart
from plugins.openapi.lowering.records import to_json
from plugins.openapi.operation import Operation, SecurityScheme
from plugins.openapi.reading import Limits
from plugins.openapi.wire.servers import server_url


class ProcessReader:
    """Reads documents of at most ``size`` bytes, at most two at a time.

    What they refer to is fetched by ``web``, which is to go only where the operator allows that.
    """

    def __init__(self, size: int, web: Web | None = None) -> None:
        self._limits = replace(Limits(), size=size)
        self._web = web
        self._free = asyncio.Semaphore(2)

    async def read(self, data: bytes, source: str, names: Mapping[str, str]) -> ApiVersion:
        """Return what a document gives; ``source`` is its address, empty if it has none.

        Raises:
            DocumentRefused: the document cannot be read; the message and the details say why.

        """
        fetcher = Fetcher(self._web, self._limits.size) if self._web else None
        async with self._free:
            learned = await learn_apart(
                data,
                source=source,
                options=Options(names=names),
                limits=self._limits,
                fetch=fetcher.fetch if fetcher else None,
            )
        digest = sha256(b"".join([data, *(fetcher.digests if fetcher else ())])).hexdigest()
        return await asyncio.to_thread(_version, digest, learned)


def _version(digest: str, learned: Learned) -> ApiVersion:
    return ApiVersion(
        digest=digest,
        title=learned.title.strip(),
        tools=tuple(_tool(each) for each in learned.tools),
        skipped=tuple(
            SkippedOperation(each.operation, each.reason.value, each.pointer, each.message)
            for each in learned.skipped
        ),
        schemes=tuple(_scheme(name, each) for name, each in _schemes(learned).items()),
    )


def _schemes(learned: Learned) -> Mapping[str, SecurityScheme]:
    """Return what is asked for: the document's schemes, and those that parameters were made to."""
    made = {
        name: scheme
        for tool in learned.tools
        for name, scheme in tool.operation.schemes.items()
        if scheme.is_parameter
    }
    return {**made, **learned.security_schemes}


def _tool(lowered: LoweredTool) -> ApiTool:
    operation = lowered.operation
    token_urls = [each.token_url for each in operation.schemes.values() if each.token_url]
    return ApiTool(
        spec=lowered.spec,
        operation=operation.name,
        operation_id=operation.operation_id,
        tags=tuple(operation.tags),
        places=(_server(operation), *dict.fromkeys(token_urls)),
        asks=tuple(sorted({name for each in operation.security for name in each})),
        is_open=not operation.security or not all(operation.security),
        notes=tuple(lowered.notes),
        call=to_json(operation),
    )


def _server(operation: Operation) -> str:
    try:
        return server_url(operation)
    except ToolFailed:  # nobody says where it is
        return ""


def _scheme(name: str, scheme: SecurityScheme) -> ApiScheme:
    match scheme.kind:
        case "apiKey":
            detail = f"{scheme.place} {scheme.name}"
            return ApiScheme(name, scheme.kind, detail, is_parameter=scheme.is_parameter)
        case "oauth2":
            return ApiScheme(name, scheme.kind, scheme.token_url)
        case _:
            return ApiScheme(name, scheme.kind, scheme.scheme or scheme.name)
