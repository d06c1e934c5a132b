"""Validation of a document in a subprocess, which answers a line for each finding."""

import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import openapi_spec_validator

from domain.learning.findings import DocumentFinding, DocumentReport
from plugins.openapi.process import AsyncFetch, answers, ask_apart, work_apart
from plugins.openapi.reading import Fetch, ReadingLimits
from plugins.openapi.validation.checking import check

_DEPTH: Final = 20_000  # recursion limit: the backend needs some thirty calls a level of schemas
_NETWORK_EVENTS: Final = frozenset({"socket.connect", "socket.getaddrinfo"})
_RULES: Final = Path(openapi_spec_validator.__file__).parent.as_uri()
_STACK: Final = 256 << 20  # bytes of stack, enough for that many calls


async def check_apart(
    data: bytes,
    *,
    source: str,
    limits: ReadingLimits | None = None,
    megabytes: int = 1_024,
    fetch: AsyncFetch | None = None,
) -> DocumentReport:
    """Validate a document in a subprocess with a limit of memory.

    ``fetch`` is called, in this process, for the documents that it refers to.

    Raises:
        DocumentRefused: it is no OpenAPI document, or exceeds a limit.

    """
    answer = await ask_apart(
        __name__,
        {"source": source},
        data,
        limits=limits or ReadingLimits(),
        megabytes=megabytes,
        fetch=fetch,
    )
    findings, more = [], False
    for line in answers(answer):
        match line:
            case {"finding": record}:
                findings.append(DocumentFinding(**record))
            case {"more": is_cut}:
                more = is_cut
    return DocumentReport(tuple(findings), more=more)


def _work(
    order: Mapping[str, Any], data: bytes, fetch: Fetch | None
) -> Iterable[Mapping[str, Any]]:
    limits = ReadingLimits(**order["limits"])
    report = check(data, source=order["source"], limits=limits, fetch=fetch)
    for finding in report.findings:
        yield {"finding": finding}
    yield {"more": report.more}


def _block_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook that blocks the network, which the libraries would use to fetch references.

    The backend reads its own rules by ``file:`` URLs.
    """
    if event in _NETWORK_EVENTS or (
        event == "urllib.Request" and not arguments[0].startswith(_RULES)
    ):
        raise PermissionError(event)


if __name__ == "__main__":
    sys.addaudithook(_block_network)
    sys.setrecursionlimit(_DEPTH)
    threading.stack_size(_STACK)
    deep = threading.Thread(target=work_apart, args=(_work,))
    deep.start()
    deep.join()
