"""The plugin ``learned``, which registers the tools of all learned APIs."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson
from aiolimiter import AsyncLimiter
from typing_extensions import override

from domain.accounts.users import User
from domain.learning.api.credentials import Credentials
from domain.learning.api.fixed_arguments import (
    shown_values,
    values_for,
    with_fixed,
    without_properties,
)
from domain.learning.api.learned_api import LearnedApi
from domain.learning.api.version import ApiTool
from domain.learning.cache import CachedApi
from domain.learning.credential_store import OPERATOR, CredentialStore
from domain.learning.names import slug
from domain.shared.errors import ToolError, ToolFailed
from domain.tools.preview import Preview
from domain.tools.schema_text import decoded
from domain.tools.tool import Abridged, Tool, ToolSpec
from domain.tools.tool_context import ToolContext
from domain.web.ports import ExchangeLimits
from plugins.authoring.argument_schema import ArgumentSchema
from plugins.authoring.hookspecs import hookimpl
from plugins.authoring.registry import Registry
from plugins.host.admission import of_json
from plugins.openapi.operation import Operation
from plugins.openapi.records import operation_from
from plugins.openapi.wire.calling import ApiCall, ApiCaller
from plugins.openapi.wire.requests import build_request
from plugins.openapi.wire.security import choose

_HEADROOM: Final = 1.0  # seconds by which a request times out before the tool, to say what it was


class LearnedApisPlugin:
    """Registers the tools of the learned APIs; a reload registers the changes since.

    ``shelved`` returns the learned APIs, and may block: hooks run in threads.
    """

    def __init__(
        self,
        shelved: Callable[[], Sequence[CachedApi]],
        caller: ApiCaller,
        credential_store: CredentialStore,
    ) -> None:
        self._shelved = shelved
        self._caller = caller
        self._credential_store = credential_store
        self._made: dict[str, RegisteredApi] = {}

    @hookimpl
    def puerto_register(self, registry: Registry) -> None:
        """Register the tools of every learned API."""
        made: dict[str, RegisteredApi] = {}
        for shelved in self._shelved():
            registered = self._make(shelved, self._made.get(shelved.api.id))
            made[shelved.api.id] = registered
            registry.add_tools(*registered.tools)
        self._made = made

    def _make(self, shelved: CachedApi, before: "RegisteredApi | None") -> "RegisteredApi":
        """Return the tools of an API; unchanged tools are the same objects as before."""
        if before is not None and before.shelved is shelved:
            return before
        if before is None or not before.line.serves(shelved.api):
            line = Line(shelved.api, self._caller, self._credential_store)
            return RegisteredApi(shelved, line, [LearnedTool(tool, line) for tool in shelved.tools])
        line, known = before.line, {id(tool.tool): tool for tool in before.tools}
        line.api = shelved.api
        tools = [known.get(id(tool)) or LearnedTool(tool, line) for tool in shelved.tools]
        return RegisteredApi(shelved, line, tools)


class RegisteredApi(NamedTuple):
    """An API as it was last registered: its version, its connection, a tool for each operation."""

    shelved: CachedApi
    line: "Line"
    tools: Sequence["LearnedTool"]


class Line:
    """What the tools of an API share: its server, its rate limit, and its credentials."""

    def __init__(
        self, api: LearnedApi, caller: ApiCaller, credential_store: CredentialStore
    ) -> None:
        self.api = api
        self.caller = caller
        self._credential_store = credential_store

    def serves(self, api: LearnedApi) -> bool:
        """Return whether unchanged tools of that version of the API can go on using this."""
        return _identity(self.api) == _identity(api)

    @property
    def server(self) -> str | None:
        """The base URL that the operator set, or None."""
        return self.api.settings.base_url or None

    @cached_property
    def pace(self) -> AbstractAsyncContextManager[Any]:
        """The rate limiter (leaky bucket), created on the event loop that sends the requests."""
        rate = self.api.settings.per_second
        return AsyncLimiter(rate, 1) if rate >= 1 else AsyncLimiter(1, 1 / rate)

    async def credentials(
        self, operation: Operation, user: User, fixed: Mapping[str, Any]
    ) -> Credentials:
        """Return the credentials of this user's call; those in ``fixed`` take precedence.

        Raises:
            ToolFailed: the API requires the user's own credentials and there are none, or they
                cannot be decrypted.

        """
        settings, api = self.api.settings, self.api
        owner = user.id if settings.per_user else OPERATOR
        stored = await self._credential_store.credentials(api.id, owner)
        credentials = Credentials({**stored.by_scheme, **Credentials.of(fixed).by_scheme})
        if settings.per_user and choose(operation, credentials) is None:
            schemes = dict.fromkeys(next(iter(operation.security)), "...")
            raise ToolFailed(
                f"{api.name} is called with each user's own credentials, and {user.username} has "
                f"given none that fit. They are sent with PUT /api/learned-apis/{api.id}/"
                f"credentials, as {json.dumps({'credentials': schemes})}."
            )
        return credentials

    async def fixed(self, tool: ApiTool) -> dict[str, Any]:
        """Return the values that the operator fixed for the tool: arguments and credentials.

        Raises:
            ToolFailed: a value is missing or cannot be decrypted.

        """
        if not tool.fixed:
            return {}
        stored = await self._credential_store.fixed(self.api.id)
        values = values_for(stored, tool.operation, tool.operation_id)
        if missing := [name for name in tool.fixed if name not in values]:
            raise ToolFailed(f"{self.api.name} has no value for {missing[0]!r}, which is fixed.")
        return {name: values[name] for name in tool.fixed}


def _identity(api: LearnedApi) -> tuple[object, ...]:
    settings = api.settings
    target = (api.name, settings.base_url, settings.fixed_version)
    return (*target, settings.per_user, settings.per_second)


@of_json
class LearnedTool(Tool, Abridged):
    """A tool that calls one operation. Large parts are created on first use."""

    def __init__(self, tool: ApiTool, line: Line) -> None:
        self.tool: Final = tool
        self._line = line
        fixed = line.api.settings.fixed_version if tool.fixed else ""
        target = tool.call + (line.server or "").encode() + fixed.encode()
        self._spec: Final = replace(
            tool.spec,
            category=slug(line.api.name),
            release=sha256(target).hexdigest()[:16],  # an approval holds for this target alone
        )

    @property
    @override
    def spec(self) -> ToolSpec:
        """The specification of the operation's tool, in the category of its API."""
        return self._spec

    @override
    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Validate the arguments and return a copy of them.

        Raises:
            InvalidArguments: they are invalid; the message says where, why, and what is valid.

        """
        return self._schema.check(arguments)

    @override
    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Call the operation and return the API's answer.

        Raises:
            ToolFailed: there was no answer, an error answer, or the credentials are missing.
            ToolTimeout: it took too long.

        """
        operation, line = self._operation, self._line
        fixed = await line.fixed(self.tool)
        own = {name: fixed.pop(name) for name in self.tool.asks if name in fixed}
        call = ApiCall(
            operation,
            call_id=context.call_id,
            can_repeat=self.spec.can_repeat,
            credentials=await line.credentials(operation, context.user, own),
            fixed={self.tool.fixed[name]: value for name, value in fixed.items()},
            server=line.server,
            limits=ExchangeLimits(seconds=max(self.spec.timeout - _HEADROOM, _HEADROOM)),
            pace=line.pace,
        )
        return await line.caller.result(call, arguments)

    @override
    def whole_parameters(self) -> Mapping[str, Any]:
        """Return the unabridged schema of all arguments but those that the operator fixed."""
        if not self.tool.whole:
            return self.spec.parameters
        return without_properties(self.tool.parameters, filter(None, self.tool.fixed.values()))

    def preview(self, arguments: Mapping[str, Any]) -> Preview | None:
        """Return method and URL of the request that a call would send, without credentials."""
        try:
            placed = [each.path for each in self._operation.schemes.values()]
            fixed = [path for name, path in self.tool.fixed.items() if name not in self.tool.asks]
            whole = with_fixed(arguments, shown_values(filter(None, [*placed, *fixed])))
            request = build_request(self._operation, whole, server=self._line.server)
        except ToolError:
            return None
        return Preview(request.method, request.url)

    @cached_property
    def _schema(self) -> ArgumentSchema:
        return ArgumentSchema(decoded(self.spec.parameters))

    @cached_property
    def _operation(self) -> Operation:
        return operation_from(orjson.loads(self.tool.call))
