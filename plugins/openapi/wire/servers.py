"""The absolute server URL of an operation, with its variables filled."""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from domain.shared.errors import ToolFailed
from plugins.openapi.operation import ApiServer, Operation

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_ADVICE: Final = "Give the API's address where it is learned (base_url), or with --server."


def server_url(operation: Operation, override: str | None = None) -> str:
    """Return the absolute URL to which the operation's path is appended.

    Raises:
        ToolFailed: the document has no absolute server, and none was set.

    """
    if override:
        return override
    server = operation.servers[0] if operation.servers else ApiServer("/")
    url = _VARIABLE.sub(lambda match: server.variables.get(match[1], match[0]), server.url.strip())
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
