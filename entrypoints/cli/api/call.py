"""``puerto call``: one call of an API's operation, without an installation."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from entrypoints.cli.api.options import Auth
from entrypoints.cli.json_options import json_file, json_object

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from adapters.http.client import GuardedWeb
    from adapters.http.guarded_transport import GuardedTransport
    from domain.web.ports import WebResponse
    from plugins.openapi.lowering import LoweredTool
    from plugins.openapi.reading import Fetch, Fetched


def command(
    spec: Annotated[str, typer.Argument(help="The OpenAPI document: a file, a URL, or - .")],
    *,
    operation: Annotated[str, typer.Option(help='Which: "GET /pets/{id}", or its tool\'s name.')],
    args: Annotated[str, typer.Option(help="The tool's arguments, as JSON.")] = "{}",
    server: Annotated[
        str | None, typer.Option(help="The API's address, instead of the document's.")
    ] = None,
    auth: Auth = None,
    seconds: Annotated[float, typer.Option(help="How long it may take.", min=0.1)] = 30.0,
) -> None:
    """Call an operation of an API, and print status, headers and body of its answer.

    The arguments are those that a model would give, and are checked as a model's are. Hosts
    outside of the public internet must be open (PUERTO_OPEN_HOSTS); the one that --server names is.
    """
    arguments = json_object(args, "--args")
    credentials = json_file(auth, "--auth") if auth else {}
    asyncio.run(_call(spec, operation, arguments, server, credentials, seconds))


async def _call(
    spec: str,
    name: str,
    arguments: Mapping[str, Any],
    server: str | None,
    credentials: Mapping[str, Any],
    seconds: float,
) -> None:
    from adapters.http.oauth import OAuthTokens
    from domain.learning.api.credentials import Credentials
    from domain.shared.ids import new_id
    from domain.tools.argument_repair import coerced
    from domain.web.ports import ExchangeLimits
    from entrypoints.cli.api.specs import LARGEST, fetch_spec
    from plugins.authoring.argument_schema import ArgumentSchema
    from plugins.openapi.fetching import Fetcher
    from plugins.openapi.wire.calling import ApiCall, ApiCaller

    async with _clients(server) as (web, references, transport):
        data, source = await fetch_spec(spec, web)
        fetcher, loop = Fetcher(references, LARGEST), asyncio.get_running_loop()

        def fetch(url: str) -> "Fetched":
            return asyncio.run_coroutine_threadsafe(fetcher.fetch(url), loop).result()

        tool = await asyncio.to_thread(_tool, data, source, name, fetch)
        call = ApiCall(
            tool.operation,
            call_id=new_id(),
            can_repeat=tool.spec.can_repeat,
            credentials=Credentials.of(credentials),
            server=server,
            limits=ExchangeLimits(seconds=seconds),
        )
        checked = ArgumentSchema(tool.spec.parameters).check(
            coerced(arguments, tool.spec.parameters)
        )
        response = await ApiCaller(web, OAuthTokens(transport)).exchange(call, checked)
    _show(response)


@asynccontextmanager
async def _clients(
    server: str | None,
) -> AsyncGenerator[tuple["GuardedWeb", "GuardedWeb", "GuardedTransport"]]:
    """Yield a web client, one for the references of documents, and the transport of both.

    The server that the operator names is added to the open hosts.
    """
    from adapters.http.client import GuardedWeb
    from adapters.http.guard.reference_guard import ReferenceGuard
    from adapters.http.guard.ssrf_guard import SsrfGuard
    from adapters.http.guard.urls import read_url
    from adapters.http.guarded_transport import GuardedTransport
    from domain.web.open_hosts import OpenHost, read_open_hosts
    from entrypoints.settings.loading import load_settings

    settings = load_settings()
    opened = list(read_open_hosts(settings.open_hosts))
    if server is not None:
        opened.append(OpenHost.of(_host_and_port(read_url(server))))
    ssrf_guard = SsrfGuard(opened)
    transport = GuardedTransport(ssrf_guard)
    web = GuardedWeb(ssrf_guard, transport)
    listed = ReferenceGuard(opened, read_open_hosts(settings.reference_hosts))
    try:
        yield web, GuardedWeb(listed, transport), transport
    finally:
        await web.close()


def _tool(data: bytes, source: str, name: str, fetch: "Fetch") -> "LoweredTool":
    """Return the tool with the name of the tool or of the operation.

    Raises:
        Unprocessable: the document cannot be read, or the operation was skipped.
        NotFound: there is no such tool or operation.

    """
    from domain.shared.errors import NotFound, Unprocessable
    from plugins.openapi.lowering import LoweredTool, lower
    from plugins.openapi.reading import read_document

    method, _, path = name.partition(" ")
    operation = f"{method.upper()} {path.strip()}"
    for each in lower(read_document(data, source=source, fetch=fetch)):
        if isinstance(each, LoweredTool):
            if operation == each.operation.name or name == each.spec.name:
                return each
        elif operation == each.operation:
            raise Unprocessable(f"{operation} is not learned: {each.message}")
    raise NotFound(f"The document has no operation {name!r}.")


def _show(response: "WebResponse") -> None:
    from http import HTTPStatus

    from plugins.openapi.wire.answers import text_of_answer

    known = response.status in HTTPStatus.__members__.values()
    phrase = f" {HTTPStatus(response.status).phrase}" if known else ""
    typer.echo(f"HTTP {response.status}{phrase}")
    for name, value in response.headers:
        typer.echo(f"{name}: {value}")
    typer.echo()
    text = text_of_answer(response)
    typer.echo(f"({len(response.body):,} bytes)" if text is None else text)


def _host_and_port(target: Any) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}"
