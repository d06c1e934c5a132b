"""A document checked in a process of its own: a line for each finding is its answer."""

import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import openapi_spec_validator

from domain.learning.findings import DocumentFinding, DocumentReport
from plugins.openapi.process import AsyncFetch, answers, ask_apart, work_apart
from plugins.openapi.reading import Fetch, Limits
from plugins.openapi.validation.checking import check

_DEPTH: Final = 20_000  # calls in each other: the backend takes some thirty for a level of schemas
_OUTWARDS: Final = frozenset({"socket.connect", "socket.getaddrinfo"})
_RULES: Final = Path(openapi_spec_validator.__file__).parent.as_uri()
_STACK: Final = 256 << 20  # bytes, which is enough for so many


async def check_apart(
    data: bytes,
    *,
    source: str,
    limits: Limits | None = None,
    megabytes: int = 1_024,
    fetch: AsyncFetch | None = None,
) -> DocumentReport:
    """Return what is wrong with a document, found by a process that has so much memory.

    ``fetch`` is asked, here, for the documents that it refers to.

    Raises:
        DocumentRefused: it is no OpenAPI document, or past a limit.

    """
    answer = await ask_apart(
        __name__,
        {"source": source},
        data,
        limits=limits or Limits(),
        megabytes=megabytes,
        fetch=fetch,
    )
    findings, more = [], False
    for line in answers(answer):
        match line:
            case {"finding": record}:
                findings.append(DocumentFinding(**record))
            case {"more": told}:
                more = told
    return DocumentReport(tuple(findings), more=more)


def _work(
    asked: Mapping[str, Any], data: bytes, fetch: Fetch | None
) -> Iterable[Mapping[str, Any]]:
    limits = Limits(**asked["limits"])
    report = check(data, source=asked["source"], limits=limits, fetch=fetch)
    for finding in report.findings:
        yield {"finding": finding}
    yield {"more": report.more}


def _stay_inside(event: str, arguments: tuple[Any, ...]) -> None:
    """Forbid to open any address, whatever the libraries would like to fetch.

    The backend reads its own rules by addresses of files.
    """
    if event in _OUTWARDS or (event == "urllib.Request" and not arguments[0].startswith(_RULES)):
        raise PermissionError(event)


if __name__ == "__main__":
    sys.addaudithook(_stay_inside)
    sys.setrecursionlimit(_DEPTH)
    threading.stack_size(_STACK)
    deep = threading.Thread(target=work_apart, args=(_work,))
    deep.start()
    deep.join()
