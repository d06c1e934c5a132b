"""The summary of a version of an API, computed once from its tools."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from domain.learning.api.settings import ApiSettings, offered
from domain.learning.api.version import ApiScheme, ApiTool, ApiVersion

_MOST_SERVERS: Final = 5


@dataclass(frozen=True, slots=True)
class ApiSummary:
    """The summary of an API under the operator's settings.

    ``tools`` are the names of the offered tools, ``skipped`` counts the operations without one, and
    ``first_skipped`` describes the first. ``is_placed`` says that the document names the address of
    every tool. ``asking`` holds the distinct alternatives of security schemes of tools that need
    one and have none fixed; ``noted`` counts the tools whose definition was repaired.
    ``keys_as_parameters`` names the credentials that the document declares as ordinary parameters,
    each with the number of tools that need it. ``suspects`` are arguments that look like
    credentials, each with its operations. ``servers`` are some of the servers' origins.
    """

    tools: tuple[str, ...] = ()
    skipped: int = 0
    first_skipped: str = ""
    is_placed: bool = True
    asking: tuple[tuple[str, ...], ...] = ()
    noted: int = 0
    keys_as_parameters: tuple[tuple[str, int], ...] = ()
    suspects: tuple[tuple[str, tuple[str, ...]], ...] = ()
    servers: tuple[str, ...] = ()
    schemes: tuple[ApiScheme, ...] = ()


def summary_of(settings: ApiSettings, version: ApiVersion) -> ApiSummary:
    """Return the summary of a version. CPU-bound: for a thread if there are thousands of tools."""
    return summed_up(version, offered(settings, version))


def summed_up(version: ApiVersion, tools: Sequence[ApiTool]) -> ApiSummary:
    """Return the summary of a version with these offered tools."""
    first = version.skipped[0] if version.skipped else None
    return ApiSummary(
        tools=tuple(tool.spec.name for tool in tools),
        skipped=len(version.skipped),
        first_skipped=f"{first.operation}: {first.message}" if first else "",
        is_placed=all(tool.places[:1] and tool.places[0] for tool in tools),
        asking=tuple(dict.fromkeys(tool.asks for tool in tools if _asks(tool))),
        noted=sum(bool(tool.notes) for tool in tools),
        keys_as_parameters=tuple(_keys_as_parameters(version, tools)),
        suspects=tuple(_suspects(tools)),
        servers=tuple(dict.fromkeys(filter(None, map(_server, tools))))[:_MOST_SERVERS],
        schemes=version.schemes,
    )


def _server(tool: ApiTool) -> str:
    at = urlsplit(tool.places[0] if tool.places else "")
    return f"{at.scheme}://{at.netloc}" if at.netloc else ""


def _asks(tool: ApiTool) -> bool:
    return not tool.is_open and set(tool.asks).isdisjoint(tool.fixed)


def _keys_as_parameters(version: ApiVersion, tools: Sequence[ApiTool]) -> Iterator[tuple[str, int]]:
    for scheme in filter(lambda each: each.is_parameter, version.schemes):
        asking = [tool for tool in tools if scheme.name in tool.asks]
        if count := sum(scheme.name not in tool.fixed for tool in asking):
            yield scheme.name, count


def _suspects(tools: Sequence[ApiTool]) -> Iterator[tuple[str, tuple[str, ...]]]:
    operations_by_name: dict[str, list[str]] = {}
    for tool in filter(lambda each: each.suspects, tools):
        for name in set(tool.suspects):
            if not any(name == each or name.startswith(f"{each}.") for each in tool.fixed):
                operations_by_name.setdefault(name, []).append(tool.operation)
    return ((name, tuple(operations)) for name, operations in sorted(operations_by_name.items()))
