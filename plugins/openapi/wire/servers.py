"""Where an operation is: the server's address with its variables, absolute, and the path on it."""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from domain.shared.errors import ToolFailed
from plugins.openapi.operation import Operation, Server

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_ADVICE: Final = "Give the API's address where it is learned (base_url), or with --server."


def server_url(operation: Operation, override: str | None = None) -> str:
    """Return the absolute address that the operation's path is appended to.

    Raises:
        ToolFailed: nobody says where the API is.

    """
    if override:
        return override
    server = operation.servers[0] if operation.servers else Server("/")
    url = _VARIABLE.sub(lambda found: server.variables.get(found[1], found[0]), server.url.strip())
    if _VARIABLE.search(url):
        raise ToolFailed(f"The server {url!r} has a variable without a value. {_ADVICE}")
    absolute = urljoin(operation.source, url) if _is_web(operation.source) else url
    if not _is_web(absolute):
        raise ToolFailed(f"The document does not say where {operation.name} is served. {_ADVICE}")
    return absolute


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
