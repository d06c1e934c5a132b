"""Validation of a document in a subprocess, which answers a line for each finding.

Only the subprocess imports the libraries that validate: they are 13 MB, which no service needs.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from domain.learning.findings import DocumentFinding, DocumentReport
from plugins.openapi.process import AsyncFetch, answers, ask_subprocess, run_subprocess
from plugins.openapi.reading import Fetch, ReadingLimits

_DEPTH: Final = 20_000  # recursion limit: the backend needs some thirty calls a level of schemas
_NETWORK_EVENTS: Final = frozenset({"socket.connect", "socket.getaddrinfo"})
_STACK: Final = 256 << 20  # bytes of stack, enough for that many calls


async def check_in_subprocess(
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
    answer = await ask_subprocess(
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
    from plugins.openapi.validation.checking import check

    limits = ReadingLimits(**order["limits"])
    report = check(data, source=order["source"], limits=limits, fetch=fetch)
    for finding in report.findings:
        yield {"finding": finding}
    yield {"more": report.more}


def _network_block(rules: str) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that blocks the network, which the libraries would fetch references by.

    ``rules`` is the ``file:`` URL below which the backend reads its own rules.
    """

    def block(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NETWORK_EVENTS or (
            event == "urllib.Request" and not arguments[0].startswith(rules)
        ):
            raise PermissionError(event)

    return block


if __name__ == "__main__":
    import openapi_spec_validator

    sys.addaudithook(_network_block(Path(openapi_spec_validator.__file__).parent.as_uri()))
    sys.setrecursionlimit(_DEPTH)
    threading.stack_size(_STACK)
    deep = threading.Thread(target=run_subprocess, args=(_work,))
    deep.start()
    deep.join()
