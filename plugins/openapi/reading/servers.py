"""Reader of servers: Server Objects, or ``host``, ``basePath`` and ``schemes`` of Swagger 2."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from plugins.openapi.operation import ApiServer
from plugins.openapi.reading.values import entries, text, texts

_SCHEMES: Final = ("https", "http")  # the better one first


def servers_of(tree: Mapping[str, Any], source: str) -> Sequence[ApiServer]:
    """Return the servers of the whole document; relative ones are relative to its source."""
    if named := named_servers(tree):
        return named
    host, base = text(tree.get("host")).strip(), text(tree.get("basePath")).strip()
    if "://" in host:  # a URL, where only the host belongs
        scheme, _, host = host.partition("://")
        schemes: Sequence[str] = [scheme]
    else:
        schemes = schemes_of(tree, source)
    path = "/" + base.strip("/")
    host = host.strip("/")
    if not host:
        return [ApiServer(path)]
    return [ApiServer(f"{scheme}://{host}{path.rstrip('/')}") for scheme in schemes]


def named_servers(tree: Mapping[str, Any]) -> Sequence[ApiServer]:
    """Return the Server Objects of a document, a path or an operation."""
    listed = tree.get("servers")
    values = listed if isinstance(listed, list) else [listed]
    return [server for value in values if (server := _server(value)) is not None]


def schemes_of(tree: Mapping[str, Any], source: str) -> Sequence[str]:
    """Return the schemes of Swagger 2; the default is that of the document's own address."""
    named = {scheme.lower() for scheme in texts(tree.get("schemes"))}
    default = "http" if source.startswith("http://") else "https"
    return [scheme for scheme in _SCHEMES if scheme in named] or [default]


def _server(value: Any) -> ApiServer | None:
    if isinstance(value, str):
        value = {"url": value}
    if not isinstance(value, dict) or not isinstance(value.get("url"), str):
        return None
    variables = entries(value.get("variables"))
    return ApiServer(
        url=value["url"].strip() or "/",
        variables={name: _default(variable) for name, variable in variables.items()},
    )


def _default(variable: Any) -> str:
    """Return the default of a server variable, or the first value of its enum."""
    described = entries(variable)
    default = text(described.get("default"))
    return default or next(iter(texts(described.get("enum"))), "")
