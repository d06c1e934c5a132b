"""Calls of operations as they go over the wire: cases on standard input, a verdict a line.

A case is one line of JSON: ``{id, doc, op: {method, path}, args: [{in, name, value}], body?:
{media_type, value}, auth?: {scheme: credential}}``. ``doc`` is an OpenAPI document whose servers
are local ones; whoever runs them looks at what arrives. Each call is made through the code that
chats use, from the document to the gate, and answered by ``{"id", "ok"}``, or ``{"id", "ok":
false, "error"}`` where no request was sent: ``python benchmarks/wire.py < cases.jsonl``.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from adapters.http.client import GuardedWeb
from adapters.http.guard.ssrf_guard import SsrfGuard
from adapters.http.guarded_transport import GuardedTransport
from adapters.http.oauth import OAuthTokens
from domain.learning.api.credentials import Credentials
from domain.shared.errors import PuertoError
from domain.web.open_hosts import read_open_hosts
from domain.web.ports import ExchangeLimits
from plugins.openapi.lowering import LoweredTool, lower
from plugins.openapi.operation import Operation
from plugins.openapi.reading import read_document
from plugins.openapi.reserved import is_idempotency_key
from plugins.openapi.wire.calling import ApiCall, ApiCaller

LOCAL: Final = ("127.0.0.0/8", "[::1]")
LIMITS: Final = ExchangeLimits(seconds=20)

Case = Mapping[str, Any]


class NotInDocument(Exception):
    """The document has no such operation or parameter, or none that can be learned."""


def operation_of(case: Case) -> Operation:
    """Return the case's operation, as it is learned."""
    document = read_document(json.dumps(case["doc"]).encode(), source="")
    wanted = f"{case['op']['method'].upper()} {case['op']['path']}"
    for tool in lower(document):
        if isinstance(tool, LoweredTool) and tool.operation.name == wanted:
            return tool.operation
    raise NotInDocument(f"{wanted} is not learned")


def arguments_of(case: Case, operation: Operation) -> tuple[dict[str, Any], str]:
    """Return the arguments that a model gives for the case, and the id of its call.

    The id stands in keys of idempotency, which no model gives.
    """
    arguments, call_id = {}, ""
    for given in case.get("args", []):
        parameter = next(
            (
                known
                for known in operation.parameters
                if known.place == given["in"] and _is(given["name"], known.name, given["in"])
            ),
            None,
        )
        if parameter is None or not (parameter.argument or is_idempotency_key(parameter)):
            raise NotInDocument(f"{given['name']} in {given['in']} is no argument")
        if is_idempotency_key(parameter):
            call_id = str(given["value"])
        else:
            arguments[parameter.argument] = given["value"]
    if "body" in case:
        if operation.body is None:
            raise NotInDocument("there is no body")
        arguments[operation.body.argument] = case["body"]["value"]
    return arguments, call_id


def _is(name: str, other: str, place: str) -> bool:
    return name.lower() == other.lower() if place == "header" else name == other


async def verdict(case: Case, caller: ApiCaller) -> dict[str, Any]:
    """Make the case's call, and say whether an answer came."""
    try:
        operation = operation_of(case)
        arguments, call_id = arguments_of(case, operation)
        call = ApiCall(
            operation,
            call_id=call_id,
            credentials=Credentials.of(case.get("auth", {})),
            media_type=case.get("body", {}).get("media_type"),
            limits=LIMITS,
        )
        await caller.exchange(call, arguments)
    except (PuertoError, NotInDocument) as error:
        return {"id": case["id"], "ok": False, "error": f"{type(error).__name__}: {error}"}
    except Exception as error:  # noqa: BLE001  one case's crash is its verdict
        return {"id": case["id"], "ok": False, "error": f"crashed: {error!r}"}
    return {"id": case["id"], "ok": True}


async def main() -> None:
    """Answer each line."""
    ssrf_guard = SsrfGuard(read_open_hosts(LOCAL))
    transport = GuardedTransport(ssrf_guard)
    web = GuardedWeb(ssrf_guard, transport)
    caller = ApiCaller(web, OAuthTokens(transport))
    try:
        for line in sys.stdin:
            if line.strip():
                print(json.dumps(await verdict(json.loads(line), caller)), flush=True)
    finally:
        await web.close()


if __name__ == "__main__":
    asyncio.run(main())
